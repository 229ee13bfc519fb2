import CurlTransport
import Testing

@Suite("Requests on the wire")
struct RequestTests {
    private static let noContent = "HTTP/1.1 204 No Content\r\n\r\n"

    @Test("a request line carries method and target as given, and the user agent is ours")
    func plainGet() async throws {
        let head = try await head(of: .direct("/api/v1/pods?limit=5&fieldSelector=a%3Db"))
        #expect(head.first == "GET /api/v1/pods?limit=5&fieldSelector=a%3Db HTTP/1.1")
        #expect(head.contains("User-Agent: remora"))
        #expect(!head.contains { $0.lowercased().hasPrefix("user-agent: curl") || $0.hasPrefix("Content-Type") })
    }

    @Test(
        "a path is sent as it is, dots and all", arguments: ["/a/../b/./c//d", "/..", "/%2e%2E/%zz", "/?", "/a?../b"])
    func pathAsIs(path: String) async throws {
        #expect(try await head(of: .direct(path)).first == "GET \(path) HTTP/1.1")
    }

    @Test("headers are sent in order, with the user agent that was given, and empty ones too")
    func headers() async throws {
        var request = HTTPRequest.direct("/")
        request.headers = [("X-One", "1"), ("user-agent", "other/1.0"), ("X-Empty", ""), ("X-Two", "a: b, c")]
        let head = try await head(of: request)
        #expect(
            head.filter { $0.lowercased().hasPrefix("x-") || $0.lowercased().hasPrefix("user") } == [
                "X-One: 1", "user-agent: other/1.0", "X-Empty:", "X-Two: a: b, c",
            ])
    }

    @Test(
        "each method is sent as it is, with its body and nothing that libcurl adds to forms",
        arguments: [
            ("POST", "{}"), ("PUT", "x"), ("PATCH", "[1]"), ("DELETE", "{\"a\":1}"), ("GET", "odd"), ("QUERY", "q"),
        ])
    func bodies(method: String, body: String) async throws {
        var request = HTTPRequest.direct("/", method: method)
        request.body = Array(body.utf8)
        let (head, received) = try await exchange(request, bodyCount: body.utf8.count)
        #expect(head.first == "\(method) / HTTP/1.1")
        #expect(head.contains("Content-Length: \(body.utf8.count)"))
        #expect(!head.contains { $0.hasPrefix("Expect") || $0.hasPrefix("Content-Type") })
        #expect(received == Array(body.utf8))
    }

    @Test("a content type that was given is sent")
    func contentType() async throws {
        var request = HTTPRequest.direct("/", method: "PATCH")
        request.headers = [("Content-Type", "application/apply-patch+yaml")]
        request.body = Array("a: 1".utf8)
        #expect(try await exchange(request, bodyCount: 4).head.contains("Content-Type: application/apply-patch+yaml"))
    }

    @Test(
        "where a server expects a body an absent one is sent as empty, elsewhere none is",
        arguments: [
            ("POST", true), ("PUT", true), ("PATCH", true), ("DELETE", false), ("GET", false), ("OPTIONS", false),
        ])
    func absentBodies(method: String, hasLength: Bool) async throws {
        let head = try await head(of: .direct("/", method: method))
        #expect(head.first == "\(method) / HTTP/1.1")
        #expect(head.contains("Content-Length: 0") == hasLength)
        #expect(!head.contains { $0.hasPrefix("Transfer-Encoding") })
    }

    @Test("a body of many megabytes, NULs and all, arrives as it was")
    func largeBody() async throws {
        let body = Pattern.bytes(at: 0, count: 2_500_001)
        try await TestServer.run { server in
            var request = HTTPRequest.direct(server.url + "/echo", method: "POST")
            request.body = body
            let transport = try CurlTransport()
            #expect(try await transport.send(request).body.collect(limit: body.count) == body)
        }
    }

    @Test(
        "a header that could smuggle another one is refused before anything is sent",
        arguments: [
            ("X-A", "1\r\nX-B: 2"), ("X-A", "1\nX-B: 2"), ("X-A", "1\r"), ("X-A", "1\0"), ("X-A\r\nX-B", "1"),
            ("X A", "1"),
            ("X-A:", "1"), ("", "1"), ("X-Ä", "1"),
        ])
    func headerInjection(name: String, value: String) async throws {
        var request = HTTPRequest.direct("/")
        request.headers = [(name, value)]
        try await expectRefusal(of: request)
    }

    @Test(
        "a method that is none is refused before anything is sent",
        arguments: ["", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "G T", "GET\0", "GÉT"])
    func methodInjection(method: String) async throws {
        try await expectRefusal(of: .direct("/", method: method))
    }

    @Test(
        "a TLS server name that is none is refused before anything is sent",
        arguments: ["", "a b", "evil@host", "host/path", "host:1", "a\r\nb"])
    func serverNameInjection(name: String) async throws {
        var request = HTTPRequest.direct("/")
        request.tls.serverName = name
        try await expectRefusal(of: request)
    }

    @Test("HEAD with a body is refused: no server could answer it as meant")
    func headWithBody() async throws {
        var request = HTTPRequest.direct("/", method: "HEAD")
        request.body = [1]
        try await expectRefusal(of: request)
    }

    @Test(
        "a URL that is none is refused and not repeated in the message",
        arguments: [
            "", "user:secret@host/", "ftp://user:secret@host/", "http://user:secret@/", "http://host/secret path",
        ])
    func malformedURL(url: String) async throws {
        let transport = try CurlTransport()
        let error = try #require(try await transport.error(.direct(url)))
        #expect(error.kind == .invalidRequest)
        #expect(!"\(error)".contains("secret"))
        #expect(!error.isRetryable)
    }

    @Test("user name and password of a URL are sent, and appear in no message")
    func credentialsInURL() async throws {
        let transport = try CurlTransport()
        let server = try ScriptedServer(answeringOnce: "")
        let error = try await transport.error(
            .direct("http://user:secret@127.0.0.1:\(server.port)/path?token=secret"))
        #expect(error?.peer == server.url)
        #expect(error.map { "\($0)".contains("secret") } == false)
        // base64 of user:secret
        #expect(server.requests.first?.contains("Authorization: Basic dXNlcjpzZWNyZXQ=") == true)
    }

    /// Sends a request, whose URL is only a path, to a server that answers 204.
    private func head(of request: HTTPRequest) async throws -> [String] {
        try await exchange(request, bodyCount: 0).head
    }

    private func exchange(_ request: HTTPRequest, bodyCount: Int) async throws -> (head: [String], body: [UInt8]) {
        let (bodies, continuation) = AsyncStream<[UInt8]>.makeStream()
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            continuation.yield(try peer.read(bodyCount))
            try peer.write(Self.noContent)
        }
        let transport = try CurlTransport()
        var request = request
        request.url = server.url + request.url
        let response = try await transport.send(request)
        #expect(response.status == 204)
        #expect(try await response.body.collect(limit: 0) == [])
        let head = try #require(server.requests.first)
        return (head.split(separator: "\r\n").map(String.init), await bodies.first { _ in true } ?? [])
    }

    private func expectRefusal(of request: HTTPRequest) async throws {
        let server = try ScriptedServer(answering: Self.noContent)
        let transport = try CurlTransport()
        var request = request
        request.url = server.url + request.url
        #expect(try await transport.error(request)?.kind == .invalidRequest)
        #expect(server.connectionCount == 0)
    }
}
