import Testing

@testable import CurlTransport

@Suite("Transport errors")
struct TransportErrorTests {
    @Test(
        "each kind says what happened, to whom, and whether to try again",
        arguments: [
            (.invalidRequest, "cannot make a request to https://a: why", false),
            (.resolution, "cannot resolve the name in https://a: why", true),
            (.connection, "cannot connect to https://a: why", true),
            (.tls, "no trusted TLS connection to https://a: why", true),
            (.timeout(.silence), "https://a took too long (silence): why", true),
            (.interrupted, "the connection to https://a broke: why", true),
            (.encoding, "the response of https://a is corrupt: why", true),
            (.tooLarge, "the response of https://a is too large: why", false),
            (.shutDown, "request to https://a: the transport was shut down", false),
            (.other, "request to https://a failed: why", true),
        ] as [(TransportError.Kind, String, Bool)])
    func messages(kind: TransportError.Kind, message: String, isRetryable: Bool) {
        let error = TransportError(kind: kind, peer: "https://a", detail: "why")
        #expect(error.description == message)
        #expect(error.isRetryable == isRetryable)
    }
}
