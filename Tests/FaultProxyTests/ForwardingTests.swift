import FaultProxy
import Glibc
import Testing

@Suite("A proxy without faults")
struct ForwardingTests {
    @Test("bytes pass both ways unchanged, and are counted")
    func forwards() async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 1)
            let question = random.bytes(300_000)
            let answer = random.bytes(2_000_000)
            let (client, server) = try await bench.connection()
            async let sentQuestion: Void = client.send(question)
            async let receivedQuestion = server.receive(question.count)
            #expect(try await receivedQuestion == question)
            try await sentQuestion
            async let sentAnswer: Void = server.send(answer)
            async let receivedAnswer = client.receive(answer.count)
            #expect(try await receivedAnswer == answer)
            try await sentAnswer

            var expected = ProxyCounters()
            expected.connections = 1
            expected.open = 1
            expected.bytesToServer = question.count
            expected.bytesToClient = answer.count
            try await bench.proxy.waitUntil { [expected] in $0 == expected }
        }
    }

    @Test("a FIN is passed on, and the other direction stays open")
    func halfClose() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await client.send("last words")
            client.finish()
            try await server.expectRest(RawSocket.Rest(bytes: Array("last words".utf8), end: .fin))
            try await server.send("answer")
            server.finish()
            try await client.expectRest(RawSocket.Rest(bytes: Array("answer".utf8), end: .fin))
            try await bench.proxy.waitUntil { $0.open == 0 }
        }
    }

    @Test("a FIN that comes second is a FIN on the other side too, not a reset")
    func secondFin() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            server.finish()
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .fin))
            try await client.send("after the FIN")
            client.finish()
            try await server.expectRest(RawSocket.Rest(bytes: Array("after the FIN".utf8), end: .fin))
        }
    }

    @Test("a reset by one end is a reset for the other")
    func passesReset() async throws {
        try await Bench.run { bench in
            let client = try await RawSocket.connect(port: bench.proxy.port)
            do {
                let server = try await bench.upstream.accept()
                server.endWithReset()
            }
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
            try await bench.proxy.waitUntil { $0.open == 0 }
        }
    }

    @Test("a client is reset when the upstream cannot be reached")
    func upstreamGone() async throws {
        let port = try RawListener().port
        try await FaultProxy.withProxy(upstreamPort: port) { proxy in
            let client = try await RawSocket.connect(port: proxy.port)
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
            try await proxy.waitUntil { $0.upstreamFailures == 1 && $0.open == 0 }
        }
    }

    @Test("a client that does not read holds its sender up, and gets every byte in the end")
    func backPressure() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection(receiveBuffer: 1 << 16)
            var random = SeededGenerator(seed: 2)
            let block = random.bytes(1 << 20)
            let payload = (0..<32 as Range<UInt8>).flatMap { number in block.dropLast() + [number] }
            async let sent: Void = server.send(payload)
            // What the kernel buffers and the proxy's queue hold is far less than the payload.
            try await bench.proxy.waitUntil { $0.bytesToClient > 0 }
            _ = try await server.isSilent(for: .milliseconds(300))
            #expect(try await bench.proxy.counters.bytesToClient < payload.count / 2)
            let received = try await client.receive(payload.count)
            #expect(received == payload)
            try await sent
        }
    }

    @Test("a shutdown resets what is open and frees the port")
    func shutdown() async throws {
        let upstream = try RawListener()
        let proxy = try await FaultProxy.start(upstreamPort: upstream.port)
        let client = try await RawSocket.connect(port: proxy.port)
        let server = try await upstream.accept()
        try await proxy.shutdown()
        try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
        try await server.expectRest(RawSocket.Rest(bytes: [], end: .reset))
        await #expect(throws: RawSocket.Failure(call: "connect", errorNumber: ECONNREFUSED)) {
            _ = try await RawSocket.connect(port: proxy.port)
        }
    }

    @Test("a condition that does not come true fails with the counters")
    func conditionNotMet() async throws {
        try await Bench.run { bench in
            let error = await #expect(throws: FaultProxyError.self) {
                try await bench.proxy.waitUntil(within: .milliseconds(50)) { $0.connections == 7 }
            }
            guard case .conditionNotMet(.milliseconds(50), let counters) = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            #expect(counters == ProxyCounters())
        }
    }

    @Test("a cancelled wait ends at once")
    func cancelledWait() async throws {
        try await Bench.run { bench in
            let waiting = Task { try await bench.proxy.waitUntil { $0.connections == 7 } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
