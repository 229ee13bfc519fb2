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

    /// A copy that shares nothing with a literal.
    private static func fresh(_ text: String) -> String { String(decoding: Array(text.utf8), as: UTF8.self) }

    private static func address(_ string: String) -> UnsafeRawPointer? {
        var string = string
        return string.withUTF8 { UnsafeRawPointer($0.baseAddress) }
    }
}
