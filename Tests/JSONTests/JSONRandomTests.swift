import JSON
import Testing

@Suite("Random JSON")
struct JSONRandomTests {
    @Test("a tree that is written and read is the same tree, compact or indented", arguments: [nil, 0, 3])
    func roundTrip(indent: Int?) throws {
        for seed in 0..<1_000 as Range<UInt64> {
            var random = RandomJSON(seed: seed)
            let value = random.value(depth: 5)
            #expect(try JSONValue(parsing: value.encoded(indent: indent)) == value, "seed \(seed)")
        }
    }

    @Test("of a damaged text reader and tree say the same, and what they accept can be written and read again")
    func damage() throws {
        var accepted = 0
        var refused = 0
        for seed in 0..<20_000 as Range<UInt64> {
            var random = RandomJSON(seed: seed)
            let text = random.damaged(random.value(depth: 4).encoded())
            let value = Result { () throws(JSONError) in try JSONValue(parsing: text) }
            let skipped = Result { () throws(JSONError) in try skip(text) }
            switch (value, skipped) {
            case (.success(let value), .success):
                accepted += 1
                let written = value.encoded()
                let again = try JSONValue(parsing: written)
                #expect(again.encoded() == written, "seed \(seed)")
            case (.failure(let a), .failure(let b)):
                refused += 1
                #expect(a == b, "seed \(seed)")
                #expect((0...text.count).contains(a.offset), "seed \(seed)")
            default: Issue.record("seed \(seed): read \(value), skipped \(skipped)")
            }
        }
        // Damage that is always fatal, or never, would test one side only.
        #expect(accepted > 1_000)
        #expect(refused > 1_000)
    }

    /// The text lies at the very end of its memory, where AddressSanitizer sees a byte read too many.
    private func skip(_ text: [UInt8]) throws(JSONError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: text)
        var reader = JSONReader(UnsafeRawBufferPointer(bytes))
        try reader.skipValue()
        try reader.finish()
    }
}
