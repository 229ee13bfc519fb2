import Testing

@testable import ScriptRuntime

@Suite("Loading")
struct LoadingTests {
    @Test("a script's top level runs once and its hooks are found in its own scope")
    func hooksAreFound() async throws {
        let bench = Bench()
        let report = try await bench.load(
            4,
            """
            console.log("top");
            function onItemCaptured(data) { console.log("item", data.id); }
            var onPodEvent = function (event) { console.log(event); };
            """)
        #expect(report.hooks.all == [.itemCaptured, .podEvent])
        #expect(report.isNew)
        await bench.item(#"{"id": 7}"#)
        bench.engine.deliver(.podEvent("ADDED", pod: Array("{}".utf8), change: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["4 top", "4 item 7", "4 ADDED"])
        await bench.engine.shutdown()
    }

    @Test("a hook that is assigned again later, or only then, is the one that is called")
    func hooksAreLookedUpAtEachCall() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            function onItemCaptured() {
                onItemCaptured = function () { console.log("second"); };
                onHubAction = function (action) { console.log(action); };
                console.log("first");
            }
            var onHubAction;
            """)
        await bench.item()
        await bench.item()
        bench.engine.deliver(.hubAction("late", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == ["0 first", "0 second", "0 late"])
        await bench.engine.shutdown()
    }

    @Test("a syntax error says file, line and column, and nothing of the script runs")
    func syntaxError() async throws {
        let bench = Bench()
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(1, "console.log(1);\n  var a = ;\n", title: "broken.js")
        }
        #expect(failure?.location == "broken.js:2:11")
        #expect(failure?.reason == .syntax)
        #expect(bench.recorder.console == ["1! (load) SyntaxError: Unexpected token ';' at broken.js:2:11"])
        #expect(bench.engine.statuses.map(\.isRunning) == [false])
    }

    @Test("an error at run time says line, column and stack of the user's own file, first line included")
    func runtimeError() async throws {
        let bench = Bench()
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(0, "function f() { missing(); }\nf();", title: "a: b@c.js")
        }
        #expect(failure?.text == "ReferenceError: Can't find variable: missing")
        #expect(failure?.line == 1)
        #expect(failure?.column == 23)
        #expect(failure?.stack == ["f@a: b@c.js:1:23", "@a: b@c.js:2:2"])
    }

    @Test("a thrown string keeps a script from being installed, and is the error")
    func thrownString() async throws {
        let bench = Bench()
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(0, "function onItemCaptured() {}\nthrow 'not on the hub';")
        }
        #expect(failure?.text == "not on the hub")
        #expect(bench.engine.hooks == [])
        #expect(bench.recorder.console == ["0! (load) not on the hub"])
    }

    @Test("a text cannot close the function around it and run outside")
    func wrapperCannotBeEscaped() async throws {
        let bench = Bench()
        await #expect(throws: ScriptFailure.self) { try await bench.load(0, "}); console.log('out'); (function () {") }
        await #expect(throws: ScriptFailure.self) { try await bench.load(1, "return 1;") }
        #expect(bench.recorder.console.count == 2)
        #expect(bench.recorder.failures == [])
    }

    @Test("text does not become code, and built-ins newer than ES5 are gone, promises above all")
    func sandbox() async throws {
        let lines = try await Bench.run(
            """
            function attempt(f) { try { f(); return "done"; } catch (e) { return e.name; } }
            console.log(attempt(function () { eval("1"); }), attempt(function () { new Function("1")(); }),
                attempt(function () { setTimeout("1", 1); }));
            console.log(typeof Promise, typeof WebAssembly, typeof Proxy, typeof Reflect, typeof Symbol, typeof Map,
                typeof globalThis, typeof SharedArrayBuffer, typeof Intl);
            console.log(typeof Object.assign, typeof "".startsWith, typeof Number.isNaN, typeof escape);
            """)
        #expect(
            lines == [
                "0 EvalError EvalError TypeError",
                "0 undefined undefined undefined undefined undefined undefined undefined undefined undefined",
                "0 function function function function",
            ])
    }

    @Test("async functions, which no limit could stop, are refused")
    func asyncIsRefused() async throws {
        for parserPath in [ScriptEngineConfiguration.debianParserPath, "/nonexistent"] {
            let bench = Bench { $0.parserPath = parserPath }
            let failure = await #expect(throws: ScriptFailure.self) {
                try await bench.load(0, "var a = 1;\n(async function f() { for (;;) await 0; })();")
            }
            #expect(failure?.text == "async function cannot be used: it would run outside every limit")
            #expect(failure?.location == "0.js:2:2")
        }
    }

    @Test("octal escapes, raw escape bytes, a byte order mark and CRLF are no obstacles")
    func oddTexts() async throws {
        #expect(try await Bench.run("console.log('\\033[1m' === '\u{1b}[1m', 010);") == ["0 true 8"])
        #expect(try await Bench.run("\u{feff}console.log('bom');") == ["0 bom"])
        #expect(try await Bench.run("console.log('a');\r\n// b\r\nconsole.log('c');\r\n") == ["0 a", "0 c"])
        #expect(try await Bench.run("console.log(1) // no end of line") == ["0 1"])
        #expect(try await Bench.run("") == [])
    }

    @Test("lines count from the first one after a byte order mark, with CRLF too")
    func linesWithByteOrderMark() async throws {
        let bench = Bench()
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(0, "\u{feff}var a;\r\n\r\n  a.b;\r\n")
        }
        #expect(failure?.location == "0.js:3:4")
    }

    @Test("a script of a megabyte loads")
    func largeScript() async throws {
        let line = "values.push({ name: 'abcdefgh', id: 12345 });\n"
        let source = "var values = [];\n" + String(repeating: line, count: (1 << 20) / line.utf8.count)
        #expect(try await Bench.run(source + "console.log(values.length);") == ["0 22795"])
    }

    @Test("a script above the limit of its size is refused, and the limit named")
    func sourceLimit() async throws {
        let bench = Bench { $0.budget.source = 100 }
        let failure = await #expect(throws: ScriptFailure.self) {
            try await bench.load(0, String(repeating: "a", count: 101))
        }
        #expect(failure?.text == "the script has more than 100 bytes, which is the limit (source)")
    }

    @Test("strict and sloppy scripts both have the global object as `this` at the top and in hooks")
    func thisIsGlobal() async throws {
        for mode in ["", "'use strict';"] {
            let bench = Bench()
            try await bench.load(
                0,
                """
                \(mode)
                var top = this;
                console.log(typeof this.setTimeout);
                function onItemCaptured() { console.log(this === top); }
                function onPacketCaptured() { console.log(this === top); }
                """)
            await bench.item()
            var batch = PacketBatch()
            batch.append(seconds: 0, nanoseconds: 0, captureLength: 1, length: 1, isFragment: false)
            bench.engine.deliver(batch)
            await bench.engine.untilIdle()
            #expect(bench.recorder.console == ["0 function", "0 true", "0 true"])
            await bench.engine.shutdown()
        }
    }

    @Test("env is an object, and each of its keys a global, but none takes the name of a helper or hook")
    func environment() async throws {
        let lines = try await Bench.run(
            """
            console.log(env, TOKEN, LIMIT, typeof onItemCaptured, env.console);
            TOKEN = "changed";
            console.log(TOKEN, env.TOKEN);
            """
        ) { $0.environment = ["TOKEN": "t", "LIMIT": 3, "console": "no", "onItemCaptured": "no", "JSON": "no"] }
        #expect(
            lines == [
                #"0 {"TOKEN":"t","LIMIT":3,"console":"no","onItemCaptured":"no","JSON":"no"} t 3 undefined no"#,
                "0 changed t",
            ])
        #expect(try await Bench.run("console.log(env);") == ["0 {}"])
    }

    @Test("after unload nothing of a script is left, and its thread has ended")
    func unload() async throws {
        let bench = Bench()
        try await bench.load(
            0, "setInterval(function () {}, 1); jobs.schedule('j', '* * * * * *', function () {}); this.left = 1;")
        await bench.engine.unload(0)
        #expect(bench.engine.statuses == [])
        try await bench.load(1, "console.log(typeof left, jobs.list().length);")
        #expect(bench.recorder.console.last == "1 undefined 0")
        await bench.engine.shutdown()
    }
}
