import FaultProxy
import Testing

@Suite("Faults of streams")
struct ShapingTests {
    @Test("slices keep order and content", arguments: [1, 2, 7, 1000])
    func slice(bytes: Int) async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: UInt64(bytes))
            let payload = random.bytes(20_000)
            try await bench.proxy.inject(.slice(to: bytes), .both)
            let (client, server) = try await bench.connection()
            try await echo(payload, from: client, by: server)
        }
    }

    @Test("a delay holds each byte back for its time and keeps the order")
    func delay() async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 8)
            let payload = random.bytes(500_000)
            try await bench.proxy.inject(.delay(.milliseconds(300)), .both)
            let (client, server) = try await bench.connection()
            let clock = ContinuousClock()
            let start = clock.now
            try await echo(payload, from: client, by: server)
            #expect(clock.now - start >= .milliseconds(600))
        }
    }

    @Test("a delay that ends lets what it holds go at once, in order")
    func delayThatEnds() async throws {
        try await Bench.run { bench in
            try await bench.proxy.inject(.delay(.seconds(3600)))
            let (client, server) = try await bench.connection()
            try await server.send("first ")
            #expect(try await client.isSilent(for: .milliseconds(200)))
            try await bench.proxy.heal()
            try await server.send("second")
            #expect(try await client.receiveText(like: "first second") == "first second")
        }
    }

    @Test("a throttle is never faster than its rate, and keeps order and content")
    func throttle() async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 9)
            let payload = random.bytes(40_000)
            try await bench.proxy.inject(.throttle(bytesPerSecond: 50_000))
            let (client, server) = try await bench.connection()
            let clock = ContinuousClock()
            let start = clock.now
            try await server.send(payload)
            #expect(try await client.receive(payload.count) == payload)
            // 0.8 s by the rate, less the write that the throttle allows in advance.
            #expect(clock.now - start >= .milliseconds(750))
        }
    }

    @Test("exactly the bytes that were named are flipped")
    func flipByte() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await server.send("before")
            #expect(try await client.receiveText(like: "before") == "before")
            try await bench.proxy.inject(.flipByte(at: 0))
            try await bench.proxy.inject(.flipByte(at: 99_999))
            let payload = [UInt8](repeating: 0x41, count: 200_000)
            async let sent: Void = server.send(payload)
            let received = try await client.receive(payload.count)
            try await sent
            #expect(received.indices.filter { received[$0] != 0x41 } == [0, 99_999])
            #expect([received[0], received[99_999]] == [0xbe, 0xbe])
        }
    }

    @Test("slices, delay and a cut add up")
    func faultsAddUp() async throws {
        try await Bench.run { bench in
            for fault: Fault in [.slice(to: 3), .delay(.milliseconds(50)), .flipByte(at: 4), .close(afterBytes: 10)] {
                try await bench.proxy.inject(fault, on: .new)
            }
            let (client, server) = try await bench.connection()
            try await server.send("0123456789abcdef")
            let expected = Array("0123".utf8) + [0x34 ^ 0xff] + Array("56789".utf8)
            try await client.expectRest(RawSocket.Rest(bytes: expected, end: .fin))
        }
    }

    private func echo(_ payload: [UInt8], from client: RawSocket, by server: RawSocket) async throws {
        async let sent: Void = client.send(payload)
        async let back = client.receive(payload.count)
        let heard = try await server.receive(payload.count)
        #expect(heard == payload)
        try await server.send(heard)
        #expect(try await back == payload)
        try await sent
    }
}
