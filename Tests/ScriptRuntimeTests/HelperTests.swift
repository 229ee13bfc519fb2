import JSON
import Testing

@testable import ScriptRuntime

@Suite("Helpers")
struct HelperTests {
    @Test("a helper gets copies of its arguments and gives a value back")
    func values() async throws {
        let lines = try await Bench.run(
            """
            console.log(vendor.echo({ a: [1, "x", null], f: function () {} }, 2), vendor.raw(), vendor.nothing());
            console.log(typeof vendor.echo, vendor.echo.call(null, 5), vendor.echo.apply(null, ["y"]));
            """
        ) {
            $0.helpers = [
                HostFunction("vendor.echo") { call in .json(.array(call.arguments.map { $0.json ?? .null })) },
                HostFunction("vendor.raw") { _ in .jsonText(Array(#"{"b":[true]}"#.utf8)) },
                HostFunction("vendor.nothing", waits: true) { _ in .undefined },
            ]
        }
        #expect(
            lines == [
                #"0 [{"a":[1,"x",null]},2] {"b":[true]} undefined"#, #"0 function [5] ["y"]"#,
            ])
    }

    @Test("what a helper throws is an Error with its code, status and body, for helpers that wait too")
    func errors() async throws {
        for waits in [false, true] {
            let lines = try await Bench.run(
                """
                try { fail(); } catch (e) {
                    console.log(String(e), e instanceof Error, e.code, e.status, e.body, e.message);
                }
                """
            ) {
                $0.helpers = [
                    HostFunction("fail", waits: waits) { _ in
                        throw HelperError("no such page", code: "HTTP_STATUS", status: 404, body: "gone")
                    }
                ]
            }
            #expect(lines == ["0 Error: no such page true HTTP_STATUS 404 gone no such page"])
        }
    }

    @Test("an error that a helper threw and nobody caught shows where the script called it")
    func uncaughtError() async throws {
        let bench = Bench {
            $0.helpers = [HostFunction("fail") { _ in throw HelperError("broken", name: "TypeError") }]
        }
        try await bench.load(0, "function onItemCaptured() {\n  fail();\n}")
        await bench.item()
        #expect(bench.recorder.failures.map(\.text) == ["TypeError: broken"])
        #expect(bench.recorder.failures.map(\.line) == [2])
        await bench.engine.shutdown()
    }

    @Test("a cyclic argument is refused")
    func cyclicArgument() async throws {
        let lines = try await Bench.run(
            "var a = {}; a.a = a; try { take(a); } catch (e) { console.log(e instanceof Error); }"
        ) {
            $0.helpers = [HostFunction("take") { _ in .undefined }]
        }
        #expect(lines == ["0 true"])
    }

    @Test("arguments are read by one rule: absent, JSON where text is wanted, or an error that names them")
    func accessors() throws {
        let call = HelperCall(
            path: "vendor.x", script: ScriptIdentity(index: 0, title: "t"),
            arguments: [.json(.null), .json(["a": 1]), .json(5), .json("7"), .json(true), .json(["x"])], deadline: .now
        ) { _, _ in }
        #expect(call.optionalText(0) == nil)
        #expect(call.optionalText(9) == nil)
        #expect(call.optionalText(1) == #"{"a":1}"#)
        #expect(try call.text(2, "n") == "5")
        #expect(try call.number(3, "n") == 7)
        #expect(try call.optionalNumber(0, "n") == nil)
        #expect(try call.object(1, "o") == ["a": 1])
        #expect(throws: HelperError("vendor.x: argument 10 (body) is missing: give a text", name: "TypeError")) {
            try call.text(9, "body")
        }
        #expect(throws: HelperError("vendor.x: argument 6 (n) is not a number", name: "TypeError")) {
            try call.number(5, "n")
        }
        #expect(throws: HelperError("vendor.x: argument 5 (o) is not an object", name: "TypeError")) {
            try call.object(4, "o")
        }
    }

    @Test("a call that waits beyond its time is ended while the helper still blocks")
    func waitingTooLong() async throws {
        let gate = Gate()
        let bench = Bench {
            $0.budget.hookTime = .milliseconds(100)
            $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }]
        }
        try await bench.load(0, "function onItemCaptured() { try { hold(); } catch (e) { console.log(e.code); } }")
        await bench.item()
        #expect(bench.recorder.console == ["0 TIMEOUT"])
        gate.open()
        await bench.engine.shutdown()
    }

    @Test("a script that swallows the error of its time limit and calls again is stopped all the same")
    func waitingAgainAndAgain() async throws {
        let gate = Gate()
        let bench = Bench {
            $0.budget.hookTime = .milliseconds(50)
            $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }]
        }
        try await bench.load(0, "function onItemCaptured() { for (;;) { try { hold(); } catch (e) {} } }")
        await bench.item()
        #expect(bench.recorder.failures.map(\.reason) == [.stopped(.time(limit: .milliseconds(50)))])
        gate.open()
        await bench.engine.shutdown()
    }

    @Test("unloading a script that waits in a helper does not wait for the helper")
    func unloadWhileWaiting() async throws {
        let gate = Gate()
        let bench = Bench {
            $0.budget.replacementGrace = .milliseconds(20)
            $0.helpers = [HostFunction("hold", waits: true) { _ in gate.wait() }]
        }
        try await bench.load(0, "function onItemCaptured() { hold(); console.log('never'); }")
        bench.engine.deliver(.itemCaptured(Array("{}".utf8)))
        #expect(await gate.untilEntered())
        await bench.engine.unload(0)
        #expect(bench.engine.statuses == [])
        #expect(bench.recorder.console == [])
        gate.open()
    }

    @Test("two scripts wait in helpers at the same time, and the one that entered first may leave first")
    func waitsAreIndependent() async throws {
        let first = Gate()
        let second = Gate()
        let bench = Bench {
            $0.helpers = [
                HostFunction("first", waits: true) { _ in first.wait() },
                HostFunction("second", waits: true) { _ in second.wait() },
            ]
        }
        try await bench.load(0, "function onHubAction(a) { if (a === 'x') first(); console.log('out'); }")
        try await bench.load(1, "function onHubAction(a) { if (a === 'y') second(); console.log('out'); }")
        bench.engine.deliver(.hubAction("x", object: nil, sender: nil))
        #expect(await first.untilEntered())
        #expect(await bench.recorder.until { $0.console == ["1 out"] })
        bench.engine.deliver(.hubAction("y", object: nil, sender: nil))
        #expect(await second.untilEntered())
        first.open()
        #expect(await bench.recorder.until { $0.console == ["1 out", "0 out", "0 out"] })
        second.open()
        await bench.engine.untilIdle()
        await bench.engine.shutdown()
    }

    @Test("a prelude defines helpers in JavaScript, and adds to what hooks get")
    func prelude() async throws {
        let bench = Bench {
            $0.helpers = [HostFunction("utils.node") { _ in "n1" }]
            $0.preludes = [
                ScriptPrelude(
                    name: "test",
                    source: """
                        (function (kit) {
                            kit.define("utils.isHub", function () { return kit.host("utils.node")() === "hub"; });
                            kit.decorate("onPodEvent", function (event, pod) {
                                Object.defineProperty(pod, "ObjectMeta", { value: pod.metadata });
                            });
                        })
                        """)
            ]
        }
        try await bench.load(
            0,
            "console.log(utils.isHub()); function onPodEvent(e, pod) { console.log(pod.ObjectMeta.name, pod); }")
        bench.engine.deliver(.podEvent("ADDED", pod: Array(#"{"metadata":{"name":"p"}}"#.utf8), change: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["0 false", #"0 p {"metadata":{"name":"p"}}"#])
        await bench.engine.shutdown()
    }
}

extension ScriptValue {
    fileprivate var json: JSONValue? { if case .json(let value) = self { value } else { nil } }
}
