import CurlTransport
import Glibc
import Testing

@Suite("Files as bodies, and forbidden addresses")
struct FileBodyTests {
    private func file(_ bytes: [UInt8]) throws -> OpenFile {
        var template = Array("/tmp/remora-body-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        unlink(template)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        return OpenFile(descriptor: descriptor)
    }

    @Test("a part of a file is sent as it is, with its length")
    func slice() async throws {
        try await TestServer.run { server in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            var request = HTTPRequest.direct(server.url + "/echo", method: "PUT")
            request.file = FileSlice(try file(bytes), offset: 1000, count: 900_001)
            let answer = try await CurlTransport().send(request).body.collect(limit: 2 << 20)
            #expect(answer == Array(bytes[1000..<901_001]))
        }
    }

    @Test("a file that became shorter ends the request with an error that says so")
    func shorter() async throws {
        try await TestServer.run { server in
            var request = HTTPRequest.direct(server.url + "/echo", method: "POST")
            request.file = FileSlice(try file([1, 2, 3]), offset: 0, count: 100)
            let error = try await CurlTransport().error(request)
            #expect(error?.kind == .invalidRequest)
            #expect(error?.detail == "the file to be sent cannot be read: it has become shorter")
        }
    }

    @Test("an upload that nobody takes ends by its silence, however long the rest may take")
    func stalledUpload() async throws {
        // Accepts into the kernel's queue and reads nothing.
        let server = try ScriptedServer { _ in sleep(20) }
        var request = HTTPRequest.direct("http://127.0.0.1:\(server.port)/", method: "PUT")
        request.file = FileSlice(try file([UInt8](repeating: 0, count: 32 << 20)), offset: 0, count: 32 << 20)
        request.limits = TimeLimits(connect: .seconds(60), headers: nil, silence: .milliseconds(300))
        #expect(try await CurlTransport().error(request)?.kind == .timeout(.silence))
    }

    @Test("a transport that may not go to an address does not connect to it, also behind a name")
    func forbidden() async throws {
        let transport = try CurlTransport(addresses: .withoutMetadata)
        let error = try await transport.error(.direct("http://169.254.169.254/"))
        #expect(error?.kind == .forbiddenAddress)
        #expect(error?.detail == "169.254.169.254 is a link-local or metadata address")
        try await TestServer.run { server in
            let text = try await transport.text(.direct(server.url + "/hello"))
            #expect(text == "hello")
        }
    }
}

@Suite("Pinned certificates, against nginx", .enabled(if: Nginx.isWanted, "install nginx-light"), .nginx)
struct PinnedCertificateTests {
    @Test("the chain is shown when asked for; its certificate alone can then be trusted, whatever its name")
    func pinning() async throws {
        let nginx = try #require(Nginx.current)
        let transport = try CurlTransport()
        var probe = nginx.request("/info")
        probe.tls.trust = .anything
        probe.wantsCertificates = true
        probe.wantsNewConnection = true
        let certificates = try await transport.send(probe).certificates
        let certificate = try #require(certificates.first)
        #expect(certificate.hasPrefix("-----BEGIN CERTIFICATE-----"))
        var pinned = nginx.request("/info")
        pinned.tls = TLSSettings(trust: .certificate(Array(certificate.utf8)))
        #expect(try await transport.error(pinned) == nil)
        pinned.tls.trust = .certificate(nginx.material.otherAuthority)
        #expect(try await transport.error(pinned)?.kind == .tls)
    }
}
