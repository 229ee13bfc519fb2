import CurlTransport
import HTTPServer

@testable import ServerTLS

/// A server that answers with what it was asked.
struct EchoServer {
    let url: String
    let port: Int
    private let transport: CurlTransport

    static func run(_ acceptor: TLSAcceptor, _ body: (EchoServer) async throws -> Void) async throws {
        var configuration = HTTPServerConfiguration()
        acceptor.secure(&configuration)
        let server = try await HTTPServer.start(configuration: configuration) { request in
            switch request.path {
            case "/echo": return .init(body: .bytes(request.body))
            case "/stream":
                return .init(
                    body: .stream { writer in
                        var rest = request.body[...]
                        while !rest.isEmpty {
                            try await writer.write(Array(rest.prefix(50_000)))
                            rest = rest.dropFirst(50_000)
                        }
                    })
            default: return .text("\(request.method) \(request.path)")
            }
        }
        do {
            try await body(
                EchoServer(url: server.url, port: server.port, transport: try CurlTransport(name: "test")))
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// The answer to a GET, on a connection of its own.
    func ask(_ path: String, _ trust: TLSSettings.Trust) async throws -> String {
        String(decoding: try await send("GET", path, nil, trust), as: UTF8.self)
    }

    func post(_ path: String, _ body: [UInt8], _ trust: TLSSettings.Trust) async throws -> [UInt8] {
        try await send("POST", path, body, trust)
    }

    private func send(_ method: String, _ path: String, _ body: [UInt8]?, _ trust: TLSSettings.Trust) async throws
        -> [UInt8]
    {
        try await Request.send(transport, method, url + path, body, trust, isNew: body == nil)
    }
}
