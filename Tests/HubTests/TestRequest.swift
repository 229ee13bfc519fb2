import CurlTransport

/// Requests to a hub's API.
enum TestRequest {
    static func send(
        _ method: String, port: Int, _ path: String, _ headers: [(String, String)] = []
    ) async throws -> (status: Int, body: String) {
        try await send(method, "http://127.0.0.1:\(port)", path, headers)
    }

    /// Whatever certificate the hub shows: what is to be trusted has tests of its own.
    static func send(
        _ method: String, _ url: String, _ path: String, _ headers: [(String, String)] = []
    ) async throws -> (status: Int, body: String) {
        let transport = try CurlTransport(name: "test")
        let response = try await transport.send(
            HTTPRequest(
                method: method, url: url + path, headers: headers.map { (name: $0.0, value: $0.1) },
                tls: TLSSettings(trust: .anything), proxy: .none))
        let body = try await response.body.collect(limit: 1 << 20)
        return (response.status, String(decoding: body, as: UTF8.self))
    }
}
