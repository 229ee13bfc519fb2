import Testing

@testable import ScriptRuntime

@Suite("Packets")
struct PacketTests {
    private let ipv4 = PacketRoute(
        source: .init(high: 0, low: 0xffff_0a00_0001), destination: .init(high: 0, low: 0xffff_c0a8_010a),
        sourcePort: 40_000, destinationPort: 443, ipProtocol: 6)
    private let ipv6 = PacketRoute(
        source: .init(high: 0x2001_0db8_0000_0000, low: 1), destination: .init(high: 0, low: 1), ipProtocol: 58)

    private func batch(_ routes: [PacketRoute?], interface: String? = nil, from length: Int = 0) -> PacketBatch {
        var batch = PacketBatch(interface: interface)
        for (index, route) in routes.enumerated() {
            batch.append(
                seconds: 1_700_000_000, nanoseconds: 5, captureLength: 1, length: length + index, isFragment: false,
                route: route)
        }
        return batch
    }

    @Test("addresses, ports, protocol and interface are there where capture knows them, and undefined elsewhere")
    func routes() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onPacketCaptured(i) {
                console.log(i.srcIp, i.srcPort, i.dstIp, i.dstPort, i.proto, i.interface);
            }
            """)
        bench.engine.deliver(batch([nil, ipv4, ipv6, nil], interface: "eth0"))
        bench.engine.deliver(batch([nil]))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                "0 undefined undefined undefined undefined undefined eth0",
                "0 10.0.0.1 40000 192.168.1.10 443 tcp eth0",
                "0 2001:db8::1 undefined ::1 undefined icmpv6 eth0",
                "0 undefined undefined undefined undefined undefined eth0",
                "0 undefined undefined undefined undefined undefined undefined",
            ])
        await bench.engine.shutdown()
    }

    @Test("they are enumerated, serialised and can be overwritten like any member")
    func members() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onPacketCaptured(i) {
                console.log(i);
                i.srcIp = "x";
                var keys = []; for (var k in i) keys.push(k);
                console.log(i.srcIp, keys.sort().join());
            }
            """)
        bench.engine.deliver(batch([ipv4]))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                #"0 {"timestamp":"2023-11-14T22:13:20.000000005Z","captureLength":1,"length":0,"truncated":false,"#
                    + #""fragmented":false,"srcIp":"10.0.0.1","dstIp":"192.168.1.10","srcPort":40000,"dstPort":443,"#
                    + #""proto":"tcp"}"#,
                "0 x captureLength,dstIp,dstPort,fragmented,interface,length,proto,srcIp,srcPort,timestamp,truncated",
            ])
        await bench.engine.shutdown()
    }

    @Test("an object that a script makes from a packet tells its time and origin too, anything else is no packet")
    func inheritance() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onPacketCaptured(info) {
              var own = Object.create(info), proto = Object.getPrototypeOf(info), names = [];
              own.seen = true;
              for (var name in own) names.push(name);
              console.log(own.timestamp === info.timestamp, own.srcPort, names.join());
              console.log(proto.timestamp, proto.srcPort);
              try { Object.create(proto).timestamp; } catch (e) { console.log(e instanceof TypeError); }
            }
            """)
        bench.engine.deliver(batch([PacketRoute(sourcePort: 80)]))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                "0 true 80 seen,captureLength,length,truncated,fragmented,timestamp,srcIp,dstIp,srcPort,dstPort,proto,interface",
                "0 undefined undefined", "0 true",
            ])
        await bench.engine.shutdown()
    }

    @Test("a packet that a script keeps still tells its own origin after many other batches")
    func keptPackets() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            var kept = [];
            function onPacketCaptured(i) { if (i.length % 100 === 0) kept.push(i); }
            function onHubAction() { for (var i = 0; i < kept.length; i++) console.log(kept[i].length, kept[i].srcPort); }
            """)
        for round in 0..<3 {
            let routes = (0..<100).map { PacketRoute(sourcePort: UInt16(round * 100 + $0)) }
            bench.engine.deliver(batch(routes, from: round * 100))
        }
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["0 0 0", "0 100 100", "0 200 200"])
        await bench.engine.shutdown()
    }

    @Test("a hook with `batch` gets arrays of just so many packets, across batches, and the rest in a pause")
    func groups() async throws {
        let gate = Gate()
        let bench = Bench { $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }] }
        try await bench.load(
            0,
            """
            function onHubAction() { hold(); }
            function onPacketCaptured(list) { console.log(list.length, list[0].length, list[list.length - 1].srcPort); }
            onPacketCaptured.batch = 1000;
            """)
        // Everything is in the queue before the first batch is looked at, so that there is no pause in between.
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        #expect(await gate.untilEntered())
        for round in 0..<9 {
            let routes = (0..<256).map { PacketRoute(sourcePort: UInt16(round * 256 + $0)) }
            bench.engine.deliver(batch(routes, from: round * 256))
        }
        gate.open()
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["0 1000 0 999", "0 1000 1000 1999", "0 304 2000 2303"])
        #expect(bench.engine.statuses.map(\.calls) == [[.hubAction: 1, .packetCaptured: 2304]])
        await bench.engine.shutdown()
    }

    @Test("a group at which the hook throws or never ends costs that group alone")
    func badGroups() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        try await bench.load(
            0,
            """
            function onPacketCaptured(list) {
                if (list[0].length === 0) throw new Error("first");
                if (list[0].length === 2) for (;;) {}
                console.log(list[0].length, list.length);
            }
            onPacketCaptured.batch = 2;
            """)
        bench.engine.deliver(batch([nil, nil, nil, nil, nil, nil, nil]))
        await bench.engine.untilIdle()
        #expect(bench.recorder.failures.map(\.text).first == "Error: first")
        #expect(bench.recorder.failures.map(\.reason).last == .stopped(.compute(limit: .milliseconds(150))))
        #expect(bench.recorder.console.filter { !$0.hasPrefix("0!") } == ["0 4 2", "0 6 1"])
        await bench.engine.shutdown()
    }

    @Test("a route is one for each packet, whenever the first comes")
    func lateRoutes() {
        var batch = batch([nil, ipv4, nil, ipv6])
        #expect(batch.routes == [PacketRoute(), ipv4, PacketRoute(), ipv6])
        batch.removeAll()
        #expect(batch.routes.isEmpty && batch.isEmpty)
    }
}
