import Testing

@testable import ScriptRuntime

/// Scripts that mean harm or know no better. In each test another script goes on, and the message names the culprit.
@Suite("Torture", .serialized)
struct TortureTests {
    /// Loads a neighbour and a script that misbehaves in its hook, sends an item to both, and says what the neighbour
    /// printed and what became of the other.
    private func torture(
        _ hookBody: String, _ configure: (inout ScriptEngineConfiguration) -> Void = { _ in }
    ) async throws -> (neighbour: [String], failures: [ScriptFailure]) {
        let bench = Bench {
            shortBudget(&$0.budget)
            configure(&$0)
        }
        try await bench.load(1, "function onItemCaptured(d) { console.log('well', d.n); }")
        try await bench.load(0, "function onItemCaptured() { \(hookBody) }", title: "bad.js")
        await bench.item(#"{"n": 1}"#)
        await bench.item(#"{"n": 2}"#)
        let neighbour = bench.recorder.console.filter { $0.hasPrefix("1 ") }
        #expect(bench.engine.statuses.last?.isRunning == true)
        await bench.engine.shutdown()
        return (neighbour, bench.recorder.failures)
    }

    @Test(
        "a loop without end is stopped, past every catch and finally, and the script stays",
        arguments: [
            "for (;;) {}",
            "for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } }",
            "try { for (;;) {} } finally { for (;;) {} }",
            "var a = []; for (;;) { a.length = 0; a.push({}); }",
            "var a = []; for (var i = 0; i < 1000; i++) a.push(i); for (;;) a.sort(function () { return Math.random() - 0.5; });",
            "for (;;) console.log;",
            "for (;;) { try { null.x; } catch (e) {} }",
        ])
    func endlessLoops(body: String) async throws {
        let (neighbour, failures) = try await torture(body)
        #expect(neighbour == ["1 well 1", "1 well 2"])
        #expect(
            failures.map(\.description) == [
                "(hook=onItemCaptured) stopped after computing for 0.15 seconds: does it loop for ever?",
                "(hook=onItemCaptured) stopped after computing for 0.15 seconds: does it loop for ever?",
            ])
        #expect(failures.map(\.script.title) == ["bad.js", "bad.js"])
    }

    @Test("a regular expression that explodes ends, and the call with it")
    func explodingExpression() async throws {
        let (neighbour, failures) = try await torture(
            "/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'); for (;;) {}")
        #expect(neighbour == ["1 well 1", "1 well 2"])
        #expect(failures.count == 2)
    }

    @Test("a recursion without end is a RangeError that the script can catch")
    func endlessRecursion() async throws {
        let (neighbour, failures) = try await torture("(function f() { f(); })();")
        #expect(neighbour == ["1 well 1", "1 well 2"])
        #expect(failures.map(\.text) == Array(repeating: "RangeError: Maximum call stack size exceeded.", count: 2))
        #expect(failures.first?.stack.count == 20)
    }

    @Test("a heap that grows without end is stopped at its limit, and given back")
    func allocationBomb() async throws {
        let (neighbour, failures) = try await torture(
            "var a = []; for (;;) a.push({ n: a.length, t: 't' + a.length });"
        ) {
            $0.budget.memory = 48 << 20
            $0.budget.hookCompute = .seconds(30)
        }
        #expect(neighbour == ["1 well 1", "1 well 2"])
        #expect(failures.map(\.reason) == Array(repeating: .stopped(.memory(limit: 48 << 20)), count: 2))
    }

    @Test("texts of gigabytes in one native step are refused")
    func longTexts() async throws {
        let lines = try await Bench.run(
            """
            function attempt(f) { try { f(); return "done"; } catch (e) { return e.name; } }
            console.log(attempt(function () { new Array(3e8).join("xx"); }), attempt(function () { "x".repeat(1.5e9); }),
                attempt(function () { "x".padEnd(1.5e9); }), [1, 2, 3].join("-"), "ab".repeat(2));
            """)
        #expect(lines == ["0 RangeError RangeError RangeError 1-2-3 abab"])
    }

    @Test("a script that keeps more than its memory is put into quarantine, and comes back with its next edit")
    func hoarder() async throws {
        let bench = Bench {
            $0.budget.memory = 32 << 20
            $0.budget.hookCompute = .seconds(30)
        }
        try await bench.load(0, "var a = []; function onItemCaptured() { for (;;) a.push({ n: 1, t: [1] }); }")
        for _ in 0..<3 { await bench.item() }
        #expect(await bench.recorder.until { $0.quarantined == [0] })
        #expect(bench.engine.hooks == [])
        try await bench.load(0, "function onItemCaptured() { console.log('back'); }")
        await bench.item()
        #expect(bench.recorder.console.last == "0 back")
        await bench.engine.shutdown()
    }

    @Test("breach after breach ends in quarantine with a reason; the same text stays out, an edit comes in")
    func quarantine() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        let bad = "function onItemCaptured() { for (;;) {} }"
        try await bench.load(0, bad)
        for _ in 0..<3 { await bench.item() }
        #expect(await bench.recorder.until { $0.quarantined == [0] })
        let reason = bench.engine.statuses.first?.quarantine
        #expect(
            reason == """
                3 calls broke a budget within 600.0 seconds, the last (hook=onItemCaptured) was stopped after computing \
                for 0.15 seconds: does it loop for ever?; edit the script to start it again
                """)
        #expect(bench.recorder.console.last == "0! in quarantine: \(reason ?? "")")
        #expect(try await bench.load(0, bad).isNew == false)
        #expect(bench.engine.statuses.map(\.isRunning) == [false])
        try await bench.load(0, "function onItemCaptured() { console.log('better'); }")
        await bench.item()
        #expect(bench.recorder.console.last == "0 better")
        #expect(bench.engine.statuses.map(\.quarantine) == [nil])
        await bench.engine.shutdown()
    }

    @Test("a top level without end is stopped, and the script refused")
    func endlessTopLevel() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(0, "try { for (;;) {} } catch (e) {}")
        }
        #expect(failure?.reason == .stopped(.compute(limit: .milliseconds(300))))
        #expect(bench.engine.statuses.map(\.isRunning) == [false])
    }

    @Test("a job without end is stopped, onJobFailed hears of it, and the schedule goes on")
    func endlessJob() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        try await bench.load(
            0,
            """
            jobs.schedule("Loop Job", "0 0 0 1 1 *", function () { for (;;) {} });
            function onJobFailed(tag, cron, limit, err) { console.log(tag, cron, limit, err, jobs.list()); }
            jobs.run("Loop Job");
            """)
        #expect(await bench.recorder.until { $0.console.contains { $0.hasPrefix("0 loop-job") } })
        #expect(
            bench.recorder.console.suffix(2) == [
                "0! (job=loop-job) stopped after computing for 0.3 seconds: does it loop for ever?",
                #"0 loop-job 0 0 0 1 1 * 0 stopped after computing for 0.3 seconds: does it loop for ever? ["loop-job"]"#,
            ])
        await bench.engine.shutdown()
    }

    @Test("a flood of console messages is cut to its rate, and says how many were dropped")
    func consoleFlood() async throws {
        let bench = Bench {
            $0.budget.consoleBurst = 50
            $0.budget.consoleRate = 10
        }
        try await bench.load(0, "function onItemCaptured() { for (var i = 0; i < 100000; i++) console.log(i); }")
        await bench.item()
        #expect(await bench.recorder.until { $0.console.contains { $0.contains("console messages dropped") } })
        let printed = bench.recorder.console.filter { !$0.hasPrefix("0!") }
        #expect(Array(printed.prefix(50)) == (0..<50).map { "0 \($0)" })
        #expect(printed.count < 1000)
        await bench.engine.shutdown()
    }

    @Test("a script that tampers with prototypes harms only itself")
    func tampering() async throws {
        let bench = Bench()
        try await bench.load(
            1, "function onItemCaptured() { console.log([1, 2].join(), ({}).extra, JSON.stringify([1])); }")
        try await bench.load(
            0,
            """
            Object.prototype.extra = 1;
            Array.prototype.join = Array.prototype.push = String.prototype.slice = null;
            Object.defineProperty(Array.prototype, "0", { set: function () { throw new Error("trap"); } });
            Function.prototype.apply = null;
            JSON.stringify = JSON.parse = Object.keys = String = Error = null;
            console.log("still", { a: [1] }, "prints");
            var n = 0;
            function onItemCaptured() { console.log(++n); }
            """)
        await bench.item()
        await bench.item()
        let lines = bench.recorder.console
        #expect(lines.filter { $0.hasPrefix("1") } == ["1 1,2 undefined [1]", "1 1,2 undefined [1]"])
        #expect(lines.filter { $0.hasPrefix("0") } == [#"0 still {"a":[1]} prints"#, "0 1", "0 2"])
        await bench.engine.shutdown()
    }

    @Test("helpers cannot be replaced, neither by name nor by member")
    func helpersStay() async throws {
        let lines = try await Bench.run(
            """
            this.console = null; console.log = null; jobs = null; setTimeout = null;
            delete this.console;
            console.log(typeof console.log, typeof jobs.schedule, typeof setTimeout);
            """)
        #expect(lines == ["0 function function function"])
    }

    @Test(
        "whatever is thrown becomes a message",
        arguments: [
            ("throw null;", "null"), ("throw undefined;", "undefined"), ("throw 0;", "0"), ("throw '';", ""),
            ("throw { code: 1 };", #"{"code":1}"#), ("throw [1];", "[1]"), ("throw function f() {};", "[function f]"),
            ("throw { toString: function () { throw 1; }, toJSON: function () { throw 2; } };", "[unprintable object]"),
            ("var e = new Error('m'); e.stack = { odd: 1 }; e.line = 'x'; throw e;", "Error: m"),
            ("var e = new Error(); e.name = ''; throw e;", ""),
            ("throw Object.create(null);", "{}"),
            ("var e = new TypeError('a\\nb'); throw e;", "TypeError: a\nb"),
        ])
    func oddThrows(body: String, text: String) async throws {
        let (neighbour, failures) = try await torture(body)
        #expect(neighbour == ["1 well 1", "1 well 2"])
        #expect(failures.map(\.text) == [text, text])
    }

    @Test("timers beyond the limit are refused, and the limit named")
    func timerLimit() async throws {
        let lines = try await Bench.run(
            """
            var n = 0;
            try { for (;;) { setTimeout(function () {}, 100000); n++; } } catch (e) { console.log(n, String(e), e.code); }
            """
        ) { $0.budget.timers = 10 }
        #expect(lines == ["0 10 Error: 10 timers are set already, which is the limit (timers) TIMERS"])
    }

    @Test("a timer that sets itself anew without delay keeps no hook from running")
    func timerStorm() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            (function again() { setTimeout(again, 0); })();
            setInterval(function () {}, 0);
            function onItemCaptured(d) { console.log(d.n); }
            """)
        for n in 0..<3 { bench.engine.deliver(.itemCaptured(Array("{\"n\": \(n)}".utf8))) }
        #expect(await bench.recorder.until { $0.console == ["0 0", "0 1", "0 2"] })
        await bench.engine.shutdown()
    }

    @Test("a packet at which the hook never ends costs that packet alone")
    func endlessPacket() async throws {
        let bench = Bench {
            shortBudget(&$0.budget)
            $0.budget.strikes = 10
        }
        try await bench.load(
            0,
            """
            var seen = 0;
            function onPacketCaptured(info) { seen++; if (info.length === 3) for (;;) {} }
            function onItemCaptured() { console.log(seen); }
            """)
        var batch = PacketBatch()
        for length in 0..<6 {
            batch.append(seconds: 0, nanoseconds: 0, captureLength: 0, length: length, isFragment: false)
        }
        bench.engine.deliver(batch)
        await bench.item()
        #expect(bench.recorder.failures.map(\.reason) == [.stopped(.compute(limit: .milliseconds(150)))])
        #expect(bench.recorder.console.last == "0 6")
        await bench.engine.shutdown()
    }
}
