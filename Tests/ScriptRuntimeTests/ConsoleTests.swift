import Testing

@testable import ScriptRuntime

@Suite("Console and test helpers")
struct ConsoleTests {
    @Test(
        "every kind of value has a text",
        arguments: [
            ("", ""), ("'a', 'b'", "a b"), ("1, -0, 1.5, NaN", "1 0 1.5 NaN"),
            ("undefined, null, true", "undefined null true"),
            ("{ a: [1, 'x', null], b: { c: true } }", #"{"a":[1,"x",null],"b":{"c":true}}"#),
            ("new TypeError('wrong')", "TypeError: wrong"), ("{ e: new Error('in') }", #"{"e":"Error: in"}"#),
            ("function named() {}, function () {}", "[function named] [function anonymous]"),
            ("{ f: function g() {} }", #"{"f":"[function g]"}"#), ("new Date(0)", #""1970-01-01T00:00:00.000Z""#),
            ("{ get x() { throw 1; } }", "[unprintable object]"), ("'\\u001b[31mred'", "\u{1b}[31mred"),
            ("'äöü €😀'", "äöü €😀"), ("'a\\nb'", "a\nb"),
        ])
    func formats(arguments: String, text: String) async throws {
        #expect(try await Bench.run("console.log(\(arguments));") == ["0 \(text)"])
    }

    @Test("cycles are cut, a value that merely stands twice is not")
    func cycles() async throws {
        let lines = try await Bench.run(
            "var a = { n: 1 }; a.self = a; a.list = [a]; var b = { x: 1 }; console.log(a, { one: b, two: b });")
        #expect(
            lines == [#"0 {"n":1,"self":"[Circular]","list":["[Circular]"]} {"one":{"x":1},"two":{"x":1}}"#])
    }

    @Test("error lines are marked, clear is an event of its own, and warn, info and debug are log")
    func levels() async throws {
        let bench = Bench()
        try await bench.load(
            3, "console.error('e'); console.warn('w'); console.info('i'); console.debug('d'); console.clear();")
        let lines = bench.recorder.all.compactMap { event -> ConsoleLine? in
            if case .console(let line) = event { line } else { nil }
        }
        #expect(
            lines.map { $0.rendered(node: "hub") } == [
                "[hub-3:ERROR] e", "[hub-3] w", "[hub-3] i", "[hub-3] d", "[hub-3] ",
            ])
        #expect(lines.map(\.level) == [.error, .output, .output, .output, .cleared])
        await bench.engine.shutdown()
    }

    @Test("a message above its limit is cut at a character, and says by how much")
    func longMessage() async throws {
        let lines = try await Bench.run("console.log('aaaaaaaé' + 'bbb');") { $0.budget.consoleMessage = 8 }
        #expect(lines == ["0 aaaaaaa… (5 more bytes)"])
    }

    @Test("test.pass and test.fail mark and return the object they get, and throw for anything else")
    func testHelpers() async throws {
        let lines = try await Bench.run(
            """
            var d = { id: 1 };
            console.log(test.pass(d) === d, test.fail(d) === d, d);
            try { test.pass("x"); } catch (e) { console.log(String(e), e instanceof TypeError); }
            """)
        #expect(
            lines == [
                #"0 true true {"id":1,"passed":true,"failed":true}"#,
                "0 TypeError: test.pass: argument 1 (data) is not an object true",
            ])
    }

    @Test("an error in a hook names the hook, the place, and leaves the script in service")
    func hookErrors() async throws {
        let bench = Bench()
        try await bench.load(3, "function onItemCaptured(d) {\n  d.a.b;\n}", title: "x.js")
        await bench.item()
        await bench.item()
        let text = "3! (hook=onItemCaptured) TypeError: undefined is not an object (evaluating 'd.a.b') at x.js:2:6"
        #expect(bench.recorder.console == [text, text])
        #expect(bench.engine.statuses.map(\.failures) == [2])
        await bench.engine.shutdown()
    }

    @Test("a variable that is missing inside a hook is reported even if it has a hook's name")
    func missingHookName() async throws {
        let bench = Bench()
        try await bench.load(0, "function onItemCaptured() { onHubAction(); }")
        await bench.item()
        #expect(
            bench.recorder.failures.map(\.text) == ["ReferenceError: Can't find variable: onHubAction"])
        await bench.engine.shutdown()
    }
}
