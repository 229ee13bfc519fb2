import HTTPServer
import Threading

/// An HTTP server on 127.0.0.1 that keeps what it was asked and answers as a test says.
package final class RecordingServer: Sendable {
    /// A request that came.
    package struct Request: Sendable, Equatable {
        package var method: String
        /// The decoded path.
        package var path: String
        /// Names and values of the query, decoded.
        package var query: [String: String]
        /// By lower-case name; of repeated ones the last.
        package var headers: [String: String]
        package var body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What is answered.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// The connection is closed instead of any answer.
        package var isCut = false
        /// The connection is closed after a part of the body.
        package var isCutInBody = false
        /// How long the answer takes.
        package var delay: Duration = .zero

        package init(_ status: Int = 200, headers: [(name: String, value: String)] = [], _ body: String = "") {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
        }

        /// No answer.
        package static var cut: Answer {
            var answer = Answer()
            answer.isCut = true
            return answer
        }
    }

    private struct State: Sendable {
        var requests: [Request] = []
        var waiting = 0
        var mostWaiting = 0
    }

    package let url: String
    package let port: Int
    private let server: HTTPServer
    private let state: Locked<State>

    /// Every request so far.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// The most requests that were being answered at one time.
    package var mostAtOnce: Int { state.withLock { $0.mostWaiting } }

    /// Runs `body` with a server that is gone afterwards.
    package static func run<Result>(
        keepsRequests: Bool = true, bodyByteLimit: Int = 64 << 20,
        answering answer: @escaping @Sendable (Request) async -> Answer,
        _ body: (RecordingServer) async throws -> Result
    ) async throws -> Result {
        let state = Locked(State())
        var configuration = HTTPServerConfiguration()
        configuration.bodyByteLimit = bodyByteLimit
        let server = try await HTTPServer.start(configuration: configuration) { received in
            let request = Request(received)
            state.withLock { state in
                if keepsRequests { state.requests.append(request) }
                state.waiting += 1
                state.mostWaiting = max(state.mostWaiting, state.waiting)
            }
            let answer = await answer(request)
            if answer.delay > .zero { try? await Task.sleep(for: answer.delay) }
            state.withLock { $0.waiting -= 1 }
            if answer.isCut { return HTTPResponse(body: .disconnect) }
            var response = HTTPResponse(status: answer.status, body: .bytes(answer.body))
            if answer.isCutInBody {
                response.body = .stream { writer in
                    try await writer.write(answer.body)
                    throw CancellationError()
                }
            }
            for (name, value) in answer.headers { response.headers.append(name, value) }
            return response
        }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(RecordingServer(server, state)))
        } catch {
            result = .failure(error)
        }
        await server.shutdown()
        return try result.get()
    }

    private init(_ server: HTTPServer, _ state: Locked<State>) {
        self.server = server
        self.state = state
        url = server.url
        port = server.port
    }
}

extension RecordingServer.Request {
    init(_ request: HTTPRequest) {
        self.init(
            method: request.method, path: request.path,
            query: request.query.parameters.reduce(into: [:]) { $0[$1.name] = $1.value },
            headers: request.headers.fields.reduce(into: [:]) { $0[$1.name.lowercased()] = $1.value },
            body: request.body)
    }
}
