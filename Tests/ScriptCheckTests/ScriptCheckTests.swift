import ScriptRuntime
import Testing

@testable import ScriptCheck

@Suite("The check of scripts")
struct ScriptCheckTests {
    func check(_ source: String, es5: Bool = false, filter: ScriptCheck.FilterCheck? = nil) throws -> [String] {
        let check = try #require(ScriptCheck(isES5Required: es5, filterCheck: filter))
        return check.check(source).findings.map(\.description)
    }

    @Test("a good script has hooks and jobs, and nothing is found")
    func good() throws {
        let check = try #require(ScriptCheck())
        let report = check.check(
            """
            // Counts.
            var count = 0;
            function onPacketCaptured(info) { count += info.length; }
            var onPodEvent = function (event, pod) { console.log(event, pod.metadata.name); };
            function report() { vendor.webhook("POST", env.URL, { count: count }); }
            jobs.schedule("report", "0 * * * * *", report);
            jobs.schedule("later", "@every 5m", report, 0, 1, 2);
            vendor.s3.put.call(null, "a"); hub.hasOwnProperty("action"); MY_ENV_FUNCTION(); SHARED.thing();
            clearTimeout(setTimeout(report, 5)); setTimeout.call(null, report);
            """)
        #expect(report.findings == [])
        #expect(report.isGood)
        #expect(report.hooks == [.packetCaptured, .podEvent])
        #expect(report.jobCount == 2)
    }

    @Test(
        "what fails when it runs is an error with line and column",
        arguments: [
            ("vendor.slak('u');", "1:1: error: vendor.slak is no helper: did you mean vendor.slack?"),
            (
                "\n  jobs.shedule('a', '@hourly', f);",
                "2:3: error: jobs.shedule is no helper: did you mean jobs.schedule?"
            ),
            ("vendor['s3'].putt()", "1:1: error: vendor.s3.putt is no helper: did you mean vendor.s3.put?"),
            ("pcap.everything();", "1:1: error: pcap.everything is no helper"),
            ("vendr.slack();", "1:1: error: vendr is declared nowhere: did you mean vendor?"),
            ("setTimout(function () {}, 1);", "1:1: error: setTimout is declared nowhere: did you mean setTimeout?"),
            (
                "var x = require('x');",
                "1:9: error: require does not exist in scripts: a script is one file; share functions with other scripts by this.name = …"
            ),
            ("var m = new Map();", "1:13: error: Map does not exist in scripts: use an object"),
            (
                "function onItemCapture(d) {}",
                "1:10: error: onItemCapture is no hook and is never called: did you mean onItemCaptured?"
            ),
            (
                "onpodEvent = function () {};",
                "1:1: error: onpodEvent is no hook and is never called: did you mean onPodEvent?"
            ),
            (
                "jobs.schedule('a', '* * * * *', function () {});",
                "1:20: error: cron expression failed to be parsed: expected exactly 6 fields, found 5: [* * * * *]: put the seconds in front, as in 0 * * * * *"
            ),
            ("var a = ;", "1:9: error: syntax error: Unexpected token"),
        ])
    func errors(source: String, message: String) throws {
        #expect(try check(source) == [message])
    }

    @Test(
        "names that the script knows better are left alone",
        arguments: [
            "function f(vendor) { vendor.slak(); }",
            "var vendor = { slak: function () {} }; vendor.slak();",
            "if (vendor.future) vendor.future();",
            "typeof fetch === 'function' && fetch('x');",
            "this.vendr = { slack: function () {} }; vendr.slack();",
            "function onItemCapture(d) {} function onItemCaptured(d) { onItemCapture(d); }",
            "function onwards() {} function only() {}",
            "try { f(); } catch (kfl) { kfl.toText(); }",
            "var cron = '* * * * *'; jobs.schedule('a', cron, function () {});",
        ])
    func silence(source: String) throws {
        #expect(try check(source) == [])
    }

    @Test("newer syntax is a warning, or an error where ES5 is required, and what no limit stops is always one")
    func newer() throws {
        let source = "let a = () => 1;"
        #expect(
            try check(source) == [
                "1:1: warning: let is newer than ES5, on which scripts can rely",
                "1:9: warning: arrow function is newer than ES5, on which scripts can rely",
            ])
        #expect(
            try check(source, es5: true) == [
                "1:1: error: let is newer than ES5", "1:9: error: arrow function is newer than ES5",
            ])
        #expect(
            try check("async function f() {}\nf();").contains(
                "1:1: error: async function cannot be used: it would run outside every limit"))
    }

    @Test("filters are judged where a judge is given")
    func filters() throws {
        let source =
            "kfl.match('http', {}); kfl.match({}, 'ht tp'); kfl.validate('x y');\n"
            + "function onItemCaptured() {}\nonItemCaptured.filter = 'a b';"
        let found = try check(source) { $0.contains(" ") ? "unexpected \($0.suffix(2))" : nil }
        #expect(
            found == [
                "1:38: error: filter: unexpected tp", "1:61: error: filter: unexpected  y",
                "3:25: error: filter: unexpected  b",
            ])
        #expect(try check(source) == [])
    }

    @Test("distances count a swap of neighbours once")
    func distances() {
        #expect(Suggestion.distance("schedule", "shcedule") == 1)
        #expect(Suggestion.distance("slack", "slak") == 1)
        #expect(Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.nearest(to: "cat", among: ["dog"]) == nil)
    }

    @Test("without the parser there is no check")
    func parser() {
        #expect(ScriptCheck(parserPath: "/nowhere/acorn.js") == nil)
    }
}
