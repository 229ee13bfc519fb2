import CurlTransport
import Testing

@Suite("Responses, usual and odd")
struct ResponseTests {
    @Test("status, headers and body arrive as sent, by length, in chunks, or up to the end of the connection")
    func framings() async throws {
        let framings = [
            "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-A: b\r\nConnection: close\r\n\r\nhello", "HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhello",
            "HTTP/1.1 200\r\nX-A:   b  \r\n\r\nhello", "HTTP/1.1 200 OK\nX-A: b\n\nhello",
        ]
        for framing in framings {
            let (response, body) = try await answer(framing)
            #expect(response.status == 200, "\(framing)")
            #expect(response.headers["x-a"] == "b", "\(framing)")
            #expect(response.version == .http1, "\(framing)")
            #expect(body == "hello", "\(framing)")
        }
    }

    @Test(
        "answers without a body end with their head, whatever length they claim",
        arguments: [
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 200),
            ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204),
            ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 304),
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
        ])
    func bodiless(method: String, answer: String, status: Int) async throws {
        // The server keeps the connection, so that a client that wants a body would wait.
        let server = try ScriptedServer(answering: answer)
        let transport = try CurlTransport()
        for _ in 0..<2 {
            let response = try await transport.send(.direct(server.url, method: method))
            #expect(response.status == status)
            #expect(try await response.body.collect(limit: 0) == [])
        }
        #expect(server.connectionCount == 1)
    }

    @Test("answers of class 1xx are passed over, with their headers")
    func interim() async throws {
        let (response, body) = try await answer(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Early: 1\r\n\r\n"
                + "HTTP/1.1 201 Created\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\nok")
        #expect(response.status == 201)
        #expect(response.headers.fields.map(\.name) == ["X-Late", "Content-Length"])
        #expect(body == "ok")
    }

    @Test("trailers come too late to be headers, and do no harm")
    func trailers() async throws {
        let (response, body) = try await answer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n")
        #expect(response.headers["x-t"] == nil)
        #expect(body == "ok")
    }

    @Test("a folded header is one header, and bytes that are not UTF-8 do no harm")
    func oddHeaders() async throws {
        let (response, _) = try await answer(
            "HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\n\tthree\r\nX-Last: 1\r\nContent-Length: 0\r\n\r\n")
        #expect(response.headers["x-folded"] == "one two three")
        #expect(response.headers["x-last"] == "1")
    }

    @Test("redirects are the caller's business")
    func redirect() async throws {
        let (response, _) = try await answer(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        #expect(response.status == 302)
        #expect(response.headers["location"] == "http://127.0.0.1:1/")
    }

    @Test(
        "an answer that breaks off, before or behind its head, is interrupted",
        arguments: [
            "", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        ])
    func interrupted(answer: String) async throws {
        let server = try ScriptedServer(answeringOnce: answer)
        let transport = try CurlTransport()
        let error = try #require(try await transport.error(.direct(server.url)))
        #expect(error.kind == .interrupted)
        #expect(error.isRetryable)
        #expect(error.peer == server.url)
    }

    @Test(
        "an answer that is no HTTP, or has no head of its own, is interrupted and not taken for a body",
        arguments: [
            "hello\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw",
            "\0\0\0\0",
        ])
    func noHTTP(answer: String) async throws {
        let server = try ScriptedServer(answeringOnce: answer)
        let transport = try CurlTransport()
        #expect(try await transport.error(.direct(server.url))?.kind == .interrupted)
    }

    @Test("a body cut short keeps what came before the cut")
    func bytesBeforeTheCut() async throws {
        let server = try ScriptedServer(answeringOnce: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        let transport = try CurlTransport()
        var received: [UInt8] = []
        let error = await #expect(throws: TransportError.self) {
            for try await piece in try await transport.send(.direct(server.url)).body { received += piece }
        }
        #expect(error?.kind == .interrupted)
        #expect(received == Array("hello".utf8))
    }

    @Test("a header without end is refused at the limit, and the connection dropped")
    func endlessHeader() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            try peer.write("HTTP/1.1 200 OK\r\n")
            while true { try peer.write("X-More: \(String(repeating: "x", count: 1_000))\r\n") }
        }
        let transport = try CurlTransport()
        let error = try #require(try await transport.error(.direct(server.url)))
        #expect(error.kind == .tooLarge)
        #expect(error.detail == "its header has more than 262144 bytes")
    }

    @Test("a header well below the limit is fine")
    func largeHeader() async throws {
        let value = String(repeating: "v", count: 60_000)
        let (response, _) = try await answer(
            "HTTP/1.1 200 OK\r\nX-A: \(value)\r\nX-B: \(value)\r\nContent-Length: 0\r\n\r\n")
        #expect(response.headers["x-b"] == value)
    }

    @Test("a body beyond what the caller collects is refused, and its transfer ends")
    func collectLimit() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            #expect(try await transport.text(.direct(server.url + "/hello"), limit: 5) == "hello")
            let error = await #expect(throws: TransportError.self) {
                try await transport.text(.direct(server.url + "/pattern?bytes=200000000"), limit: 100_000)
            }
            #expect(error?.kind == .tooLarge)
            #expect(error?.isRetryable == false)
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
        }
    }

    @Test("nobody listening is a failed connection, an unknown name a failed resolution")
    func unreachable() async throws {
        let transport = try CurlTransport()
        let port = try ScriptedServer { _ in }.port
        // The listener above is gone, and its port with it.
        try await eventually("connections are refused") {
            try await transport.error(.direct("http://127.0.0.1:\(port)"))?.kind == .connection
        }
        let error = try #require(try await transport.error(.direct("http://no-such-host.invalid/")))
        #expect(error.kind == .resolution)
        #expect("\(error)".hasPrefix("cannot resolve the name in http://no-such-host.invalid: "))
    }

    private func answer(_ text: String) async throws -> (HTTPResponse, String) {
        let server = try ScriptedServer(answeringOnce: text)
        let transport = try CurlTransport()
        let response = try await transport.send(.direct(server.url))
        return (response, String(decoding: try await response.body.collect(limit: 1 << 20), as: UTF8.self))
    }
}
