import CurlTransport
import Testing

@Suite("TLS, against nginx", .enabled(if: Nginx.isWanted, "install nginx-light"), .nginx)
struct TLSTests {
    private let nginx: Nginx
    private let transport: CurlTransport

    init() throws {
        nginx = try #require(Nginx.current)
        transport = try CurlTransport()
    }

    @Test("the own authority is trusted, for an address and for a name")
    func ownAuthority() async throws {
        #expect(try await transport.send(nginx.request("/info")).status == 200)
        var byName = nginx.request("/info")
        byName.url = byName.url.replacing("127.0.0.1", with: "localhost")
        #expect(try await transport.text(byName).split(separator: " ").dropFirst(2).first == "localhost")
    }

    @Test("what no trusted authority has signed is refused, by the system's and by another one")
    func untrusted() async throws {
        for trust in [.system, .authorities(nginx.material.otherAuthority)] as [TLSSettings.Trust] {
            var request = nginx.request("/info")
            request.tls.trust = trust
            let error = try #require(try await transport.error(request))
            #expect(error.kind == .tls)
            #expect(error.peer == nginx.url)
        }
    }

    @Test("a connection made on other terms is not used: trust is looked at for each request anew")
    func termsOfConnections() async throws {
        #expect(try await transport.error(nginx.request("/info")) == nil)
        var distrusting = nginx.request("/info")
        distrusting.tls.trust = .system
        #expect(try await transport.error(distrusting)?.kind == .tls)
        var trusting = nginx.request("/info")
        trusting.tls.trust = .anything
        #expect(try await transport.error(trusting) == nil)
        #expect(try await transport.error(distrusting)?.kind == .tls)
    }

    @Test(
        "authorities that are no certificates trust nothing",
        arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAA==\n"])
    func malformedAuthorities(text: String) async throws {
        var request = nginx.request("/info")
        request.tls.trust = .authorities(Array(text.utf8))
        #expect(try await transport.error(request)?.kind == .tls)
    }

    @Test("a certificate for another name is refused")
    func wrongName() async throws {
        var request = nginx.request("/info")
        request.tls.serverName = "other.example"
        let error = try #require(try await transport.error(request))
        #expect(error.kind == .tls)
        // The message is about the server that was asked for, not about the name.
        #expect(error.peer == nginx.url)
    }

    @Test("a server name of one's own is sent as SNI and looked for in the certificate, and the host stays the address")
    func serverName() async throws {
        var request = nginx.request("/info")
        request.tls.serverName = "kubernetes.example"
        let fields = try await transport.text(request).split(separator: " ")
        #expect(fields.dropFirst(2) == ["kubernetes.example", nginx.url.dropFirst("https://".count)])
    }

    @Test("who trusts anything gets an answer, whatever the certificate")
    func anything() async throws {
        var request = nginx.request("/info")
        request.tls = TLSSettings(trust: .anything, serverName: "no-such-name.example")
        #expect(try await transport.send(request).status == 200)
    }

    @Test("a client certificate is presented where there is one, and missed where it is required")
    func clientCertificate() async throws {
        var request = nginx.request("/")
        request.url = nginx.clientURL + "/"
        #expect(try await transport.send(request).status == 400)
        request.tls.clientCertificate = .init(
            certificate: nginx.material.clientCertificate, privateKey: nginx.material.clientKey)
        #expect(try await transport.text(request) == "SUCCESS CN=remora-client")
    }

    @Test("a client certificate that is none, or has another key, is a TLS error")
    func malformedClientCertificate() async throws {
        let (certificate, key) = (nginx.material.clientCertificate, nginx.material.clientKey)
        let nothing = Array("nothing".utf8)
        for (certificate, key) in [(nothing, key), (certificate, nothing), (certificate, certificate)] {
            var request = nginx.request("/")
            request.tls.clientCertificate = .init(certificate: certificate, privateKey: key)
            #expect(try await transport.error(request)?.kind == .tls)
        }
    }

    @Test("plain HTTP where TLS is spoken, and TLS where plain HTTP is, are errors and no hang")
    func wrongScheme() async throws {
        var plain = nginx.request("/info")
        plain.url = plain.url.replacing("https:", with: "http:")
        #expect(try await transport.send(plain).status == 400)
        let server = try ScriptedServer { try $0.write("HTTP/1.1 400 Bad Request\r\n\r\n") }
        var tls = nginx.request("/")
        tls.url = "https://127.0.0.1:\(server.port)"
        let kind = try await transport.error(tls)?.kind
        #expect(kind == .tls || kind == .interrupted)
    }
}
