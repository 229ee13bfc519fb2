import FaultProxy
import Glibc
import Testing

@Suite("Faults of connections")
struct FaultTests {
    private let hello = Array("hello".utf8)

    @Test("a frozen connection gives neither data nor FIN while a new one works, and loses nothing")
    func freeze() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await client.send(hello)
            #expect(try await server.receive(hello.count) == hello)

            try await bench.proxy.inject(.freeze, on: .existing)
            try await server.send("held up")
            server.finish()
            try await client.send("this too")

            let (newClient, newServer) = try await bench.connection()
            try await newServer.send(hello)
            #expect(try await newClient.receive(hello.count) == hello)
            #expect(try await client.isSilent(for: .milliseconds(300)))
            #expect(try await server.isSilent(for: .milliseconds(1)))
            #expect(try await bench.proxy.counters.open == 2)

            try await bench.proxy.heal()
            try await client.expectRest(RawSocket.Rest(bytes: Array("held up".utf8), end: .fin))
            #expect(try await server.receive(8) == Array("this too".utf8))
        }
    }

    @Test("a frozen connection outlives the reset of one of its ends")
    func freezeHidesReset() async throws {
        try await Bench.run { bench in
            let client = try await RawSocket.connect(port: bench.proxy.port)
            var server: RawSocket? = try await bench.upstream.accept()
            // The proxy has the connection once a byte has passed.
            try await server?.send(hello)
            #expect(try await client.receive(hello.count) == hello)
            try await bench.proxy.inject(.freeze, on: .existing)
            server?.endWithReset()
            server = nil
            #expect(try await client.isSilent(for: .milliseconds(300)))
            try await client.send(hello)
            try await bench.proxy.heal()
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
        }
    }

    @Test("freezing one direction leaves the other alone")
    func freezeOneWay() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await bench.proxy.inject(.freeze, .toClient)
            try await server.send("held up")
            try await client.send(hello)
            #expect(try await server.receive(hello.count) == hello)
            #expect(try await client.isSilent(for: .milliseconds(200)))
        }
    }

    @Test("a reset comes after exactly so many further bytes", arguments: [0, 1, 4_321, 100_000])
    func reset(bytes: Int) async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 3)
            let payload = random.bytes(200_000)
            let (client, server) = try await bench.connection()
            try await server.send(hello)
            #expect(try await client.receive(hello.count) == hello)

            try await bench.proxy.inject(.reset(afterBytes: bytes))
            // The upstream is reset while it sends, which may or may not hit its send.
            async let sent: Void? = try? server.send(payload)
            let expected = RawSocket.Rest(bytes: Array(payload.prefix(bytes)), end: .reset)
            try await client.expectRest(expected)
            _ = await sent
            try await bench.proxy.waitUntil { $0.open == 0 }
            #expect(try await bench.proxy.counters.bytesToClient == hello.count + bytes)
        }
    }

    @Test("a reset without delay hits both ends of a silent connection")
    func resetOfSilentConnection() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await bench.proxy.inject(.reset(afterBytes: 0), on: .existing)
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
            try await server.expectRest(RawSocket.Rest(bytes: [], end: .reset))
        }
    }

    @Test("a client that reads late still gets every byte before a reset")
    func resetWaitsForDelivery() async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 4)
            let payload = random.bytes(300_000)
            let (client, server) = try await bench.connection(receiveBuffer: 4096)
            try await bench.proxy.inject(.reset(afterBytes: payload.count))
            async let sent: Void = server.send(payload)
            try await bench.proxy.waitUntil { $0.bytesToClient > 0 }
            try await client.expectRest(RawSocket.Rest(bytes: payload, end: .reset))
            try await sent
        }
    }

    @Test("a close is a FIN after exactly so many further bytes", arguments: [0, 1, 4_321, 100_000])
    func close(bytes: Int) async throws {
        try await Bench.run { bench in
            var random = SeededGenerator(seed: 5)
            let payload = random.bytes(200_000)
            let (client, server) = try await bench.connection()
            try await client.send("unread")
            try await bench.proxy.inject(.close(afterBytes: bytes))
            async let sent: Void? = try? server.send(payload)
            let expected = RawSocket.Rest(bytes: Array(payload.prefix(bytes)), end: .fin)
            try await client.expectRest(expected)
            _ = await sent
        }
    }

    @Test("a cut toward the server counts the bytes of that direction")
    func cutTowardServer() async throws {
        try await Bench.run { bench in
            try await bench.proxy.inject(.close(afterBytes: 5), .toServer, on: .new)
            let (client, server) = try await bench.connection()
            try await server.send("the other way")
            #expect(try await client.receiveText(like: "the other way") == "the other way")
            try await client.send("hello, world")
            try await server.expectRest(RawSocket.Rest(bytes: hello, end: .fin))
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .fin))
        }
    }

    @Test("a fault for new connections counts for each of them anew and spares the old ones")
    func scopeOfNewConnections() async throws {
        try await Bench.run { bench in
            let (oldClient, oldServer) = try await bench.connection()
            try await bench.proxy.inject(.reset(afterBytes: 3), on: .new)
            for _ in 0..<3 {
                let (client, server) = try await bench.connection()
                try await server.send(hello)
                try await client.expectRest(RawSocket.Rest(bytes: Array("hel".utf8), end: .reset))
            }
            try await oldServer.send(hello)
            #expect(try await oldClient.receive(hello.count) == hello)
            try await bench.proxy.heal()
            let (client, server) = try await bench.connection()
            try await server.send(hello)
            #expect(try await client.receive(hello.count) == hello)
        }
    }

    @Test("a black hole accepts, never reaches the upstream, and closes with its client")
    func blackhole() async throws {
        try await Bench.run { bench in
            try await bench.proxy.inject(.blackhole, on: .new)
            let lost = try await RawSocket.connect(port: bench.proxy.port)
            // The kernel takes the connection before the proxy does.
            try await bench.proxy.waitUntil { $0.connections == 1 }
            try await lost.send(hello)
            #expect(try await lost.isSilent(for: .milliseconds(300)))
            try await bench.proxy.heal()
            // The first connection that reaches the upstream is the second of the proxy.
            let (client, server) = try await bench.connection()
            try await client.send("seen")
            #expect(try await server.receiveText(like: "seen") == "seen")
            #expect(try await lost.isSilent(for: .milliseconds(1)))
            #expect(try await bench.proxy.counters.bytesToServer == 4)
            lost.finish()
            try await bench.proxy.waitUntil { $0.open == 1 && $0.connections == 2 }
        }
    }

    @Test("an open connection that becomes a black hole loses its bytes for good")
    func blackholeOfOpenConnection() async throws {
        try await Bench.run { bench in
            let (client, server) = try await bench.connection()
            try await bench.proxy.inject(.blackhole, on: .existing)
            try await server.send(hello)
            try await client.send(hello)
            #expect(try await client.isSilent(for: .milliseconds(200)))
            try await bench.proxy.heal()
            try await server.send(hello)
            #expect(try await client.isSilent(for: .milliseconds(200)))
            #expect(try await server.isSilent(for: .milliseconds(1)))
        }
    }

    @Test("connections are refused while the listener is closed, and accepted again on the same port")
    func refuse() async throws {
        try await Bench.run { bench in
            let (oldClient, oldServer) = try await bench.connection()
            for _ in 0..<3 {
                try await bench.proxy.refuseConnections()
                await #expect(throws: RawSocket.Failure(call: "connect", errorNumber: ECONNREFUSED)) {
                    _ = try await RawSocket.connect(port: bench.proxy.port)
                }
                try await oldServer.send(hello)
                #expect(try await oldClient.receive(hello.count) == hello)
                try await bench.proxy.acceptConnections()
                let (client, server) = try await bench.connection()
                try await server.send(hello)
                #expect(try await client.receive(hello.count) == hello)
            }
            #expect(try await bench.proxy.counters.connections == 4)
        }
    }
}
