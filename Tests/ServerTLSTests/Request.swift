import CurlTransport

/// In a file of its own, since server and client have types of the same names.
enum Request {
    static func send(
        _ transport: CurlTransport, _ method: String, _ url: String, _ body: [UInt8]?, _ trust: TLSSettings.Trust,
        isNew: Bool
    ) async throws -> [UInt8] {
        let request = HTTPRequest(
            method: method, url: url, body: body, tls: TLSSettings(trust: trust), proxy: .none,
            wantsNewConnection: isNew)
        return try await transport.send(request).body.collect(limit: 8 << 20)
    }
}
