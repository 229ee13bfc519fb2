import Testing

@testable import ScriptRuntime

@Suite("Hot swap")
struct SwapTests {
    @Test("a new version takes over, and the state of the old one is gone")
    func swap() async throws {
        let bench = Bench()
        try await bench.load(0, "var n = 0; function onItemCaptured() { console.log('a', ++n); }")
        await bench.item()
        await bench.item()
        try await bench.load(0, "var n = 0; function onItemCaptured() { console.log('b', ++n); }")
        await bench.item()
        #expect(bench.recorder.console == ["0 a 1", "0 a 2", "0 b 1"])
        await bench.engine.shutdown()
    }

    @Test("good, bad, the same good again: the good one runs on with its state")
    func goodBadGood() async throws {
        let bench = Bench()
        let good = "var n = 0; function onItemCaptured() { console.log(++n); }"
        try await bench.load(0, good)
        await bench.item()
        for bad in ["function onItemCaptured( {", "throw new Error('no');", "nothing.here;"] {
            await #expect(throws: ScriptFailure.self) { try await bench.load(0, bad) }
            await bench.item()
        }
        #expect(try await bench.load(0, good).isNew == false)
        await bench.item()
        #expect(bench.recorder.console.filter { !$0.hasPrefix("0!") } == ["0 1", "0 2", "0 3", "0 4", "0 5"])
        await bench.engine.shutdown()
    }

    @Test("a new title alone loses no state")
    func rename() async throws {
        let bench = Bench()
        let source = "var n = 0; function onItemCaptured() { console.log(++n); }"
        try await bench.load(0, source, title: "old.js")
        await bench.item()
        #expect(try await bench.load(0, source, title: "new.js").isNew == false)
        await bench.item()
        #expect(bench.recorder.console == ["0 1", "0 2"])
        #expect(bench.engine.statuses.map(\.script.title) == ["new.js"])
        await bench.engine.shutdown()
    }

    @Test("a top level that throws takes back its jobs, timers and shared names")
    func rollback() async throws {
        let bench = Bench()
        try await bench.load(9, "function onItemCaptured() { console.log(typeof fresh, kept, jobs.list()); }")
        try await bench.load(0, "this.kept = 'old'; jobs.schedule('kept', '0 0 0 1 1 *', function () {});")
        await #expect(throws: ScriptFailure.self) {
            try await bench.load(
                0,
                """
                this.kept = 'new'; this.fresh = 1;
                jobs.removeAll;
                jobs.schedule('fresh', '* * * * * *', function () { console.log('job'); });
                setTimeout(function () { console.log('timer'); }, 1);
                throw new Error('at the end');
                """)
        }
        await bench.item()
        #expect(bench.recorder.console.last == #"9 undefined old ["kept"]"#)
        await bench.engine.shutdown()
        #expect(!bench.recorder.console.contains("0 timer"))
    }

    @Test("names, jobs and timers of the old version go with it")
    func oldThingsGo() async throws {
        let bench = Bench()
        try await bench.load(
            0, "this.a = 1; jobs.schedule('a', '0 0 0 1 1 *', function () {}); setInterval(function () {}, 1);")
        try await bench.load(
            0, "console.log(typeof a, jobs.list()); this.b = 1; jobs.schedule('b', '0 0 0 1 1 *', function () {});")
        try await bench.load(1, "console.log(typeof a, typeof b, jobs.list());")
        let lines = bench.recorder.console.filter { !$0.contains("Scheduled") }
        #expect(lines == ["0 undefined []", #"1 undefined number ["b"]"#])
        await bench.engine.shutdown()
    }

    @Test("while versions change, every event reaches exactly one of them, in order")
    func nothingIsLostOrDoubled() async throws {
        let bench = Bench { $0.budget.consoleBurst = 100_000 }
        func source(_ version: Int) -> String {
            "function onItemCaptured(d) { console.log(d.n); } // \(version)"
        }
        try await bench.load(0, source(0))
        let count = 2000
        async let swaps: Void = {
            for version in 1...10 { try await bench.load(0, source(version)) }
        }()
        for n in 0..<count {
            bench.engine.deliver(.itemCaptured(Array("{\"n\": \(n)}".utf8)))
            if n % 50 == 0 { await Task.yield() }
        }
        try await swaps
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == (0..<count).map { "0 \($0)" })
        #expect(bench.engine.statuses.map(\.calls) == [[.itemCaptured: count]])
        await bench.engine.shutdown()
    }

    @Test("a version that is busy for ever makes way for the next one")
    func busyVersionMakesWay() async throws {
        let bench = Bench { $0.budget.replacementGrace = .milliseconds(50) }
        try await bench.load(0, "function onItemCaptured() { console.log('in'); for (;;) {} }")
        bench.engine.deliver(.itemCaptured(Array("{}".utf8)))
        #expect(await bench.recorder.until { $0.console == ["0 in"] })
        try await bench.load(0, "function onItemCaptured() { console.log('next'); }")
        await bench.item()
        #expect(bench.recorder.console == ["0 in", "0 next"])
        #expect(bench.recorder.failures == [])
        await bench.engine.shutdown()
    }

    @Test("the old version serves events while the new one is still in its top level")
    func oldServesWhileNewLoads() async throws {
        let hold = Gate()
        let bench = Bench { $0.helpers = [HostFunction("hold", waits: true) { _ in hold.wait() }] }
        try await bench.load(0, "function onItemCaptured() { console.log('old'); }")
        async let loading = bench.load(0, "hold(); function onItemCaptured() { console.log('new'); }")
        #expect(await hold.untilEntered())
        await bench.item()
        hold.open()
        _ = try await loading
        await bench.item()
        #expect(bench.recorder.console == ["0 old", "0 new"])
        await bench.engine.shutdown()
    }
}
