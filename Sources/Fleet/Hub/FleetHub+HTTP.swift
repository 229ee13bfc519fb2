package import HTTPServer
package import JSON

extension FleetHub {
    /// Answers a request of a worker.
    ///
    /// - Parameter admit: asked for a worker that connects: why it may not; nil: it may. All other requests carry the
    ///   secret name of a connection.
    package func answer(
        _ request: HTTPRequest, admit: (FleetHello) async -> (status: Int, reason: String)?,
        targeted: () -> JSONValue = { [:] }
    ) async -> HTTPResponse {
        do {
            if (request.method, request.path) == ("POST", FleetProtocol.connectPath) {
                let hello = try FleetHello(request.body)
                if let refusal = await admit(hello) { return Self.error(refusal.status, refusal.reason) }
                return connect(hello)
            }
            // Before the body is looked at: it may be anybody's.
            guard let session = request.headers[FleetProtocol.sessionHeader], knows(session) else {
                return Self.error(410, "there is no such connection: connect anew")
            }
            switch (request.method, request.path) {
            case ("POST", FleetProtocol.reportPath):
                switch report(try FleetReport(request.body, session: session)) {
                case .taken, .repeated: return Self.json(200, [:])
                case .unknownSession: return Self.error(410, "there is no such connection: connect anew")
                }
            case ("GET", FleetProtocol.targetedPath): return Self.json(200, targeted())
            default: return Self.error(404, "there is no \(request.method) \(request.path)")
            }
        } catch {
            return Self.error(400, "\(error)")
        }
    }

    private func knows(_ session: String) -> Bool { state.withLock { $0.sessions[session] != nil } }

    static func error(_ status: Int, _ message: String) -> HTTPResponse { json(status, ["error": .string(message)]) }

    static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "application/json"], body: .bytes(value.encoded() + [0x0a]))
    }
}
