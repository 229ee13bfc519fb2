import HTTPProbe
import HTTPServer
import Testing
import Threading

@Suite(.timeLimit(.minutes(2))) struct HTTPServerTests {
    /// Runs a server for the time of `body`.
    private func withServer(
        _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        handler: @escaping HTTPServer.Handler, _ body: (HTTPServer) async throws -> Void
    ) async throws {
        let server = try await HTTPServer.start(configuration: configuration, handler: handler)
        do {
            try await body(server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    // MARK: Requests and answers

    @Test("the handler sees method, decoded path, query, headers and body")
    func request() async throws {
        let seen = Locked<HTTPRequest?>(nil)
        try await withServer { request in
            seen.withLock { $0 = request }
            return HTTPResponse(status: 201, headers: ["X-Kind": "answer"], body: .bytes(Array("done".utf8)))
        } _: { server in
            let answer = try await HTTPProbe(port: server.port)
                .send("POST", "/a%20b/c?x=1&y=a%2Bb+c&flag", ["X-One": "1"], body: "payload")
            #expect(
                answer
                    == .init(
                        status: 201,
                        headers: ["x-kind": "answer", "content-length": "4", "connection": "close"], body: "done"))
        }
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST")
        #expect(request.path == "/a b/c")
        #expect(request.query == HTTPQuery("x=1&y=a%2Bb+c&flag"))
        #expect(request.query["y"] == "a+b c")
        #expect(request.query["flag"] == "")
        #expect(request.query["none"] == nil)
        #expect(request.headers["x-one"] == "1")
        #expect(request.body == Array("payload".utf8))
    }

    @Test("requests sent at once are answered in their order, though the first takes longest")
    func pipelining() async throws {
        let secondIsSent = Locked(false)
        try await withServer { request in
            if request.path == "/first" {
                while !secondIsSent.withLock({ $0 }) { await Task.yield() }
            }
            return .text(request.path)
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n")
            secondIsSent.withLock { $0 = true }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
            #expect(try await connection.read(until: "/first") == head + "6\r\n\r\n/first")
            #expect(try await connection.read(until: "/second") == head + "7\r\n\r\n/second")
            #expect(server.connectionCount == 1)
        }
    }

    @Test("the answer to HEAD has the header of GET and no body", arguments: [false, true])
    func head(isStream: Bool) async throws {
        try await withServer { _ in
            isStream
                ? HTTPResponse(body: .stream { writer in try await writer.write(Array("body".utf8)) })
                : .text("body")
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
            let all = await connection.readToEnd()
            let length = "Content-Type: text/plain\r\nContent-Length: 4\r\n"
            let one = "HTTP/1.1 200 OK\r\n" + (isStream ? "" : length)
            #expect(all == one + "\r\n" + one + "Connection: close\r\n\r\n")
        }
    }

    @Test("Expect: 100-continue is answered before the body is sent")
    func expectContinue() async throws {
        try await withServer { request in
            .text(String(decoding: request.body, as: UTF8.self))
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try await connection.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("hello")
            #expect(try await connection.read(until: "hello").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("an answer without a body keeps the connection usable", arguments: [204, 304])
    func noBody(status: Int) async throws {
        try await withServer { _ in
            HTTPResponse(status: status, body: .bytes(Array("ignored".utf8)))
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(Self.get + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            let all = await connection.readToEnd()
            #expect(all.components("HTTP/1.1 \(status)") == 3)
            #expect(!all.contains("ignored"))
        }
    }

    @Test("a handler can close the connection without an answer")
    func disconnect() async throws {
        try await withServer { _ in
            HTTPResponse(body: .disconnect)
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(Self.get)
            #expect(await connection.readToEnd() == "")
        }
    }

    @Test("a port that is taken is named in the error")
    func portInUse() async throws {
        try await withServer { _ in
            .text("")
        } _: { server in
            await #expect {
                _ = try await HTTPServer.start(port: server.port) { _ in .text("") }
            } throws: { error in
                guard case HTTPServerError.cannotListen(let host, let port, _) = error else { return false }
                return host == "127.0.0.1" && port == server.port
            }
        }
    }

    // MARK: Limits

    @Test("a body beyond the limit is answered 413, whether its length is announced or not")
    func bodyLimit() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyByteLimit = 10
        let calls = Locked(0)
        try await withServer(configuration) { _ in
            calls.withLock { $0 += 1 }
            return .text("")
        } _: { server in
            for body in [
                "Content-Length: 11\r\n\r\n12345678901",
                "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n12345\r\n0\r\n\r\n",
            ] {
                let connection = try await RawConnection.open(port: server.port)
                try await connection.send("POST / HTTP/1.1\r\n" + body)
                let answer = await connection.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n"))
            }
            #expect(calls.withLock { $0 } == 0)
            #expect(try await HTTPProbe(port: server.port).send("POST", "/", body: "1234567890").status == 200)
        }
    }

    @Test(
        "what is no HTTP is answered 400 and the connection closed",
        arguments: ["nonsense\r\n\r\n", "GET / HTTP/9\r\n\r\n"])
    func malformed(text: String) async throws {
        try await withServer { _ in
            .text("")
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(text)
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test("too many header bytes are answered 400")
    func headerLimit() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.headerByteLimit = 1_000
        try await withServer(configuration) { _ in
            .text("")
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 2_000))\r\n\r\n")
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test("one connection more than the limit is answered 503, and room is made when another closes")
    func connectionLimit() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.connectionLimit = 1
        try await withServer(configuration) { _ in
            .text("")
        } _: { server in
            let first = try await RawConnection.open(port: server.port)
            try await eventually("counted") { server.connectionCount == 1 }
            let second = try await RawConnection.open(port: server.port)
            #expect(await second.readToEnd().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            first.close()
            try await eventually("forgotten") { server.connectionCount == 0 }
            #expect(try await HTTPProbe(port: server.port).send("GET", "/").status == 200)
        }
    }

    @Test("a connection that sends no header is closed")
    func headerTimeout() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.headerTimeout = .milliseconds(50)
        try await withServer(configuration) { _ in
            .text("")
        } _: { server in
            let silent = try await RawConnection.open(port: server.port)
            #expect(await silent.readToEnd() == "")
        }
    }

    @Test("a connection that sends no further request is closed")
    func idleTimeout() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeout = .milliseconds(50)
        try await withServer(configuration) { _ in
            .text("answer")
        } _: { server in
            let idle = try await RawConnection.open(port: server.port)
            try await idle.send(Self.get)
            #expect(await idle.readToEnd().hasSuffix("answer"))
        }
    }

    @Test("a body that does not come is answered 408")
    func bodyTimeout() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyTimeout = .milliseconds(50)
        try await withServer(configuration) { _ in
            .text("")
        } _: { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n123")
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        }
    }
}

extension String {
    /// How many parts the text has between the separators.
    func components(_ separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
