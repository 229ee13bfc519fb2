import ScriptSoak
import Testing
import Threading

@testable import ScriptRuntime

@Suite("ES5 check")
struct SyntaxTests {
    private let checker = SyntaxChecker()

    @Test(
        "newer syntax is named, with line and column",
        arguments: [
            ("var a = 1;\nlet b = 2;", "let", 2, 1), ("const a = 1;", "const", 1, 1),
            ("var f = (a) => a;", "arrow function", 1, 9), ("var s = `x`;", "template literal", 1, 9),
            ("class A {}", "class", 1, 1), ("for (var a of []) {}", "for … of", 1, 1),
            ("f(...a);", "spread", 1, 3), ("function f(...a) {}", "rest parameter", 1, 12),
            ("var {a} = b;", "destructuring", 1, 5), ("function f(a = 1) {}", "default value", 1, 12),
            ("function* f() {}", "generator", 1, 1), ("async function f() {}", "async function", 1, 1),
            ("a?.b;", "optional chaining", 1, 1), ("a ?? b;", "nullish coalescing", 1, 1),
            ("a ** 2;", "exponentiation operator", 1, 1), ("a ||= b;", "logical assignment", 1, 1),
            ("var o = { a };", "shorthand property", 1, 11), ("var o = { [a]: 1 };", "computed property", 1, 11),
            ("var o = { a() {} };", "method shorthand", 1, 11), ("try {} catch {}", "catch without a name", 1, 8),
            ("0b11;", "binary or octal number", 1, 1), ("1_000;", "number separator", 1, 1), ("10n;", "BigInt", 1, 1),
            ("/a/u;", "regular expression flag", 1, 1), ("import('x');", "dynamic import", 1, 1),
            ("function f() { new.target; }", "new.target", 1, 16), ("'\\u{41}';", "\\u{…} escape", 1, 1),
        ])
    func constructs(source: String, construct: String, line: Int, column: Int) {
        let report = checker.check(source)
        #expect(report.findings.first == SyntaxFinding(construct: construct, line: line, column: column))
        #expect(report.error == nil)
    }

    @Test(
        "ES5 is clean, octal escapes, functions in blocks and reserved words as members included",
        arguments: [
            "var a = '\\033[0m' + 010;", "if (1) { function f() {} }",
            "a.class = { default: 1, get x() { return 1; } };",
            "'use strict'; var b = /a/gim;", "label: for (;;) break label;", "\u{feff}var a;", "",
        ])
    func clean(source: String) {
        #expect(
            checker.check(source)
                == SyntaxReport(
                    findings: [], error: nil, undeclared: checker.check(source).undeclared, isComplete: true))
    }

    @Test("what is no JavaScript at all is an error with its place")
    func error() {
        #expect(checker.check("var a = ;").error == SyntaxFinding(construct: "Unexpected token", line: 1, column: 9))
    }

    @Test("names that are assigned and declared nowhere are found, those put on `this` are not")
    func undeclared() {
        let report = checker.check(
            """
            var declared; function f(p) { p = 1; declared = 2; inner = 3; var local; local = 4; }
            outer = 1; for (key in {}) counter++; this.shared = 1; shared = 2;
            try {} catch (e) { e = 1; }
            (function named() { named = 1; })();
            """)
        #expect(report.undeclared.sorted() == ["counter", "inner", "key", "outer"])
    }

    @Test("newer syntax is a warning that names the construct, and in a strict engine an error")
    func strictness() async throws {
        let source = "var f = (a) => a;\nconsole.log(f(1));"
        let lenient = Bench()
        let report = try await lenient.load(0, source, title: "new.js")
        #expect(report.findings == [SyntaxFinding(construct: "arrow function", line: 1, column: 9)])
        #expect(
            lenient.recorder.console == [
                "0 1", "0! warning: new.js:1:9: arrow function is newer than ES5, on which scripts can rely",
            ])
        await lenient.engine.shutdown()

        let strict = Bench { $0.isES5Required = true }
        let failure = await #expect(throws: ScriptFailure.self) { try await strict.load(0, source, title: "new.js") }
        #expect(failure?.description == "(load) arrow function is newer than ES5 at new.js:1:9")
    }

    @Test("without the parser scripts run all the same, and the report says that it is not complete")
    func withoutParser() async throws {
        let checker = SyntaxChecker(parserPath: "/nonexistent")
        #expect(!checker.isAvailable)
        #expect(
            checker.check("let a = 1;") == SyntaxReport(findings: [], error: nil, undeclared: [], isComplete: false))
        #expect(checker.check("obj.async = 1; var await_ = 'async';").findings == [])
        #expect(try await Bench.run("console.log('runs');") { $0.parserPath = "/nonexistent" } == ["0 runs"])
    }

    /// In a process of its own, because other tests open descriptors too.
    @Test("the checker leaves no descriptor behind, whichever threads check and let it rest")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) {
            let checker = SyntaxChecker()
            func checkOnce() async throws {
                await withCheckedContinuation { continuation in
                    try? NamedThread.start("once", stackBytes: 2 << 20) {
                        _ = checker.check("var a = 1;")
                        continuation.resume()
                    }
                }
                // After the end of that thread, as when a script is loaded and then all is quiet.
                try await Task.sleep(for: .milliseconds(20))
                checker.rest()
            }
            for _ in 0..<3 { try await checkOnce() }
            let before = ProcessFigures.now().descriptors
            for _ in 0..<20 { try await checkOnce() }
            try await Task.sleep(for: .milliseconds(500))
            #expect(ProcessFigures.now().descriptors <= before + 3)
        }
    }
}
