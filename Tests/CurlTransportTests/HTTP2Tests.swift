import CurlTransport
import FaultProxy
import Testing

@Suite("HTTP/2, against nginx", .enabled(if: Nginx.isWanted, "install nginx-light"), .nginx)
struct HTTP2Tests {
    private let nginx: Nginx
    private let transport: CurlTransport

    init() throws {
        nginx = try #require(Nginx.current)
        transport = try CurlTransport()
    }

    @Test("HTTP/2 is negotiated, and requests at the same time share a connection, as the server sees it too")
    func sharing() async throws {
        let answers = try await withThrowingTaskGroup(of: (ConnectionIdentity, String).self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let response = try await transport.send(nginx.request("/info"))
                    #expect(response.version == .http2)
                    return (
                        response.connection,
                        String(decoding: try await response.body.collect(limit: 999), as: UTF8.self)
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map(\.0)).count == 1)
        #expect(Set(answers.map(\.1)).count == 1)
        #expect(answers.allSatisfy { $0.1.hasPrefix("HTTP/2.0 ") })
    }

    @Test("HTTP/1.1 is spoken where it is wanted, each exchange on a connection of its own")
    func http1() async throws {
        try await TestServer.run { server in
            var request = nginx.request("/stall?bytes=1", to: server)
            request.versions = .http1
            let first = try await transport.send(request)
            let second = try await transport.send(request)
            #expect([first.version, second.version] == [.http1, .http1])
            #expect(first.connection != second.connection)
        }
    }

    @Test("a new connection is made where one is wanted")
    func newConnection() async throws {
        let first = try await transport.send(nginx.request("/info"))
        var request = nginx.request("/info")
        request.wantsNewConnection = true
        let second = try await transport.send(request)
        #expect(first.connection != second.connection)
        #expect(second.version == .http2)
    }

    @Test("severing fails every exchange on the connection, and the next request gets a new one")
    func sever() async throws {
        try await TestServer.run { server in
            var responses: [HTTPResponse] = []
            for _ in 0..<4 { responses.append(try await transport.send(nginx.request("/stall?bytes=1", to: server))) }
            // One that is held back: nobody reads it.
            responses.append(try await transport.send(nginx.request("/pattern?bytes=50000000", to: server)))
            #expect(Set(responses.map(\.connection)).count == 1)
            responses[0].body.severConnection()
            let next = try await transport.send(nginx.request("/info"))
            #expect(next.connection != responses[0].connection)
            #expect(next.status == 200)
            for response in responses {
                let error = await #expect(throws: TransportError.self) { for try await _ in response.body {} }
                #expect(error?.kind == .interrupted)
            }
        }
    }

    @Test("a frozen connection is given up with its last exchange's limit, a busy one is not")
    func frozen() async throws {
        let port = try #require(Int(nginx.url.split(separator: ":").last ?? ""))
        try await FaultProxy.withProxy(upstreamPort: port) { proxy in
            var request = nginx.request("/info")
            request.url = request.url.replacing(":\(port)", with: ":\(proxy.port)")
            let first = try await transport.send(request)
            #expect(try await transport.send(request).connection == first.connection)
            try await proxy.inject(.freeze, on: .existing)
            var impatient = request
            impatient.limits.headers = .milliseconds(500)
            #expect(try await transport.error(impatient)?.kind == .timeout(.headers))
            let next = try await transport.send(request)
            #expect(next.connection != first.connection)
            #expect(next.version == .http2)
        }
    }

    @Test("a stream that nobody reads holds back its sender, but not the other streams, and loses nothing")
    func backPressure() async throws {
        try await TestServer.run { server in
            let count = 100_000_000
            let held = try await transport.send(nginx.request("/pattern?bytes=\(count)", to: server))
            for _ in 0..<300 {
                let other = try await transport.send(nginx.request("/info"))
                #expect(other.connection == held.connection)
                _ = try await other.body.collect(limit: 999)
            }
            try await eventually("the server is held back") {
                let written = server.counters.bytesWritten
                try await Task.sleep(for: .seconds(1))
                return written > 0 && server.counters.bytesWritten == written
            }
            // libcurl's window for a stream, and what lies in four socket buffers and in nginx.
            #expect(server.counters.bytesWritten < 64_000_000)
            var check = PatternCheck()
            for try await piece in held.body { check.append(piece) }
            #expect(check == .intact(count))
        }
    }

    @Test("cancelling a stream ends it at the server, and the others on the connection go on", arguments: [0, 1, 3])
    func cancel(others: Int) async throws {
        try await TestServer.run { server in
            var standing: [HTTPResponse] = []
            for _ in 0..<others {
                standing.append(try await transport.send(nginx.request("/stall?bytes=9", to: server)))
            }
            let response = try await transport.send(nginx.request("/stall?bytes=1", to: server))
            let reading = Task {
                for try await _ in response.body {}
            }
            try await eventually("the streams stand") { server.counters.waiting == others + 1 }
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
            #expect(server.counters.waiting == others)
            for other in standing { #expect(other.connection == response.connection) }
            #expect(try await transport.send(nginx.request("/info")).status == 200)
        }
    }

    @Test("more requests on a connection than the server allows move to the next one without an error")
    func goAway() async throws {
        // nginx closes a connection after 1,000 requests.
        var connections: Set<ConnectionIdentity> = []
        for _ in 0..<1_100 {
            let response = try await transport.send(nginx.request("/info"))
            connections.insert(response.connection)
            #expect(try await response.body.collect(limit: 999).isEmpty == false)
        }
        #expect(connections.count == 2)
    }

    @Test("two hundred streams at a time are all answered, though a connection takes only 100")
    func parallel() async throws {
        try await TestServer.run { server in
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for i in 0..<200 {
                    group.addTask {
                        var request = nginx.request("/echo", to: server)
                        request.method = "POST"
                        request.body = Array("request \(i)".utf8)
                        return try await transport.text(request)
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers == Set((0..<200).map { "request \($0)" }))
        }
    }

    @Test("an idle HTTP/2 stream lets the loop sleep")
    func idle() async throws {
        try await TestServer.run { server in
            let stream = try await transport.send(nginx.request("/stall?bytes=1", to: server))
            try await eventually("the loop sleeps for a second on end") {
                let turns = transport.turns
                try await Task.sleep(for: .seconds(1))
                return transport.turns == turns
            }
            withExtendedLifetime(stream) {}
        }
    }

    @Test("large bodies and headers arrive whole in both directions")
    func largeBodies() async throws {
        try await TestServer.run { server in
            let body = Pattern.bytes(at: 0, count: 900_000)
            var request = nginx.request("/echo", to: server)
            request.method = "PUT"
            request.body = body
            let echo = try await transport.send(request).body.collect(limit: body.count)
            #expect(echo == body)
        }
    }
}
