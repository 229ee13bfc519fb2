import JSON
import Testing

@Suite("The grammar of RFC 8259")
struct JSONGrammarTests {
    @Test(
        "a text that the grammar allows is read as the value that it stands for, and can be skipped",
        arguments: [
            ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)),
            (" \t\r\n null \n", .null),
            ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("10", .integer(10)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
            ("1.5", .double(1.5)), ("-0.0", .double(-0.0)), ("0e0", .double(0)), ("0.0e-0", .double(0)),
            ("1E+2", .double(100)), ("1e02", .double(100)), ("12.50e-1", .double(1.25)),
            ("5e-324", .double(.leastNonzeroMagnitude)), ("1e-400", .double(0)),
            ("1e400", .double(.greatestFiniteMagnitude)), ("-1e400", .double(-.greatestFiniteMagnitude)),
            ("123456789012345678901234567890", .double(1.2345678901234568e29)),
            (#""""#, ""), (#""a""#, "a"), (#""é€😀""#, "é€😀"), (#""\u0000""#, "\0"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00!""#, "😀!"), ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
            ("[]", []), ("[ ]", []), ("[1]", [1]), ("[1,2]", [1, 2]), (" [ 1 , [ ] , { } ] ", [1, [], [:]]),
            ("{}", [:]), ("{ }", [:]), (#"{"":0}"#, ["": 0]),
            (#"{"a":1,"b":{"c":[null]}}"#, ["a": 1, "b": ["c": [.null]]]),
            (#" { "a" : 1 , "b" : "x" } "#, ["a": 1, "b": "x"]), (#"{"a":1,"a":2}"#, ["a": 2]),
            (#"{"\u0061":1,"a":2}"#, ["a": 2]),
        ] as [(String, JSONValue)])
    func accepted(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
        #expect(skipError(text) == nil)
    }

    @Test(
        "a text that the grammar forbids is refused at the byte where it goes wrong, read or skipped",
        arguments: [
            ("", .truncated, 0), ("  ", .truncated, 2), ("nul", .truncated, 3), ("tru", .truncated, 3),
            ("f", .truncated, 1), ("nil", .expected("a value"), 0), ("tx", .expected("a value"), 0),
            ("True", .expected("a value"), 0), ("NaN", .expected("a value"), 0), ("Infinity", .expected("a value"), 0),
            ("\u{feff}1", .expected("a value"), 0), ("\0", .expected("a value"), 0),
            ("\u{b}1", .expected("a value"), 0),
            ("'a'", .expected("a value"), 0), ("// c\n1", .expected("a value"), 0),
            ("-", .truncated, 1), ("+1", .expected("a value"), 0), (".5", .expected("a value"), 0),
            ("-x", .expected("a digit"), 1), ("--1", .expected("a digit"), 1), ("1.", .truncated, 2),
            ("1.e1", .expected("a digit"), 2), ("1e", .truncated, 2), ("1e+", .truncated, 3),
            ("1e1.5", .trailingBytes, 3), ("01", .trailingBytes, 1), ("-01", .trailingBytes, 2),
            ("0x1", .trailingBytes, 1), ("1 2", .trailingBytes, 2), ("1\0", .trailingBytes, 1),
            ("null,", .trailingBytes, 4),
            ("\"", .truncated, 1), ("\"abcdefghijk", .truncated, 12), ("\"\\", .truncated, 2),
            ("\"\\u12", .truncated, 5),
            ("\"\\\"", .truncated, 3), ("\"\\x\"", .escape, 1), ("\"\\u12g4\"", .escape, 1),
            ("\"\\U0061\"", .escape, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\0\"", .controlCharacter, 1),
            ("\"0123456789\u{1f}\"", .controlCharacter, 11),
            ("[", .truncated, 1), ("]", .expected("a value"), 0), ("[1", .truncated, 2), ("[1,", .truncated, 3),
            ("[1,]", .expected("a value"), 3), ("[,1]", .expected("a value"), 1), ("[1,,2]", .expected("a value"), 3),
            ("[1 2]", .expected("',' or the closing bracket"), 3), ("[1}", .expected("',' or the closing bracket"), 2),
            ("[1]]", .trailingBytes, 3),
            ("{", .truncated, 1), ("{\"a\"", .truncated, 4), ("{\"a\":", .truncated, 5), ("{\"a\":1", .truncated, 6),
            ("{\"a\":1,", .truncated, 7), ("{\"a\":1,}", .expected("a member name"), 7),
            ("{,}", .expected("a member name"), 1), ("{a:1}", .expected("a member name"), 1),
            ("{1:1}", .expected("a member name"), 1), ("{\"a\" 1}", .expected("':'"), 5),
            ("{\"a\":}", .expected("a value"), 5), ("{\"a\":1]", .expected("',' or the closing bracket"), 6),
            ("{\"a\":1 \"b\":2}", .expected("',' or the closing bracket"), 7), ("{\"a\nb\":1}", .controlCharacter, 3),
        ] as [(String, JSONError.Reason, Int)])
    func refused(text: String, reason: JSONError.Reason, offset: Int) {
        let error = JSONError(reason: reason, offset: offset)
        #expect(throws: error) { try JSONValue(parsing: text) }
        #expect(skipError(text) == error)
    }

    @Test("every beginning of a text is truncated at its end, unless it is a whole text itself")
    func everyPrefix() throws {
        let text = #"{"a": [1.5e-3, "x\u00e9\\", true, null], "b": {"c": -12}}"#
        for count in 0..<text.utf8.count {
            let error = JSONError(reason: .truncated, offset: count)
            #expect(throws: error) { try JSONValue(parsing: Array(text.utf8.prefix(count))) }
            #expect(skipError(String(decoding: text.utf8.prefix(count), as: UTF8.self)) == error)
        }
    }

    @Test("nesting is accepted up to the limit and refused beyond it", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func depth(opening: String, closing: String) throws {
        let limit = JSONReader.depthLimit
        let deepest = String(repeating: opening, count: limit - 1) + "[]" + String(repeating: closing, count: limit - 1)
        #expect(try JSONValue(parsing: deepest).encoded() == Array(deepest.utf8))
        #expect(skipError(deepest) == nil)

        let tooDeep = String(repeating: opening, count: limit) + "[]" + String(repeating: closing, count: limit)
        let error = JSONError(reason: .tooDeep, offset: limit * opening.utf8.count)
        #expect(throws: error) { try JSONValue(parsing: tooDeep) }
        #expect(skipError(tooDeep) == error)
    }

    @Test("a bracket repeated a million times is an error and no crash")
    func hostileDepth() {
        let text = String(repeating: "[", count: 1_000_000)
        #expect(skipError(text) == JSONError(reason: .tooDeep, offset: JSONReader.depthLimit))
    }

    @Test("bytes that are not UTF-8 become U+FFFD and leave their surroundings alone")
    func invalidUTF8() throws {
        let bytes: [UInt8] = [0x22, 0x61, 0xff, 0x62, 0xc3, 0x22]
        #expect(try JSONValue(parsing: bytes) == "a\u{fffd}b\u{fffd}")
        let escaped: [UInt8] = [0x22, 0xc3, 0x5c, 0x75, 0x30, 0x30, 0x61, 0x39, 0x22]
        #expect(try JSONValue(parsing: escaped) == "\u{fffd}\u{a9}")
    }

    @Test(
        "half a surrogate pair becomes U+FFFD",
        arguments: [
            (#""\ud83d""#, "\u{fffd}"), (#""\ude00""#, "\u{fffd}"), (#""\ud83dx""#, "\u{fffd}x"),
            (#""\ud83d\n""#, "\u{fffd}\n"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"), (#""\ud83d\u0041""#, "\u{fffd}A"),
        ])
    func surrogates(text: String, value: String) throws {
        #expect(try JSONValue(parsing: text) == .string(value))
    }

    private func skipError(_ text: String) -> JSONError? {
        Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONError) {
                try reader.skipValue()
                try reader.finish()
                return nil
            } catch {
                return error
            }
        }
    }
}
