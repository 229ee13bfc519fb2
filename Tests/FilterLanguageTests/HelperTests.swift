import FilterLanguage
import JSON
import Testing
import Timestamps

@Suite("Helpers of the language")
struct HelperTests {
    @Test(
        "text helpers look at the text of a value, or of any of several",
        arguments: [
            ("request.path.startsWith(\"/cart\")", true), ("request.path.startsWith(\"cart\")", false),
            ("request.path.endsWith(\"7\")", true), ("request.path.contains(\"rt/\")", true),
            ("request.path.contains(\"\")", true), ("request.path.contains(\"/cart/77\")", false),
            ("response.status.startsWith(\"5\")", true), ("texts.contains(\"b\")", true),
            ("texts.endsWith(\"c\")", false),
            ("request.headers[\"User-Agent\"].contains(\"probe\")", true), ("blank.contains(\"a\")", false),
        ] as [(String, Bool)])
    func text(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "moments are read in one form only, and times are counted from when the filter was compiled",
        arguments: [
            ("timestamp == datetime(\"11/14/2023, 10:13:20.000 PM\")", true),
            ("timestamp >= datetime(\"11/14/2023, 10:13:20.001 PM\")", false),
            ("datetime(\"1/1/1970, 12:00:00.000 AM\") == 0", true),
            ("datetime(\"1/1/1970, 12:00:01.500 PM\") == 43201500", true),
            ("datetime(\"2023-11-14\") == false", true), ("datetime(\"13/1/2023, 10:00:00.000 PM\") == false", true),
            ("datetime(\"1/1/2023, 0:00:00.000 AM\") == false", true), ("datetime() == false", true),
            ("now() == 1700000060000", true), ("timestamp == seconds(-60)", true), ("timestamp >= minutes(-1)", true),
            ("timestamp >= seconds(-59)", false), ("hours(1) == 1700003660000", true),
            ("days(-1) == 1699913660000", true),
            ("weeks(1) == 1700604860000", true), ("months(1) == 1702592060000", true),
            ("years(1) == 1731536060000", true),
            ("seconds(0.5) == 1700000060500", true), ("years(999999999999) > 0", true),
        ] as [(String, Bool)])
    func time(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "json() and xml() continue a path into a text, plain or in base64",
        arguments: [
            ("request.postData.text.json().token == \"t\"", true),
            ("request.postData.text.json().items[1].id == 9", true),
            ("request.postData.text.json()..id == 9", true), ("request.path.json().a == 1", false),
            ("response.content.text.xml().err.msg == \"now\"", true),
            ("response.content.text.xml().err[\"-code\"] == 7", true),
            ("request.path.xml().a == 1", false), ("request.json().method == \"POST\"", true),
            ("one.json() == 1", false),
            ("nope.json().a == 1", false),
        ] as [(String, Bool)])
    func embedded(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test("limit and redact are true, record names the recording, an unknown helper is a missing value")
    func others() throws {
        #expect(try Items.matches("http and limit(100)"))
        #expect(try Items.matches("redact(\"request.path\") and http"))
        #expect(try Items.matches("record(\"night\")"))
        #expect(try !Items.matches("record(\"day\")"))
        #expect(try !Items.matches("frobnicate(1) or http"))
        #expect(try Items.matches("(request.path.frobnicate()) or http"))
    }

    @Test("redaction replaces values in a copy, also within JSON texts")
    func redaction() throws {
        let filter = try Filter(
            "http and redact(\"request.headers.authorization\", \"request.postData.text.json()..id\", \"nope.x\", \"src.*\")"
        )
        let redacted = filter.redacting(Items.http)
        #expect(redacted["request"]?["headers"]?["Authorization"] == "[REDACTED]")
        #expect(redacted["request"]?["headers"]?["User-Agent"] == "kube-probe/1.29")
        #expect(
            redacted["request"]?["postData"]?["text"]
                == #"{"token":"t","items":[{"id":"[REDACTED]"},{"id":"[REDACTED]"}]}"#)
        #expect(redacted["src"]?.object?.values.elements == ["[REDACTED]", "[REDACTED]", "[REDACTED]", "[REDACTED]"])
        #expect(redacted["dst"] == Items.http["dst"])
    }

    @Test("XML becomes objects; what is hostile or malformed becomes nothing")
    func xml() throws {
        func found(_ xml: String, _ filter: String) throws -> Bool {
            try Filter(filter).matches(["x": .string(xml)] as JSONValue)
        }
        #expect(
            try found("<a><b>1</b><b>2</b><c d='e'>f</c></a>", "x.xml().a.b == 2 and x.xml().a.c[\"#text\"] == \"f\""))
        #expect(try found("<a><b/></a>", "x.xml().a.b == \"\""))
        #expect(try !found("<a><b></a>", "x.xml().a"))
        #expect(
            try !found(String(repeating: "<a>", count: 5_000) + String(repeating: "</a>", count: 5_000), "x.xml().a"))
        let entities = "<!DOCTYPE a [<!ENTITY x \"xx\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>"
        #expect(try !found(entities, "x.xml().a"))
    }

    @Test("the cache compiles a text once, one with times each second, and forgets the oldest")
    func cache() throws {
        let cache = FilterCache(capacity: 2)
        let later = Items.now + .milliseconds(1_500)
        let recent = try cache.filter("timestamp >= seconds(-60)", now: Items.now)
        #expect(recent.matches(Items.http))
        #expect(try cache.filter("timestamp >= seconds(-60)", now: Items.now + .milliseconds(999)).matches(Items.http))
        #expect(try !cache.filter("timestamp >= seconds(-60)", now: later).matches(Items.http))
        let error = FilterError(line: 1, column: 2, message: "unexpected end of the filter (expected a value)")
        for _ in 0..<2 { #expect(throws: error) { try cache.filter("!") } }
        _ = try cache.filter("http")
        _ = try cache.filter("custom")
        #expect(try !cache.filter("custom").matches(Items.http))
        cache.setMacros(.builtIn.merging(["custom": "http"]))
        #expect(try cache.filter("custom").matches(Items.http))
    }
}
