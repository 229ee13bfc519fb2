import HTTPServer
import Threading

/// An HTTP/1.1 server with an answer for each thing that a client has to cope with.
///
/// In a file of its own, since the server has types of the same names as the client.
final class TestServer: Sendable {
    struct Counters: Equatable {
        var requests = 0
        /// Bytes of `/pattern` that the kernel has taken.
        var bytesWritten = 0
        /// Answers that wait on purpose, now.
        var waiting = 0
        /// Answers that did not come to their end, because their client went away.
        var abandoned = 0
    }

    let url: String
    let port: Int
    private let server: HTTPServer
    private let state: Locked<Counters>

    var counters: Counters { state.withLock { $0 } }
    var connectionCount: Int { server.connectionCount }

    /// Runs `body` with a server that is gone afterwards.
    static func run<Result>(_ body: (TestServer) async throws -> Result) async throws -> Result {
        let state = Locked(Counters())
        let server = try await HTTPServer.start { request in
            state.withLock { $0.requests += 1 }
            return await Self.answer(request, state)
        }
        do {
            let result = try await body(TestServer(server, state))
            await server.shutdown()
            return result
        } catch {
            await server.shutdown()
            throw error
        }
    }

    private init(_ server: HTTPServer, _ state: Locked<Counters>) {
        self.server = server
        self.state = state
        url = server.url
        port = server.port
    }

    private static func answer(_ request: HTTPRequest, _ state: Locked<Counters>) async -> HTTPResponse {
        let count = request.query["bytes"].flatMap { Int($0) } ?? 0
        switch request.path {
        case "/hello": return .text("hello")
        case "/echo": return HTTPResponse(body: .bytes(request.body))
        case "/status": return HTTPResponse(status: request.query["code"].flatMap { Int($0) } ?? 200)
        case "/pattern":
            return HTTPResponse(
                body: .stream { writer in try await counting(state) { try await writePattern(count, to: writer, state) }
                })
        // A head and as much of the pattern, then silence.
        case "/stall":
            return HTTPResponse(
                body: .stream { writer in
                    try await counting(state) {
                        try await writer.write(Pattern.bytes(at: 0, count: count))
                        try await wait(state)
                    }
                })
        // Not even a head.
        case "/never":
            try? await counting(state) { try await wait(state) }
            return HTTPResponse(body: .disconnect)
        default: return .text("no such path", status: 404)
        }
    }

    /// Counts the answer as abandoned if it does not come to its end.
    private static func counting(_ state: Locked<Counters>, _ answer: () async throws -> Void) async throws {
        do {
            try await answer()
        } catch {
            state.withLock { $0.abandoned += 1 }
            throw error
        }
    }

    private static func writePattern(_ count: Int, to writer: HTTPBodyWriter, _ state: Locked<Counters>) async throws {
        var offset = 0
        while offset < count {
            let piece = Pattern.bytes(at: offset, count: min(64 << 10, count - offset))
            try await writer.write(piece)
            offset += piece.count
            state.withLock { $0.bytesWritten += piece.count }
        }
    }

    /// Longer than any test takes.
    private static func wait(_ state: Locked<Counters>) async throws {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        try await Task.sleep(for: .seconds(3600))
    }
}
