import JSON
import Testing

@Suite("Reading JSON bit by bit")
struct JSONReaderTests {
    @Test("members are visited in order, each read by its kind or skipped")
    func members() throws {
        let text = #"{"s":"x","i":-7,"d":2.5,"t":true,"n":null,"m":{"skip":[1,{"me":2}]},"a":[1,2,3],"z":"end"}"#
        var seen: [String] = []
        try reading(text) { reader in
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "s", "z": seen.append(try reader.readString())
                case "i": seen.append("\(try reader.readInteger())")
                case "d": seen.append("\(try reader.readDouble())")
                case "t": seen.append("\(try reader.readBoolean())")
                case "n": seen.append("\(try reader.readNull())")
                case "a":
                    try reader.beginArray()
                    while try reader.nextElement() { seen.append("\(try reader.readInteger())") }
                default: try reader.skipValue()
                }
            }
            try reader.finish()
        }
        #expect(seen == ["x", "-7", "2.5", "true", "true", "1", "2", "3", "end"])
    }

    @Test("peek names the kind of what comes and consumes nothing")
    func peek() throws {
        let kinds: [(String, JSONKind)] = [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("0", .number), ("true", .boolean),
            ("false", .boolean), ("null", .null),
        ]
        for (text, kind) in kinds {
            try reading(" " + text) { reader in
                #expect(try reader.peek() == kind)
                #expect(try reader.peek() == kind)
                #expect(reader.offset == 1)
                try reader.skipValue()
                try reader.finish()
                #expect(reader.offset == text.utf8.count + 1)
            }
        }
    }

    @Test("a value of another kind than wanted is an error at its first byte")
    func wrongKind() throws {
        let wanted: [(String, StaticString, (inout JSONReader) throws -> Void)] = [
            (" 1", "a string", { _ = try $0.readString() }),
            (" 1", "a string", { _ = try $0.readStringOrNull() }),
            (" \"1\"", "a number", { _ = try $0.readInteger() }),
            (" null", "a number", { _ = try $0.readDouble() }),
            (" 1.0", "an integer", { _ = try $0.readInteger() }),
            (" 1e3", "an integer", { _ = try $0.readInteger() }),
            (" 9223372036854775808", "an integer", { _ = try $0.readInteger() }),
            (" 0", "true or false", { _ = try $0.readBoolean() }),
            (" []", "an object", { try $0.beginObject() }),
            (" {}", "an array", { try $0.beginArray() }),
        ]
        for (text, expectation, read) in wanted {
            #expect(throws: JSONError(reason: .expected(expectation), offset: 1), "\(text)") {
                try reading(text, read)
            }
        }
    }

    @Test("the smallest and the largest integer are read exactly")
    func integers() throws {
        let texts: [(String, Int64)] = [
            ("-9223372036854775808", .min), ("9223372036854775807", .max), ("-0", 0),
            ("-9223372036854775807", .min + 1),
        ]
        for (text, value) in texts {
            try reading(text) { reader in
                let integer = try reader.readInteger()
                #expect(integer == value)
            }
        }
    }

    @Test("a null is consumed where one may stand, and anything else left alone")
    func null() throws {
        try reading("[null,1,null,\"x\"]") { reader in
            try reader.beginArray()
            #expect(try reader.nextElement())
            #expect(try reader.readNull())
            #expect(try reader.nextElement())
            #expect(try !reader.readNull())
            #expect(try reader.readInteger() == 1)
            #expect(try reader.nextElement())
            #expect(try reader.readStringOrNull() == nil)
            #expect(try reader.nextElement())
            #expect(try reader.readStringOrNull() == "x")
            #expect(try !reader.nextElement())
            try reader.finish()
        }
    }

    @Test("a raw value is exactly its bytes, without the white space around it")
    func raw() throws {
        try reading(#"{"a" :  {"b": [1, 2]} , "c":7}"#) { reader in
            var raws: [String] = []
            try reader.beginObject()
            while try reader.nextMember() != nil { raws.append(String(decoding: try reader.readRaw(), as: UTF8.self)) }
            #expect(raws == [#"{"b": [1, 2]}"#, "7"])
        }
    }

    @Test("a key matches a literal by its meaning, escaped or not, and by nothing else")
    func keys() throws {
        let keys: [(String, Bool)] = [
            ("Kind", true), (#"\u004bind"#, true), (#"\u212aind"#, false), ("kind", false), ("Kin", false),
            ("Kinds", false),
            ("", false), (#"Kind\u0000"#, false),
        ]
        for (text, isKind) in keys {
            try reading("{\"\(text)\":0}") { reader in
                try reader.beginObject()
                let key = try #require(try reader.nextMember())
                #expect((key == "Kind") == isKind, "\(text)")
                let matches = if case "Kind" = key { true } else { false }
                #expect(matches == isKind, "\(text)")
            }
        }
    }

    @Test("a string is compared with a literal without being built")
    func comparison() throws {
        try reading(#"["ADDED","MODIFIED","ADD\u0045D",""]"#) { reader in
            var results: [Bool] = []
            try reader.beginArray()
            while try reader.nextElement() { results.append(try reader.readString(equals: "ADDED")) }
            #expect(results == [true, false, true, false])
        }
    }

    @Test("a quote, a backslash or a control character is found at every distance from the start")
    func stringScan() throws {
        for count in 0...40 {
            let plain = String(repeating: "é", count: count / 2) + String(repeating: "x", count: count % 2)
            #expect(try JSONValue(parsing: "\"\(plain)\"") == .string(plain))
            #expect(try JSONValue(parsing: "\"\(plain)\\n\(plain)\"") == .string("\(plain)\n\(plain)"))
            #expect(throws: JSONError(reason: .controlCharacter, offset: plain.utf8.count + 1)) {
                try JSONValue(parsing: "\"\(plain)\u{1}\(plain)\"")
            }
        }
    }

    @Test("an error tells a person what and where")
    func messages() {
        let texts = [
            JSONError(reason: .truncated, offset: 5), JSONError(reason: .expected("':'"), offset: 4),
            JSONError(reason: .tooDeep, offset: 9), JSONError(reason: .tooLong, offset: 100),
        ].map(\.description)
        #expect(
            texts == [
                "JSON ends too early, at byte 5", "JSON: expected ':' at byte 4",
                "JSON nests deeper than 512 levels at byte 9", "JSON text longer than the limit of 100 bytes",
            ])
    }

    private func reading(_ text: String, _ body: (inout JSONReader) throws -> Void) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            try body(&reader)
        }
    }
}
