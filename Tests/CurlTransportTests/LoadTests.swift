import CurlTransport
import Testing

@Suite("Many requests, and none")
struct LoadTests {
    @Test("a thousand requests one after the other share a connection")
    func sequential() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            var connections: Set<ConnectionIdentity> = []
            for _ in 0..<1_000 {
                let response = try await transport.send(.direct(server.url + "/hello"))
                connections.insert(response.connection)
                #expect(try await response.body.collect(limit: 5) == Array("hello".utf8))
            }
            #expect(connections.count == 1)
            #expect(server.connectionCount == 1)
            #expect(server.counters.requests == 1_000)
        }
    }

    @Test("two hundred requests at a time are all answered, each with its own answer")
    func parallel() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for i in 0..<200 {
                    group.addTask {
                        var request = HTTPRequest.direct(server.url + "/echo", method: "POST")
                        request.body = Array("request \(i)".utf8)
                        return try await transport.text(request)
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers == Set((0..<200).map { "request \($0)" }))
            #expect(server.counters.requests == 200)
        }
    }

    @Test("an idle transport sleeps, with an idle connection and with a stream that is silent")
    func idle() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            #expect(try await transport.text(.direct(server.url + "/hello")) == "hello")
            let stream = try await transport.send(.direct(server.url + "/stall?bytes=1"))
            try await eventually("the loop sleeps for a second on end") {
                let turns = transport.turns
                try await Task.sleep(for: .seconds(1))
                return transport.turns == turns
            }
            withExtendedLifetime(stream) {}
        }
    }

    @Test("a new connection is made where one is wanted")
    func newConnection() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            var request = HTTPRequest.direct(server.url + "/hello")
            let first = try await transport.send(request)
            _ = try await first.body.collect(limit: 5)
            request.wantsNewConnection = true
            let second = try await transport.send(request)
            _ = try await second.body.collect(limit: 5)
            #expect(first.connection != second.connection)
        }
    }

    @Test("the library says its version")
    func version() {
        #expect(CurlTransport.libraryVersion.hasPrefix("libcurl/"))
        #expect(CurlTransport.libraryVersion.contains("nghttp2/"))
    }
}
