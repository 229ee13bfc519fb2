import Testing

@testable import ScriptRuntime

/// Every kind of loop without end, in every place where a script can run: each is stopped, and none keeps another
/// script waiting.
///
/// Run them over and over after an update of the library: what stops a loop depends on how it was compiled, and on when
/// the question comes.
@Suite("Endless loops", .serialized)
struct EndlessLoopTests {
    static let loops = [
        // Plain, and with everything that could catch the end.
        "for (;;) {}",
        "do { var i = 0; while (i < 1000) i++; } while (true);",
        "for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } }",
        "try { for (;;) {} } finally { for (;;) {} }",
        "for (;;) { try { return; } finally { continue; } }",
        "a: for (;;) { b: for (;;) { try { continue a; } catch (e) { continue b; } finally { continue a; } } }",
        // Errors thrown and caught: made by the script, by the library, by the engine.
        "for (;;) { try { throw 1; } catch (e) {} }",
        "for (;;) { try { throw new Error('x'); } catch (e) { e.stack; } }",
        "for (;;) { try { null.x; } catch (e) {} }",
        "for (;;) { try { undefinedName; } catch (e) { String(e); } }",
        "for (;;) { try { eval('1'); } catch (e) {} }",
        "for (;;) { try { 'x'.repeat(-1); } catch (e) {} }",
        "for (;;) { try { jobs.run('none'); } catch (e) {} }",
        "for (;;) { try { JSON.parse('{'); } catch (e) {} }",
        "for (;;) { try { decodeURI('%'); new RegExp('('); } catch (e) {} }",
        // Stack overflows caught, in JavaScript and through native functions.
        "for (;;) { try { (function f() { f(); })(); } catch (e) {} }",
        "function g() { try { g(); } catch (e) {} } for (;;) g();",
        "for (;;) { try { (function f() { [1].forEach(f); })(); } catch (e) {} }",
        "for (;;) { try { (function f() { f.apply(null, [1]); })(); } catch (e) {} }",
        "var o = { toString: function () { return '' + o; } }; for (;;) { try { '' + o; } catch (e) {} }",
        "var d = []; for (var i = 0; i < 20000; i++) d = [d]; for (;;) { try { JSON.stringify(d); } catch (e) {} }",
        // Functions that native code calls.
        "[3, 2, 1].sort(function () { for (;;) {} });",
        "var a = []; for (var i = 0; i < 1000; i++) a.push(i); for (;;) a.sort(function () { return Math.random() - 0.5; });",
        "for (;;) { try { [2, 1].sort(function () { throw new Error('c'); }); } catch (e) {} }",
        "({ get x() { for (;;) {} } }).x;",
        "var o = { get x() { throw new TypeError('q'); } }; for (;;) { try { o.x; } catch (e) {} }",
        "'' + { toString: function () { for (;;) {} } };",
        "+{ valueOf: function () { for (;;) {} } };",
        "JSON.parse('[1,2]', function () { for (;;) {} });",
        "for (;;) { try { JSON.parse('[1]', function () { throw new Error('r'); }); } catch (e) {} }",
        "JSON.stringify({ toJSON: function () { for (;;) {} } });",
        "'aaa'.replace(/a/g, function () { for (;;) {} });",
        "[1].map(function () { for (;;) {} });",
        // Native steps, one after another, and calls of the engine.
        "for (;;) /(a+)+$/.test('aaaaaaaaaaaaaaaab');",
        "for (;;) 'a,b,c'.split(',').join('');",
        "for (;;) new Date().toISOString();",
        "for (;;) console.log('flood');",
        "for (;;) jobs.list();",
        "for (;;) { try { setTimeout(function () {}, 1e6); } catch (e) {} }",
        "for (;;) quick();",
        "for (;;) { try { fails(); } catch (e) {} }",
        // Garbage.
        "var a = []; for (;;) { a.length = 0; a.push({}); }",
        "for (;;) { var s = ''; for (var i = 0; i < 100; i++) s += i; }",
        "for (;;) (function () { return arguments.length; })(1, 2, 3);",
    ]

