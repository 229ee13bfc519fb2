import FaultProxy
import Testing

@testable import CurlTransport

@Suite("Time limits")
struct LimitTests {
    /// Long enough for a loaded machine to do the other steps of a request, short enough to be waited for.
    private static let short: Duration = .milliseconds(500)

    @Test("a TLS handshake without an answer counts as connecting")
    func connect() async throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        let transport = try CurlTransport()
        var limits = TimeLimits.patient
        limits.connect = Self.short
        let error = try #require(
            try await transport.error(.direct("https://127.0.0.1:\(server.port)", limits: limits)))
        #expect(error.kind == .timeout(.connect))
        #expect(error.isRetryable)
    }

    @Test("a connect limit of nothing is short, and not libcurl's default of minutes")
    func noTimeToConnect() async throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        let transport = try CurlTransport()
        let limits = TimeLimits(connect: .zero, headers: .seconds(60))
        #expect(
            try await transport.error(.direct("https://127.0.0.1:\(server.port)", limits: limits))?.kind
                == .timeout(.connect))
    }

    @Test("limits beyond all bounds are as good as none")
    func endlessLimits() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let endless = Duration.seconds(Int64.max)
            let limits = TimeLimits(connect: endless, headers: endless, silence: endless, total: endless)
            #expect(try await transport.text(.direct(server.url + "/hello", limits: limits)) == "hello")
        }
    }

    @Test("a server that does not answer is given up at the header limit, and sees the connection close")
    func headers() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            var limits = TimeLimits.patient
            limits.headers = Self.short
            let error = try #require(try await transport.error(.direct(server.url + "/never", limits: limits)))
            #expect(
                error == TransportError(kind: .timeout(.headers), peer: server.url, detail: "no response within 0.5 s"))
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
        }
    }

    @Test("a body that falls silent is given up at the silence limit, with what came before it")
    func silence() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            var limits = TimeLimits.patient
            // Long enough for the thousand bytes on a machine that hardly runs.
            limits.silence = .seconds(3)
            var check = PatternCheck()
            let error = await #expect(throws: TransportError.self) {
                let response = try await transport.send(.direct(server.url + "/stall?bytes=1000", limits: limits))
                for try await piece in response.body { check.append(piece) }
            }
            #expect(error?.kind == .timeout(.silence))
            #expect(check == .intact(1000))
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
        }
    }

    @Test("the total limit ends a response however busy it is")
    func total() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            try peer.write("HTTP/1.1 200 OK\r\n\r\n")
            while true { try peer.write("more and more\n") }
        }
        let transport = try CurlTransport()
        var limits = TimeLimits.patient
        limits.total = Self.short
        let error = try #require(try await transport.error(.direct(server.url, limits: limits)))
        #expect(error.kind == .timeout(.total))
        #expect(error.detail == "no complete response within 0.5 s")
    }

    @Test("a consumer that holds the stream back for longer than the silence limit gets all of it")
    func consumerIsNotSilence() async throws {
        try await TestServer.run { server in
            let count = 20_000_000
            let transport = try CurlTransport()
            var limits = TimeLimits.patient
            // A machine that hardly runs takes a while for the next piece, once somebody reads.
            limits.silence = .seconds(10)
            let response = try await transport.send(.direct(server.url + "/pattern?bytes=\(count)", limits: limits))
            let before = transport.turns
            try await eventually("the transfer is held back") {
                let written = server.counters.bytesWritten
                try await Task.sleep(for: .milliseconds(500))
                return written > 0 && server.counters.bytesWritten == written && transport.turns > before
            }
            // The silence itself is what is tested: there is no condition to wait for.
            try await Task.sleep(for: .seconds(13))
            var check = PatternCheck()
            for try await piece in response.body { check.append(piece) }
            #expect(check == .intact(count))
        }
    }

    @Test("a connection that was silent until a limit does not serve the next request")
    func frozenConnection() async throws {
        try await TestServer.run { server in
            try await FaultProxy.withProxy(upstreamPort: server.port) { proxy in
                let transport = try CurlTransport()
                let url = "http://127.0.0.1:\(proxy.port)/hello"
                #expect(try await transport.text(.direct(url)) == "hello")
                try await proxy.inject(.freeze, on: .existing)
                var limits = TimeLimits.patient
                limits.headers = Self.short
                #expect(try await transport.error(.direct(url, limits: limits))?.kind == .timeout(.headers))
                #expect(try await transport.text(.direct(url)) == "hello")
                #expect(try await proxy.counters.connections == 2)
            }
        }
    }

    @Test("a request does not wait for the head of another one to the same server")
    func independence() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let hanging = Task { try await transport.send(.direct(server.url + "/never")) }
            try await eventually("the first request hangs") { server.counters.waiting == 1 }
            #expect(try await transport.text(.direct(server.url + "/hello")) == "hello")
            hanging.cancel()
            await #expect(throws: CancellationError.self) { try await hanging.value }
        }
    }
}
