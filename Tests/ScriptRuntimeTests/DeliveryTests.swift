import Testing

@testable import ScriptRuntime

@Suite("Delivery")
struct DeliveryTests {
    private func batch(_ lengths: Range<Int>) -> PacketBatch {
        var batch = PacketBatch()
        for length in lengths {
            batch.append(
                seconds: 1_700_000_000, nanoseconds: 123_456_789, captureLength: min(length, 100), length: length,
                isFragment: length == 2)
        }
        return batch
    }

    @Test("the packet counter of the documentation counts every packet")
    func packetCounter() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            var packetCount = 0;
            var totalKB = 0;
            function onPacketCaptured(info) {
                packetCount++;
                totalKB += info.length / 1000;
            }
            jobs.schedule("log-packet-count", "0 */1 * * * *", function () { console.log(packetCount, totalKB); });
            function onHubAction() { jobs.run("log-packet-count"); }
            """)
        for _ in 0..<10 { bench.engine.deliver(batch(0..<256)) }
        await bench.engine.untilIdle()
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        #expect(await bench.recorder.until { $0.console.last?.hasPrefix("0 2560 326.") == true })
        // The line comes from inside the call, which counts when it ends.
        await bench.engine.untilIdle()
        #expect(bench.engine.statuses.map(\.calls) == [[.packetCaptured: 2560, .hubAction: 1]])
        await bench.engine.shutdown()
    }

    @Test("packet info has the promised fields, in JSON too")
    func packetInfo() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onPacketCaptured(info) {
                var keys = []; for (var k in info) keys.push(k);
                console.log(info, keys.sort().join(), info.timestamp);
            }
            """)
        bench.engine.deliver(batch(2..<3))
        bench.engine.deliver(batch(101..<102))
        await bench.engine.untilIdle()
        let time = "2023-11-14T22:13:20.123456789Z"
        #expect(
            bench.recorder.console == [
                #"0 {"timestamp":"\#(time)","captureLength":2,"length":2,"truncated":false,"fragmented":true} "#
                    + "captureLength,fragmented,length,timestamp,truncated \(time)",
                #"0 {"timestamp":"\#(time)","captureLength":100,"length":101,"truncated":true,"fragmented":false} "#
                    + "captureLength,fragmented,length,timestamp,truncated \(time)",
            ])
        await bench.engine.shutdown()
    }

    @Test("a hook that throws at one packet gets all others of the batch")
    func throwingPacket() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            var sum = 0;
            function onPacketCaptured(info) { if (info.length === 2) throw new Error("two"); sum += info.length; }
            function onHubAction() { console.log(sum); }
            """)
        bench.engine.deliver(batch(0..<5))
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == ["0! (hook=onPacketCaptured) Error: two at 0.js:2:73", "0 8"])
        await bench.engine.shutdown()
    }

    @Test("a hook with `batch` gets arrays of at most so many packets")
    func groups() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onPacketCaptured(list) { console.log(list.length, list[0].length); }
            onPacketCaptured.batch = 3;
            """)
        bench.engine.deliver(batch(0..<7))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["0 3 0", "0 3 3", "0 1 6"])
        await bench.engine.shutdown()
    }

    @Test("each script has its own copy of an item")
    func ownCopies() async throws {
        let bench = Bench()
        for index in 0..<2 {
            try await bench.load(
                index, "function onItemCaptured(d) { console.log(d.seen === undefined); d.seen = true; }")
        }
        await bench.item(#"{"text": "äöü"}"#)
        #expect(bench.recorder.console.sorted() == ["0 true", "1 true"])
        await bench.engine.shutdown()
    }

    @Test("hooks get what they are promised, and absent things as null")
    func hookArguments() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onHubAction(action, object, sender) { console.log(action, object, sender, arguments.length); }
            function onPodEvent(event, pod, change) { console.log(event, pod, change, arguments.length); }
            function onLogCall(level, msg) { console.log(level, msg); }
            """)
        bench.engine.deliver(.hubAction("a", object: Array("[1]".utf8), sender: Array(#"{"node":"n"}"#.utf8)))
        bench.engine.deliver(.podEvent("DELETED", pod: Array("{}".utf8), change: nil))
        bench.engine.deliver(
            .podEvent("MODIFIED", pod: Array("{}".utf8), change: Array(#"{"kind":"oom-killed"}"#.utf8)))
        bench.engine.deliver(.logCall(level: "info", message: "{}"))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                #"0 a [1] {"node":"n"} 3"#, "0 DELETED {} null 3", #"0 MODIFIED {} {"kind":"oom-killed"} 3"#,
                "0 info {}",
            ])
        await bench.engine.shutdown()
    }

    @Test("queried items pass through the scripts in order, and only objects replace them")
    func query() async throws {
        let bench = Bench()
        try await bench.load(2, "function onItemQueried(d, filter) { d.filter = filter; return test.pass(d); }")
        try await bench.load(0, "function onItemQueried(d) { d.secret = '[redacted]'; return d; }")
        try await bench.load(1, "function onItemQueried(d) { d.lost = 1; return 'text'; }")
        try await bench.load(3, "function onItemQueried(d) { throw new Error('no'); }")
        let item = await bench.engine.query(Array(#"{"secret":"s"}"#.utf8), filter: "http")
        #expect(
            item.map { String(decoding: $0, as: UTF8.self) }
                == #"{"secret":"[redacted]","filter":"http","passed":true}"#)
        await bench.engine.shutdown()
    }

    @Test(
        "an object that is no item is an error, and the item stays as it was",
        arguments: [
            "return [d];", "return { toJSON: function () { return 'text'; } };",
            "return { toJSON: function () {} };", "return { toJSON: function () { return [d]; } };",
        ])
    func noItem(body: String) async throws {
        let bench = Bench()
        try await bench.load(0, "function onItemQueried(d) { \(body) }")
        #expect(await bench.engine.query(Array(#"{"n":1}"#.utf8)) == Array(#"{"n":1}"#.utf8))
        #expect(bench.recorder.failures.map(\.text) == ["TypeError: onItemQueried returned an object that is no item"])
        await bench.engine.shutdown()
    }

    @Test("what a script that redacts could not look at is withheld, also while it is in quarantine")
    func redaction() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        let item = Array(#"{"secret":"s"}"#.utf8)
        let source = """
            function onItemQueried(d) {
              if (d.fails) throw new Error("no");
              while (d.loops) {}
              d.secret = "[redacted]";
              return d;
            }
            onItemQueried.redacts = true;
            """
        try await bench.load(0, source)
        #expect(await bench.engine.query(item) == Array(#"{"secret":"[redacted]"}"#.utf8))
        #expect(await bench.engine.query(Array(#"{"secret":"s","fails":true}"#.utf8)) == nil)
        for _ in 0..<3 { #expect(await bench.engine.query(Array(#"{"secret":"s","loops":true}"#.utf8)) == nil) }
        #expect(await bench.recorder.until { $0.quarantined == [0] })
        #expect(await bench.engine.query(item) == nil)
        try await bench.load(0, source + "// edited")
        #expect(await bench.engine.query(item) == Array(#"{"secret":"[redacted]"}"#.utf8))
        // Whoever removes the script wants to see the items.
        await bench.engine.unload(0)
        #expect(await bench.engine.query(item) == item)
        await bench.engine.shutdown()
    }

    @Test("a slow script loses its oldest items, says so, and keeps what tells of a crash")
    func overflow() async throws {
        let gate = Gate()
        let bench = Bench {
            $0.budget.queueCount = 3
            $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }]
        }
        try await bench.load(
            0,
            """
            function onItemCaptured(d) { console.log(d.n); if (d.n === 0) hold(); }
            function onPodEvent(event, pod, change) { console.log(event); }
            """)
        func item(_ n: Int) { bench.engine.deliver(.itemCaptured(Array("{\"n\": \(n)}".utf8))) }
        item(0)
        #expect(await gate.untilEntered())
        bench.engine.deliver(.podEvent("CRASH", pod: Array("{}".utf8), change: Array("{}".utf8)))
        for n in 1...4 { item(n) }
        gate.open()
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                "0 0", "0 CRASH", "0 3", "0 4",
                "0! 2 calls dropped: the script is slower than its events (queueCount, queueBytes)",
            ])
        #expect(bench.engine.statuses.map(\.dropped) == [2])
        await bench.engine.shutdown()
    }

    @Test("nothing is queued for hooks that no script has")
    func noHook() async throws {
        let bench = Bench()
        try await bench.load(0, "function onPodEvent() {}")
        #expect(bench.engine.hooks == [.init(.podEvent)])
        bench.engine.deliver(batch(0..<9))
        await bench.item()
        #expect(bench.engine.statuses.map(\.calls) == [[:]])
        await bench.engine.shutdown()
    }
}
