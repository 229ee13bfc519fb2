import Testing

@testable import ScriptRuntime

@Suite("Jobs and timers")
struct JobTests {
    @Test("a job runs each second until its limit, gets its arguments, and onJobPassed hears of it in all scripts")
    func job() async throws {
        let bench = Bench()
        try await bench.load(1, "function onJobPassed(tag, cron, limit) { console.log('passed', tag, cron, limit); }")
        try await bench.load(
            0,
            """
            jobs.schedule("My Job", "* * * * * *", function (a, b) { console.log("run", a, b, jobs.list()); }, 2, "x", 7);
            console.log(jobs.list());
            """)
        #expect(await bench.recorder.until { $0.console.count { $0.hasPrefix("1 passed") } == 2 })
        #expect(
            bench.recorder.console.filter { $0.hasPrefix("0") } == [
                #"0 Scheduled the job: "My Job" for cron: "* * * * * *" (limit: 2)"#, #"0 ["my-job"]"#,
                #"0 run x 7 ["my-job"]"#, #"0 run x 7 ["my-job"]"#,
            ])
        #expect(bench.recorder.console.contains("1 passed my-job * * * * * * 2"))
        #expect(bench.engine.jobs(of: 0).isEmpty)
        await bench.engine.shutdown()
    }

    @Test("a job that throws is reported, onJobFailed gets the message, and later runs come")
    func failingJob() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            jobs.schedule("bad", "* * * * * *", function () { throw new TypeError("boom"); });
            function onJobFailed(tag, cron, limit, err) { console.log(tag, cron, limit, err); }
            """)
        #expect(await bench.recorder.until { $0.console.count { $0 == "0 bad * * * * * * 0 boom" } >= 2 })
        #expect(bench.recorder.failures.first?.description == "(job=bad) TypeError: boom at 0.js:1:70")
        await bench.engine.shutdown()
    }

    @Test("an error in a job hook is reported and triggers no job hook")
    func failingJobHook() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            jobs.schedule("j", "0 0 0 1 1 *", function () {});
            function onJobPassed() { throw new Error("hook"); }
            function onJobFailed() { console.log("never"); }
            jobs.run("j");
            """)
        #expect(await bench.recorder.until { $0.failures.count == 1 })
        await bench.engine.untilIdle()
        #expect(bench.recorder.failures.map(\.text) == ["Error: hook"])
        #expect(!bench.recorder.console.contains("0 never"))
        await bench.engine.shutdown()
    }

    @Test("jobs.* does what its notices say, first to the own script's jobs, then to those of others")
    func verbs() async throws {
        let bench = Bench()
        try await bench.load(
            1,
            """
            jobs.schedule("shared tag", "0 0 0 1 1 *", function () { console.log("other ran"); });
            jobs.schedule("own", "0 0 0 1 1 *", function () { console.log("other's own ran"); });
            """)
        try await bench.load(
            0,
            """
            jobs.schedule("own", "0 0 0 1 1 *", function () { console.log("own ran"); });
            console.log(jobs.list());
            jobs.run("own"); jobs.run("Shared Tag");
            try { jobs.run("nobody"); } catch (e) { console.log(String(e)); }
            try { jobs.remove("nobody"); } catch (e) { console.log(String(e)); }
            try { jobs.schedule("five", "* * * * *", function () {}); } catch (e) { console.log(String(e)); }
            try { jobs.schedule("none", "* * * * * *"); } catch (e) { console.log(String(e)); }
            """)
        #expect(await bench.recorder.until { $0.console.contains("0 own ran") && $0.console.contains("1 other ran") })
        #expect(
            bench.recorder.console.filter { $0.hasPrefix("0") } == [
                #"0 Scheduled the job: "own" for cron: "0 0 0 1 1 *" (limit: infinite)"#,
                #"0 ["own","shared-tag","own"]"#, #"0 Triggered the job: "own""#, #"0 Triggered the job: "Shared Tag""#,
                "0 Error: no jobs found with given tag: nobody", "0 Error: no jobs found with given tag: nobody",
                """
                0 Error: cron expression failed to be parsed: expected exactly 6 fields, found 5: [* * * * *]: put the \
                seconds in front, as in 0 * * * * *
                """,
                "0 TypeError: jobs.schedule: argument 3 (task) is not a function", "0 own ran",
            ])
        try await bench.load(
            2, "jobs.remove('own'); console.log(jobs.list()); jobs.removeAll(); console.log(jobs.list());")
        #expect(
            bench.recorder.console.suffix(4) == [
                #"2 Removed the job: "own""#, #"2 ["own","shared-tag"]"#, "2 All jobs are removed.", "2 []",
            ]
                || bench.recorder.console.suffix(4) == [
                    #"2 Removed the job: "own""#, #"2 ["shared-tag","own"]"#, "2 All jobs are removed.", "2 []",
                ])
        await bench.engine.shutdown()
    }

    @Test("a stopped scheduler triggers nothing, from inside a job too, and starts again")
    func scheduler() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            jobs.schedule("tick", "* * * * * *", function () {
                jobs.scheduler.stop();
                console.log("tick", jobs.scheduler.isRunning());
                jobs.run("tick");
            });
            function onHubAction() { jobs.scheduler.start(); console.log(jobs.scheduler.isRunning()); }
            """)
        #expect(await bench.recorder.until { $0.console.contains("0 tick false") })
        bench.engine.deliver(.hubAction("go", object: nil, sender: nil))
        #expect(await bench.recorder.until { $0.console.count { $0 == "0 tick false" } == 2 })
        #expect(bench.recorder.console.contains("0 true"))
        await bench.engine.shutdown()
    }

    @Test("while a job waits in a helper, hooks and timers of its script run, and nothing else comes between")
    func interleaving() async throws {
        let gate = Gate()
        let bench = Bench { $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }] }
        try await bench.load(
            0,
            """
            var log = [];
            jobs.schedule("a", "0 0 0 1 1 *", function () {
                log.push("a begins"); setTimeout(function () { log.push("timer"); }, 0);
                log.push("helper " + hold()); log.push("a ends");
            });
            jobs.schedule("b", "0 0 0 1 1 *", function () { log.push("b"); console.log(log.join(", ")); });
            function onItemCaptured() { log.push("hook"); console.log("hook ran"); }
            jobs.run("a"); jobs.run("b");
            """)
        #expect(await gate.untilEntered())
        bench.engine.deliver(.itemCaptured(Array("{}".utf8)))
        #expect(await bench.recorder.until { $0.console.contains("0 hook ran") })
        gate.open()
        #expect(await bench.recorder.until { $0.console.last?.hasSuffix(", b") == true })
        let log = bench.recorder.console.last
        #expect(
            log == "0 a begins, timer, hook, helper true, a ends, b"
                || log == "0 a begins, hook, timer, helper true, a ends, b")
        await bench.engine.shutdown()
    }

    @Test("a hook that waits in a helper lets nothing of its own script in, and other scripts go on")
    func hooksWaitAlone() async throws {
        let gate = Gate()
        let bench = Bench { $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }] }
        try await bench.load(
            0, "function onItemCaptured(d) { console.log('in', d.n); if (d.n === 1) hold(); console.log('out', d.n); }")
        try await bench.load(1, "function onItemCaptured(d) { console.log(d.n); }")
        for n in 1...2 { bench.engine.deliver(.itemCaptured(Array("{\"n\": \(n)}".utf8))) }
        #expect(await gate.untilEntered())
        #expect(await bench.recorder.until { $0.console.contains("1 2") })
        #expect(bench.recorder.console.filter { $0.hasPrefix("0") } == ["0 in 1"])
        gate.open()
        await bench.engine.untilIdle()
        #expect(bench.recorder.console.filter { $0.hasPrefix("0") } == ["0 in 1", "0 out 1", "0 in 2", "0 out 2"])
        await bench.engine.shutdown()
    }

    @Test("a hook that breaks its budget while a job waits ends the job too, and both run again")
    func breachInsideJob() async throws {
        let gate = Gate()
        let bench = Bench {
            shortBudget(&$0.budget)
            $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }]
        }
        try await bench.load(
            0,
            """
            jobs.schedule("j", "0 0 0 1 1 *", function () { hold(); console.log("job ends"); });
            function onItemCaptured(d) { if (d.loop) for (;;) {} console.log("hook"); }
            function onHubAction() { jobs.run("j"); }
            jobs.run("j");
            """)
        #expect(await gate.untilEntered())
        bench.engine.deliver(.itemCaptured(Array(#"{"loop":true}"#.utf8)))
        #expect(await bench.recorder.until { $0.failures.count == 2 })
        #expect(
            bench.recorder.failures.map(\.description) == [
                "(hook=onItemCaptured) stopped after computing for 0.15 seconds: does it loop for ever?",
                "(job=j) stopped because a call that ran while it waited had to be stopped",
            ])
        gate.open()
        await bench.item()
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        #expect(await bench.recorder.until { $0.console.last == "0 job ends" })
        #expect(bench.recorder.console.contains("0 hook"))
        await bench.engine.shutdown()
    }

    @Test("timers fire in the order in which they are due, repeat, end when told, and pass their arguments")
    func timers() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            setTimeout(function (a) { console.log("second", a); }, 20, "x");
            setTimeout(function () { console.log("first"); }, 0);
            clearTimeout(setTimeout(function () { console.log("never"); }, 5));
            var n = 0, id = setInterval(function () { if (++n === 3) { clearInterval(id); console.log("three"); } }, 25);
            """)
        #expect(await bench.recorder.until { $0.console.contains("0 three") })
        #expect(bench.recorder.console == ["0 first", "0 second x", "0 three"])
        await bench.engine.shutdown()
    }

    @Test("an error in a timer goes to the console like that of a job")
    func failingTimer() async throws {
        let bench = Bench()
        try await bench.load(0, "setTimeout(function () {\n  throw new Error('late');\n}, 0);")
        #expect(await bench.recorder.until { !$0.failures.isEmpty })
        #expect(bench.recorder.console == ["0! (timer) Error: late at 0.js:2:18"])
        await bench.engine.shutdown()
    }
}
