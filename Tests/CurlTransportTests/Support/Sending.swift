import CurlTransport
import Testing

extension HTTPRequest {
    /// A request that goes straight to a server of the test, whatever proxies this machine has.
    static func direct(_ url: String, method: String = "GET", limits: TimeLimits = .patient) -> HTTPRequest {
        HTTPRequest(method: method, url: url, proxy: .none, limits: limits)
    }
}

extension TimeLimits {
    /// Longer than any test on a slow machine should take, so that no limit is what a test sees by accident.
    static let patient = TimeLimits(connect: .seconds(60), headers: .seconds(60), silence: .seconds(60))
}

extension CurlTransport {
    /// The body of the answer to a request, as text.
    func text(_ request: HTTPRequest, limit: Int = 1 << 20) async throws -> String {
        String(decoding: try await send(request).body.collect(limit: limit), as: UTF8.self)
    }

    /// How a request fails, from its start to the end of the body; nil if it does not.
    func error(_ request: HTTPRequest) async throws -> TransportError? {
        do {
            for try await _ in try await send(request).body {}
            return nil
        } catch let error as TransportError {
            return error
        }
    }
}
