import CurlTransport
import Glibc
import Testing

@Suite("Proxies")
struct ProxyTests {
    @Test("a plain request goes to the proxy with its whole URL, and the server is not asked directly")
    func absoluteForm() async throws {
        let proxy = try ScriptedServer(answeringOnce: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nvia proxy")
        let transport = try CurlTransport()
        var request = HTTPRequest(url: "http://server.invalid:8080/a?b", proxy: .url(proxy.url))
        request.limits = .patient
        #expect(try await transport.text(request) == "via proxy")
        #expect(proxy.requests.first?.hasPrefix("GET http://server.invalid:8080/a?b HTTP/1.1\r\n") == true)
        #expect(proxy.requests.first?.contains("Host: server.invalid:8080\r\n") == true)
    }

    @Test("a user name and password of the proxy go to the proxy")
    func credentials() async throws {
        let proxy = try ScriptedServer(answeringOnce: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let transport = try CurlTransport()
        let address = ProxySettings.url("http://user:secret@127.0.0.1:\(proxy.port)")
        _ = try await transport.text(HTTPRequest(url: "http://server.invalid/", proxy: address))
        #expect(proxy.requests.first?.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n") == true)
    }

    @Test("to a TLS server the proxy is asked for a tunnel, to the address and not to the TLS server name")
    func tunnel() async throws {
        let proxy = try ScriptedServer(answeringOnce: "HTTP/1.1 200 OK\r\n\r\nno handshake, though")
        let transport = try CurlTransport()
        var request = HTTPRequest(url: "https://10.1.2.3:6443/", proxy: .url(proxy.url))
        request.limits = .patient
        request.tls.serverName = "kubernetes.example"
        #expect(try await transport.error(request)?.kind == .tls)
        #expect(proxy.requests.first?.hasPrefix("CONNECT 10.1.2.3:6443 HTTP/1.1\r\n") == true)
    }

    @Test("a proxy that refuses the tunnel is a failed connection", arguments: [403, 407, 502])
    func refusedTunnel(status: Int) async throws {
        let proxy = try ScriptedServer(answeringOnce: "HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        let transport = try CurlTransport()
        let request = HTTPRequest(url: "https://server.invalid/", proxy: .url(proxy.url))
        let error = try #require(try await transport.error(request))
        #expect(error.kind == .connection)
        #expect(error.detail.contains("\(status)"))
        #expect(error.peer == "https://server.invalid")
    }

    @Test(
        "a proxy URL that is none is refused without its password in the message",
        arguments: ["http://user:secret@[bad", "gopher://user:secret@127.0.0.1", "http://user:secret@host:99999999"])
    func malformed(url: String) async throws {
        let transport = try CurlTransport()
        let error = try #require(
            try await transport.error(HTTPRequest(url: "http://server.invalid/", proxy: .url(url))))
        #expect(!"\(error)".contains("secret"))
        #expect(error.kind == .invalidRequest)
    }

    @Test("a proxy that cannot be resolved or reached is said so")
    func unreachable() async throws {
        let transport = try CurlTransport()
        let unknown = HTTPRequest(url: "http://server.invalid/", proxy: .url("http://no-such-proxy.invalid:1"))
        let error = try #require(try await transport.error(unknown))
        #expect(error.kind == .resolution)
        #expect(error.detail.contains("no-such-proxy.invalid"))
    }

    // MARK: The environment. Each test in a process of its own: others read the environment at the same time.

    @Test("the environment's proxy is used, unless NO_PROXY names the server")
    func environment() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nvia proxy")
            let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ndirectly")
            setenv("http_proxy", proxy.url, 1)
            setenv("NO_PROXY", "10.0.0.0/8,localhost,.svc", 1)
            let transport = try CurlTransport()
            #expect(try await transport.text(HTTPRequest(url: server.url)) == "via proxy")
            #expect(try await transport.text(HTTPRequest(url: "http://localhost:\(server.port)")) == "directly")
            #expect(try await transport.text(HTTPRequest(url: server.url, proxy: .none)) == "directly")
        }
    }

    @Test("HTTPS_PROXY is for TLS servers, and ALL_PROXY for all without one of their own")
    func schemes() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer(answering: "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
            setenv("HTTPS_PROXY", proxy.url, 1)
            let transport = try CurlTransport()
            #expect(try await transport.error(HTTPRequest(url: "https://a.invalid/"))?.kind == .connection)
            #expect(try await transport.error(HTTPRequest(url: "http://a.invalid/"))?.kind == .resolution)
            setenv("ALL_PROXY", proxy.url, 1)
            #expect(try await transport.send(HTTPRequest(url: "http://a.invalid/")).status == 502)
        }
    }

    @Test("an explicit proxy is used whatever NO_PROXY says")
    func explicit() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nvia proxy")
            setenv("NO_PROXY", "*", 1)
            setenv("no_proxy", "*", 1)
            let transport = try CurlTransport()
            let request = HTTPRequest(url: "http://localhost:1/", proxy: .url(proxy.url))
            #expect(try await transport.text(request) == "via proxy")
        }
    }
}
