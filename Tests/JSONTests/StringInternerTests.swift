import JSON
import Testing

@Suite("The string interner")
struct StringInternerTests {
    @Test("equal bytes give strings that share their memory")
    func sharing() throws {
        let interner = StringInterner()
        let first = interner.string(Self.fresh("registry.example.com/team/image:1.2.3"))
        let second = interner.string(Self.fresh("registry.example.com/team/image:1.2.3"))
        #expect(first == "registry.example.com/team/image:1.2.3")
        #expect(second == first)
        #expect(Self.address(first) == Self.address(second))
    }

    @Test("a full interner begins anew and stays right")
    func capacity() {
        let interner = StringInterner(capacity: 8)
        for round in 0..<3 {
            for i in 0..<100 {
                let text = "a name that is long enough, number \(i)"
                #expect(interner.string(Self.fresh(text)) == text, "round \(round)")
            }
        }
    }

    @Test("very long strings are right, and not kept")
    func longStrings() {
        let interner = StringInterner()
        let text = String(repeating: "long", count: 1_000)
        let first = interner.string(Self.fresh(text))
        let second = interner.string(Self.fresh(text))
        #expect(first == text)
        #expect(second == text)
        #expect(Self.address(first) != Self.address(second))
    }

    @Test("empty and broken bytes come out as without an interner")
    func oddBytes() {
        let interner = StringInterner()
        #expect(interner.string(UnsafeRawBufferPointer(start: nil, count: 0)) == "")
        for _ in 0..<2 {
            let repaired = ([0x61, 0xff, 0x62] as [UInt8]).withUnsafeBytes { interner.string($0) }
            #expect(repaired == "a\u{fffd}b")
        }
    }

    @Test("a reader interns long strings and unescapes escaped ones")
    func reading() throws {
        let text = Array(
            #"["node-with-a-long-name-1","node-with-a-long-name-1","short","esc\u0061ped and a long name"]"#.utf8)
        let interner = StringInterner()
        let strings = try text.withUnsafeBytes { bytes in
            var strings: [String] = []
            var reader = JSONReader(bytes)
            try reader.beginArray()
            while try reader.nextElement() { strings.append(try reader.readString(interning: interner)) }
            return strings
        }
        #expect(strings == ["node-with-a-long-name-1", "node-with-a-long-name-1", "short", "escaped and a long name"])
        #expect(Self.address(strings[0]) == Self.address(strings[1]))
    }

    @Test("a text that was seen lately is not decoded again, and another one is never taken for it")
    func decodedTexts() throws {
        let interner = StringInterner()
        var decodings = 0
        func decoded(_ text: String) throws -> [String] {
            try interner.decoded(Array(text.utf8)) { () throws(JSONError) in
                decodings += 1
                return [text]
            }
        }
        for _ in 0..<2 { #expect(try decoded("{}") == ["{}"]) }
        #expect(decodings == 1)
        // Many more than there are places: each pushes others out, and what comes out is right.
        for round in 0..<2 {
            for i in 0..<5_000 { #expect(try decoded("text \(i)") == ["text \(i)"], "round \(round)") }
        }
        #expect(try decoded("") == [""])
    }

    @Test("decoded values of different types are kept apart")
    func decodedTypes() throws {
        let interner = StringInterner()
        let text = Array("7".utf8)
        for _ in 0..<2 {
            #expect(try interner.decoded(text) { () throws(JSONError) in 7 } == 7)
            #expect(try interner.decoded(text) { () throws(JSONError) in "seven" } == "seven")
        }
    }

    @Test("a failure is not kept, and neither is what a very long text decodes to")
    func decodedFailures() throws {
        let interner = StringInterner()
        let failure = JSONError(reason: .truncated, offset: 1)
        #expect(throws: failure) {
            try interner.decoded(Array("{".utf8)) { () throws(JSONError) -> Int in throw failure }
        }
        #expect(try interner.decoded(Array("{".utf8)) { () throws(JSONError) in 1 } == 1)
        let long = [UInt8](repeating: 0x20, count: 5_000)
        for i in 0..<2 { #expect(try interner.decoded(long) { () throws(JSONError) in i } == i) }
    }

    /// A copy that shares nothing with a literal.
    private static func fresh(_ text: String) -> String { String(decoding: Array(text.utf8), as: UTF8.self) }

    private static func address(_ string: String) -> UnsafeRawPointer? {
        var string = string
        return string.withUTF8 { UnsafeRawPointer($0.baseAddress) }
    }
}

extension StringInterner {
    fileprivate func string(_ text: String) -> String {
        var text = text
        return text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }
}
