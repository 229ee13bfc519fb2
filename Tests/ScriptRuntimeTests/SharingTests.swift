import Testing

@testable import ScriptRuntime

@Suite("Names shared through `this`")
struct SharingTests {
    @Test("a name set on `this` is seen by other scripts as a name and on their `this`, with its present value")
    func sharing() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            this.counter = 1;
            this.stats = { list: [1, 2], deep: { n: 0 } };
            function init() { this.byCall = "called"; }
            init();
            function onHubAction() { this.counter++; stats.deep.n = counter; stats.list.push(3); }
            """)
        try await bench.load(
            1, "function onItemCaptured() { console.log(counter, this.counter, byCall, stats, stats.list.length); }")
        await bench.item()
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        await bench.item()
        #expect(
            bench.recorder.console == [
                #"1 1 1 called {"list":[1,2],"deep":{"n":0}} 2"#, #"1 2 2 called {"list":[1,2,3],"deep":{"n":2}} 3"#,
            ])
        await bench.engine.shutdown()
    }

    @Test("objects are shared for writing too, arrays behave like arrays, and an object is itself")
    func writing() async throws {
        let bench = Bench()
        try await bench.load(0, "this.box = { items: ['a'] }; function onHubAction() { console.log(box, box.items); }")
        try await bench.load(
            1,
            """
            box.items.push("b"); box.items[3] = { x: 1 }; box.extra = true; delete box.none;
            console.log(Array.isArray(box.items), box.items === box.items, box.items.map(String).join(), "extra" in box,
                Object.keys(box), box.items.length);
            box.items.length = 1;
            """)
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(
            bench.recorder.console == [
                #"1 true true a,b,undefined,[object Object] true ["items","extra"] 4"#,
                #"0 {"items":["a"],"extra":true} ["a"]"#,
            ])
        await bench.engine.shutdown()
    }

    @Test("a shared function runs in its own script, with copies of arguments and result")
    func functions() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            var calls = 0;
            this.add = function (a, b) { calls++; return { sum: a.n + b.n, calls: calls }; };
            this.fail = function () { throw new Error("inside"); };
            """)
        try await bench.load(
            1,
            """
            console.log(typeof add, add({ n: 1 }, { n: 2 }), add({ n: 5 }, { n: 5 }));
            try { fail(); } catch (e) { console.log(String(e), e instanceof Error); }
            """)
        #expect(
            bench.recorder.console == [
                #"1 function {"sum":3,"calls":1} {"sum":10,"calls":2}"#, "1 Error: inside true",
            ])
        await bench.engine.shutdown()
    }

    @Test("two scripts that call each other do not wait for ever")
    func mutualCalls() async throws {
        let bench = Bench()
        try await bench.load(0, "this.ping = function (n) { return n === 0 ? 'done' : pong(n - 1); };")
        try await bench.load(1, "this.pong = function (n) { return n === 0 ? 'done' : ping(n - 1); };")
        try await bench.load(2, "function onItemCaptured() { console.log(ping(6)); }")
        await bench.item()
        #expect(bench.recorder.console == ["2 done"])
        await bench.engine.shutdown()
    }

    @Test("names go with the script that set them, and functions of a script that is gone say so")
    func removal() async throws {
        let bench = Bench()
        try await bench.load(0, "this.f = function () {}; this.gone = 1;")
        try await bench.load(
            1,
            """
            var kept = f;
            function onItemCaptured() {
                console.log(typeof gone, typeof f);
                try { kept(); } catch (e) { console.log(e.code); }
            }
            """)
        await bench.item()
        await bench.engine.unload(0)
        await bench.item()
        #expect(bench.recorder.console == ["1 number function", "1 undefined undefined", "1 GONE"])
        await bench.engine.shutdown()
    }

    @Test("a name without `var` stays the script's own, and a declared name hides a shared one")
    func scopes() async throws {
        let bench = Bench()
        try await bench.load(
            0, "this.visible = 'shared'; leaked = 'mine'; function onHubAction() { console.log(leaked); }")
        try await bench.load(1, "var visible = 'own'; console.log(visible, this.visible, typeof leaked);")
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["1 own shared undefined", "0 mine"])
        await bench.engine.shutdown()
    }

    @Test("a name that is deleted is gone for all, and assigning to a shared name changes it for all")
    func deletingAndAssigning() async throws {
        let bench = Bench()
        try await bench.load(0, "this.a = 1; this.b = 1;")
        try await bench.load(1, "function onHubAction() { b = 2; delete this.a; }")
        bench.engine.deliver(.hubAction("", object: nil, sender: nil))
        await bench.engine.untilIdle()
        try await bench.load(2, "console.log(typeof a, b);")
        #expect(bench.recorder.console == ["2 undefined 2"])
        await bench.engine.shutdown()
    }

    @Test("what scripts share is bounded")
    func bounded() async throws {
        let bench = Bench { $0.budget.sharedValues = 100 }
        try await bench.load(0, "this.list = []; function onItemCaptured() { for (;;) list.push(1); }")
        await bench.item()
        #expect(
            bench.recorder.failures.map(\.text) == [
                "RangeError: scripts share 100 values through `this` already, which is the limit (sharedValues)"
            ])
        await bench.engine.shutdown()
    }
}