    private func bench() -> Bench {
        Bench {
            shortBudget(&$0.budget)
            $0.budget.strikes = 100
            $0.budget.consoleBurst = 10
            $0.helpers = [
                HostFunction("quick", waits: true) { _ in .undefined },
                HostFunction("fails", waits: true) { _ in throw HelperError("no") },
            ]
        }
    }

    private func isStopped(_ failure: ScriptFailure) -> Bool {
        if case .stopped(.compute) = failure.reason { true } else { false }
    }

    @Test("a loop in a hook is stopped, again and again", arguments: loops)
    func hook(loop: String) async throws {
        let bench = bench()
        try await bench.load(0, "function onItemCaptured() { \(loop) }", title: "bad.js")
        try await bench.load(1, "function onItemCaptured(d) { console.log('well'); }")
        for _ in 0..<2 { await bench.item() }
        #expect(bench.recorder.failures.map(isStopped) == [true, true])
        #expect(bench.recorder.failures.map(\.script.title) == ["bad.js", "bad.js"])
        #expect(bench.recorder.console.filter { $0 == "1 well" }.count == 2)
        await bench.engine.shutdown()
    }

    /// What runs a function `loop()` in a place, how a test gets there, and the place's name.
    private static let places = [
        ("setTimeout(loop, 0);", "timer"),
        ("var n = setInterval(function () { clearInterval(n); loop(); }, 1);", "timer"),
        ("jobs.schedule('j', '0 0 0 1 1 *', loop, 1); jobs.run('j');", "job=j"),
        (
            "jobs.schedule('j', '0 0 0 1 1 *', function () { while (!done) quick(); }, 1); var done = false; jobs.run('j');"
                + "setTimeout(function () { done = true; loop(); }, 50);", "timer"
        ),
        (
            "onJobPassed = loop; jobs.schedule('j', '0 0 0 1 1 *', function () {}, 1); jobs.run('j');",
            "hook=onJobPassed"
        ),
    ]

    private static let placedLoops = [
        "for (;;) {}", "for (;;) { try { null.x; } catch (e) {} finally { continue; } }",
        "for (;;) { try { (function f() { [1].forEach(f); })(); } catch (e) {} }",
    ]

    @Test("a loop in a timer, a job, or a call inside a waiting job is stopped", arguments: places, placedLoops)
    func place(place: (String, String), loop: String) async throws {
        let bench = bench()
        try await bench.load(
            0,
            "function loop() { \(loop) }\nvar onJobPassed;\n\(place.0)\nfunction onItemCaptured() { console.log('on'); }"
        )
        #expect(await bench.recorder.until { $0.failures.contains(where: isStopped) })
        #expect(bench.recorder.failures.first { isStopped($0) }?.place.description == place.1)
        await bench.item()
        #expect(
            await bench.recorder.until { $0.console.contains("0 on") },
            "\(bench.recorder.failures) \(bench.engine.statuses)")
        await bench.engine.shutdown()
    }

    @Test(
        "a loop at top level, in a query, or in a function that another script calls is stopped", arguments: placedLoops
    )
    func otherPlaces(loop: String) async throws {
        let bench = bench()
        let failure = await #expect(throws: ScriptFailure.self) { try await bench.load(0, loop) }
        #expect(failure.map(isStopped) == true)
        try await bench.load(1, "this.loop = function () { \(loop) }; function onItemQueried() { \(loop) }")
        let item = Array("{}".utf8)
        #expect(await bench.engine.query(item) == item)
        try await bench.load(2, "function onItemCaptured() { try { loop(); } catch (e) { console.log(e.code); } }")
        await bench.item()
        #expect(bench.recorder.console.contains("2 CALL"))
        #expect(bench.recorder.failures.map(isStopped) == [true, true])
        await bench.engine.shutdown()
    }
}
