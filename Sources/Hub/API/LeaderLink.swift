internal import CurlTransport
internal import Threading

/// Requests to the hub that leads, by one that stands by.
final class LeaderLink: Sendable {
    /// Made with the first request: most hubs never need it.
    private let transport = Locked<CurlTransport?>(nil)

    /// Sends a request; the body of the answer is still to come, and may be without end.
    func send(
        _ method: String, _ target: String, headers: [(name: String, value: String)], body: [UInt8],
        to leader: LeaderAddress
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(method: method, url: leader.url + target, headers: headers, proxy: .none)
        if !body.isEmpty { request.body = body }
        if let certificate = leader.certificate { request.tls.trust = .certificate(Array(certificate.utf8)) }
        // In a cluster the leader is near: who does not answer is gone.
        request.limits.connect = .seconds(3)
        request.limits.headers = .seconds(10)
        request.limits.silence = nil
        let transport = try transport.withLock { known in
            if let known { return known }
            let made = try CurlTransport(name: "leader")
            known = made
            return made
        }
        return try await transport.send(request)
    }
}
