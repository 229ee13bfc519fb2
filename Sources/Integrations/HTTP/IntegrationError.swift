package import CurlTransport

/// Why something that a script wanted of the outside did not happen.
///
/// The message is for the script's author: what happened, at which server, what to do. Secrets are cut out of the message
/// and of the body before either is seen, see ``HTTPClient``.
package struct IntegrationError: Error, Equatable, CustomStringConvertible {
    /// Short stable words that scripts compare; the raw values are part of what we promise.
    package enum Code: String, Sendable, CaseIterable {
        /// The call itself is wrong: a malformed URL, an argument that does not fit.
        case invalid = "INVALID"
        /// A name could not be resolved.
        case resolution = "DNS"
        /// Nobody listens, or there is no way there.
        case connection = "CONNECT"
        /// The address is one to which scripts may not connect.
        case forbiddenAddress = "FORBIDDEN_ADDRESS"
        /// The TLS handshake failed, or the certificate is not trusted.
        case tls = "TLS"
        /// It took too long.
        case timeout = "TIMEOUT"
        /// The connection broke before the answer was complete.
        case interrupted = "INTERRUPTED"
        /// The answer, or what was to be sent, is too large.
        case tooLarge = "TOO_LARGE"
        /// More redirects than are followed, or one to something else than http.
        case redirect = "REDIRECT"
        /// The server does not accept who we are (401, 403, and what services say in other ways).
        case authentication = "AUTH"
        /// There are no credentials to be found.
        case noCredentials = "NO_CREDENTIALS"
        /// The server wants fewer requests (429).
        case rateLimit = "RATE_LIMIT"
        /// Any other status that means failure.
        case status = "HTTP_STATUS"
        /// The service understood and said no, in an answer whose status is a success.
        case rejected = "REJECTED"
        /// The answer is none that the service may give.
        case answer = "BAD_ANSWER"
        /// A file that was to be sent cannot be read.
        case file = "EIO"
        /// The process ends.
        case shutDown = "SHUT_DOWN"
    }

    /// The word to compare.
    package let code: Code
    /// The sentence.
    package let message: String
    /// The status of the answer, if there was one.
    package let status: Int?
    /// The beginning of the answer's body.
    package let body: String?

    package init(_ code: Code, _ message: String, status: Int? = nil, body: String? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.body = body
    }

    package static func invalid(_ message: String) -> IntegrationError { IntegrationError(.invalid, message) }

    package var description: String { message }

    /// What the transport has to say.
    package init(_ error: TransportError) {
        let code: Code =
            switch error.kind {
            case .invalidRequest: .invalid
            case .resolution: .resolution
            case .connection, .other: .connection
            case .forbiddenAddress: .forbiddenAddress
            case .tls: .tls
            case .timeout: .timeout
            case .interrupted, .encoding: .interrupted
            case .tooLarge: .tooLarge
            case .shutDown: .shutDown
            }
        self.init(code, error.description)
    }

    /// A copy in which no secret stands.
    func withoutSecrets(_ secrets: [String]) -> IntegrationError {
        guard !secrets.isEmpty else { return self }
        func clean(_ text: String) -> String {
            secrets.reduce(text) { $0.contains($1) ? $0.replacing($1, with: "[secret]") : $0 }
        }
        return IntegrationError(code, clean(message), status: status, body: body.map(clean))
    }
}
