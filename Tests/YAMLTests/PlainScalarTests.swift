import JSON
import Testing

@testable import YAML

@Suite("Plain scalars mean what they mean to kubectl")
struct PlainScalarTests {
    /// What `kubectl config view --raw -o json` of version 1.32 makes of each.
    static let seenInKubectl: [(String, JSONValue)] = [
        ("y", true), ("Y", true), ("n", false), ("N", false), ("yes", true), ("Yes", true), ("yEs", "yEs"),
        ("no", false), ("on", true), ("off", false), ("On", true), ("OFF", false), ("true", true), ("True", true),
        ("tRue", "tRue"), ("false", false), ("~", .null), ("null", .null), ("Null", .null), ("nULL", "nULL"),
        ("", .null),
        ("0x1F", 31), ("0X1F", 31), ("0o17", 15), ("017", 15), ("08", .double(8)), ("0b101", 5), ("0B1", 1),
        ("1_000", 1000), ("+5", 5), ("-5", -5), ("-0x1F", -31), ("-0b11", -3), ("+0x10", 16), ("-0o17", -15),
        ("0_7", 7), ("0x_1F", 31), ("0_x1F", 31), ("10_", 10), ("1__0", 10), ("00", 0), ("-0", 0),
        ("1e3", .double(1000)), ("1E3", .double(1000)), ("1.e3", .double(1000)), ("1.5", 1.5), (".5", 0.5),
        ("+.5", 0.5), ("-.5", -0.5), ("5.", .double(5)), ("0.", .double(0)), ("1_0.5", 10.5),
        ("1_0.5e3", .double(10500)), (".5_0", 0.5), (".1e5", .double(10000)), ("017.5", 17.5), ("08.5", 8.5),
        ("6.8523015e+5", 685230.15), ("0.1e-7", 1e-8), ("1e-400", .double(0)), ("1e400", "1e400"), ("1.0", .double(1)),
        ("12:30:45", "12:30:45"), ("190:20:30", "190:20:30"), ("2001-12-14", "2001-12-14"),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .double(9223372036854775808)), ("18446744073709551616", .double(18446744073709551616)),
        ("-9223372036854775809", .double(-9223372036854775808)),
        ("0777777777777777777777777", .double(7.777777777777778e23)), ("0o18", "0o18"), ("0x", "0x"),
        ("0xg", "0xg"), ("0o", "0o"), ("0b2", "0b2"), ("0b", "0b"), ("++5", "++5"), ("+-5", "+-5"), ("5e", "5e"),
        ("1e", "1e"), ("1.e", "1.e"), ("1.5.5", "1.5.5"), ("_1", "_1"), ("._5", "._5"), (".", "."), ("..", ".."),
        ("0x1p3", "0x1p3"), ("0x1.8p1", "0x1.8p1"), ("inf", "inf"), ("nan", "nan"), ("+inf", "+inf"), ("+", "+"),
        ("=", "="), ("<<", "<<"), ("0xffffffffffffffffff", .double(4_722_366_482_869_645_213_696)),
    ]

    @Test("a plain scalar has kubectl's value", arguments: seenInKubectl)
    func plain(text: String, expected: JSONValue) throws {
        let value = try YAML.parse("x: \(text)\n")
        #expect(value == ["x": expected])
        // 1 and 1.0 are different values to us, so that numbers survive a round trip.
        #expect(value["x"].map(\.kindName) == expected.kindName)
    }

    @Test("a quoted or block scalar is a string, whatever it looks like", arguments: ["5", "true", "~", ".inf", "<<"])
    func quoted(text: String) throws {
        let expected: JSONValue = [.string(text), .string(text), .string(text), .string(text + "\n"), .string(text)]
        #expect(
            try YAML.parse("- '\(text)'\n- \"\(text)\"\n- |-\n  \(text)\n- >\n  \(text)\n- ! \(text)\n") == expected)
    }

    @Test(
        "a tag decides what a scalar is",
        arguments: [
            ("!!str 5", "5"), ("!!str ~", "~"), ("!!str", ""), ("!!str yes", "yes"), ("!!int \"7\"", 7),
            ("!!bool 'true'", true), ("!!bool \"yes\"", true), ("!!null \"\"", .null), ("!!float 5", .double(5)),
            ("!!float \"1e3\"", .double(1000)), ("!<tag:yaml.org,2002:int> \"5\"", 5), ("!local 5", "5"),
            ("!!binary aGVsbG8=", "hello"), ("!!timestamp 2001-12-14", "2001-12-14"), ("!!foo x", "x"),
        ] as [(String, JSONValue)])
    func tagged(text: String, expected: JSONValue) throws {
        #expect(try YAML.parse("x: \(text)\n") == ["x": expected])
    }

    @Test(
        "a value that is not what its tag says is an error",
        arguments: [
            ("!!int foo", "the value is not what its tag !!int says"),
            ("!!int 5.0", "the value is not what its tag !!int says"),
            ("!!int \"\"", "the value is not what its tag !!int says"),
            ("!!bool foo", "the value is not what its tag !!bool says"),
            ("!!null 5", "the value is not what its tag !!null says"),
            ("!!binary \"!!\"", "the !!binary value is not base64"),
            (".inf", "infinity and not-a-number have no place in JSON; write it in quotes if you mean the text"),
            ("-.INF", "infinity and not-a-number have no place in JSON; write it in quotes if you mean the text"),
            (
                "!!float .nan",
                "infinity and not-a-number have no place in JSON; write it in quotes if you mean the text"
            ),
        ])
    func tagMismatch(text: String, problem: String) {
        #expect(throws: YAMLError(line: 2, column: 4, problem: problem)) { try YAML.parse("a: b\nx: \(text)\n") }
    }

    @Test("keys are named as kubectl names them")
    func keys() throws {
        let value = try YAML.parse(
            "{1: a, true: b, 1.5: c, 0x10: d, 1e3: e, off: f, !!str off: g, .inf: h, \"~\": i, 2001-01-01: j, 1.0e1: k}"
        )
        #expect(
            value == [
                "1": "a", "true": "b", "1.5": "c", "16": "d", "1000": "e", "false": "f", "off": "g", ".inf": "h",
                "~": "i", "2001-01-01": "j", "10": "k",
            ])
    }
}

extension JSONValue {
    fileprivate var kindName: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .integer: "integer"
        case .double: "double"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
