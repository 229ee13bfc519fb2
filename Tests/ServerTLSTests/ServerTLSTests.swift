import CurlTransport
import FoundationEssentials
import ProcessInput
import Subprocess
import Testing
import Threading

@testable import ServerTLS

/// A server with TLS, and clients that others made: libcurl and OpenSSL.
@Suite("TLS for a server", .timeLimit(.minutes(2)))
struct ServerTLSTests {
    private static let names = ["remora-hub.shop.svc", "127.0.0.1"]

    @Test(
        "who trusts an authority trusts each server that it has signed, and no other; a server changes over while it runs"
    )
    func authority() async throws {
        let authority = try ServerCertificate.authority(name: "remora-hub.shop", validity: .seconds(86_400))
        let other = try ServerCertificate.authority(name: "remora-hub.shop", validity: .seconds(86_400))
        let trust = TLSSettings.Trust.authorities(Array(authority.own.utf8))
        for _ in 0..<2 {
            let acceptor = try TLSAcceptor(.selfMade(names: Self.names))
            try await EchoServer.run(acceptor) { server in
                await #expect(throws: (any Error).self) { try await server.ask("/a", trust) }
                try acceptor.change(to: .issued(names: Self.names, by: authority))
                #expect(try await server.ask("/b", trust) == "GET /b")
                // As the commands do, which trust one certificate whatever name it is for.
                #expect(try await server.ask("/c", .certificate(Array(authority.own.utf8))) == "GET /c")
                #expect(try await server.ask("/d", .certificate(Array(acceptor.ownCertificate.utf8))) == "GET /d")
                await #expect(throws: (any Error).self) {
                    try await server.ask("/e", .authorities(Array(other.own.utf8)))
                }
            }
        }
        #expect(throws: ServerTLSError.self) {
            try ServerCertificate(chain: authority.chain, privateKey: other.privateKey)
                .issue(names: Self.names, validity: .seconds(60))
        }
    }

    @Test("a client that has a self-made certificate's text trusts it, by name too; others do not")
    func selfMade() async throws {
        let acceptor = try TLSAcceptor(.selfMade(names: Self.names))
        try await EchoServer.run(acceptor) { server in
            #expect(server.url.hasPrefix("https://127.0.0.1:"))
            let chain = Array(acceptor.chain.utf8)
            #expect(try await server.ask("/a", .certificate(chain)) == "GET /a")
            #expect(try await server.ask("/b", .authorities(chain)) == "GET /b")
            await #expect(throws: TransportError.self) { try await server.ask("/c", .system) }
            let other = try ServerCertificate.selfSigned(names: Self.names, validity: .seconds(60))
            await #expect(throws: TransportError.self) {
                try await server.ask("/d", .certificate(Array(other.chain.utf8)))
            }
            // A certificate for other names is no good where names count.
            let misnamed = try TLSAcceptor(.selfMade(names: ["elsewhere"]))
            try await EchoServer.run(misnamed) { server in
                await #expect(throws: TransportError.self) {
                    try await server.ask("/e", .authorities(Array(misnamed.chain.utf8)))
                }
            }
        }
    }

    @Test("bodies of any size pass both ways, and answers that are written bit by bit arrive whole")
    func bodies() async throws {
        let acceptor = try TLSAcceptor(.selfMade(names: Self.names))
        try await EchoServer.run(acceptor) { server in
            let trust = TLSSettings.Trust.certificate(Array(acceptor.chain.utf8))
            // Around the size of a record, and far beyond it.
            for count in [0, 1, 16_383, 16_384, 16_385, 1 << 20, 3 << 20] {
                let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let whole = try await server.post("/echo", body, trust)
                #expect(whole == body, "\(count) bytes")
                let streamed = try await server.post("/stream", body, trust)
                #expect(streamed == body, "\(count) bytes, as a stream")
            }
        }
    }

    @Test("TLS 1.2 and 1.3 are spoken, older ones are not, and HTTP/1.1 is agreed on")
    func versions() async throws {
        let acceptor = try TLSAcceptor(.selfMade(names: Self.names))
        try await EchoServer.run(acceptor) { server in
            for (option, isSpoken) in [("-tls1_3", true), ("-tls1_2", true), ("-tls1_1", false)] {
                let text = try await openssl(
                    ["s_client", "-connect", "127.0.0.1:\(server.port)", option, "-alpn", "h2,http/1.1", "-ign_eof"],
                    input: "GET /v HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(text.contains("GET /v") == isSpoken, "\(option): \(text.suffix(400))")
                #expect(text.contains("ALPN protocol: http/1.1") == isSpoken, "\(option)")
            }
        }
    }

    @Test("whoever speaks no TLS is closed, and the server goes on")
    func plain() async throws {
        let acceptor = try TLSAcceptor(.selfMade(names: Self.names))
        try await EchoServer.run(acceptor) { server in
            let transport = try CurlTransport(name: "plain")
            await #expect(throws: TransportError.self) {
                let url = "http://127.0.0.1:\(server.port)/"
                _ = try await transport.send(HTTPRequest(url: url, proxy: .none)).body.collect(limit: 100)
            }
            #expect(try await server.ask("/on", .certificate(Array(acceptor.chain.utf8))) == "GET /on")
        }
    }

    @Test("a certificate that is replaced counts for new connections; a torn pair leaves the one before, and says so")
    func rotation() async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/tls-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ certificate: ServerCertificate, key: String? = nil) throws {
            try certificate.chain.write(toFile: folder + "/tls.crt", atomically: true, encoding: .utf8)
            try (key ?? certificate.privateKey).write(toFile: folder + "/tls.key", atomically: true, encoding: .utf8)
        }
        let first = try ServerCertificate.selfSigned(names: Self.names, validity: .seconds(600))
        let second = try ServerCertificate.selfSigned(names: Self.names, validity: .seconds(600))
        try write(first)
        let reports = Locked<[String]>([])
        let acceptor = try TLSAcceptor(
            .files(certificate: folder + "/tls.crt", privateKey: folder + "/tls.key"), lookInterval: .zero
        ) { report in reports.withLock { $0.append(report) } }
        try await EchoServer.run(acceptor) { server in
            func trusts(_ certificate: ServerCertificate) async -> Bool {
                (try? await server.ask("/", .certificate(Array(certificate.chain.utf8)))) != nil
            }
            #expect(await trusts(first))
            try write(second, key: first.privateKey)
            #expect(await trusts(first))
            #expect(
                reports.withLock { $0.first } ?? "" == """
                    the certificate and the private key cannot be used: key values mismatch; \
                    the certificate before stays in use
                    """)
            try write(second)
            #expect(await trusts(second))
            #expect(await !trusts(first))
            #expect(reports.withLock { $0.last } == "a new certificate is in use")
            try FileManager.default.removeItem(atPath: folder + "/tls.key")
            #expect(await trusts(second))
            #expect(acceptor.chain == second.chain)
        }
    }

    @Test("what is no certificate, no key, or no name is refused with the reason, and a key is never quoted")
    func refusals() throws {
        let good = try ServerCertificate.selfSigned(names: ["a"], validity: .seconds(60))
        let other = try ServerCertificate.selfSigned(names: ["a"], validity: .seconds(60))
        let prefix = "the certificate and the private key cannot be used: "
        for (chain, key, reason) in [
            ("", good.privateKey, "no start line"), (good.chain, "", "unsupported"),
            (good.chain, other.privateKey, "key values mismatch"),
        ] {
            #expect(throws: ServerTLSError(prefix + reason)) {
                try TLSContext(ServerCertificate(chain: chain, privateKey: key))
            }
        }
        #expect(throws: ServerTLSError("/no/file cannot be read: No such file or directory")) {
            try TLSAcceptor(.files(certificate: "/no/file", privateKey: "/no/other"))
        }
        #expect(
            throws: ServerTLSError(
                #"a certificate needs a host name or an IP address: none of ["", "a,DNS:evil", "a b"] is one"#)
        ) { try ServerCertificate.selfSigned(names: ["", "a,DNS:evil", "a b"], validity: .seconds(60)) }
    }

    @Test("a self-made certificate is for its names and addresses, for servers, and from an hour ago")
    func content() async throws {
        let certificate = try ServerCertificate.selfSigned(
            names: ["hub.remora.svc", "10.1.2.3", "fd00::1", "x,y"], validity: .seconds(86_400))
        let text = try await openssl(["x509", "-noout", "-text"], input: certificate.chain)
        #expect(text.contains("DNS:hub.remora.svc, IP Address:10.1.2.3, IP Address:FD00:0:0:0:0:0:0:1\n"))
        #expect(text.contains("TLS Web Server Authentication"))
        #expect(text.contains("CA:TRUE, pathlen:0"))
        #expect(text.contains("Subject: CN = hub.remora.svc"))
        let other = try ServerCertificate.selfSigned(names: ["ca"], validity: .seconds(60))
        let pair = ServerCertificate(chain: certificate.chain + other.chain, privateKey: certificate.privateKey)
        #expect(pair.own == certificate.chain && certificate.own == certificate.chain)
        let again = try ServerCertificate.selfSigned(names: ["hub.remora.svc"], validity: .seconds(86_400))
        #expect(again != certificate)
    }

    private func openssl(_ arguments: [String], input: String) async throws -> String {
        let result = try await Subprocess.run(
            .name("openssl"), arguments: Arguments(arguments), input: try .text(input), output: .string(limit: 1 << 20),
            error: .discarded)
        return result.standardOutput
    }
}
