import Testing

@testable import KubernetesClient

@Suite struct LineBufferTests {
    private static func lines(_ pieces: [[UInt8]], limit: Int = 1000) throws -> [String] {
        var buffer = LineBuffer(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            try buffer.append(piece) { lines.append(String(decoding: $0[$1], as: UTF8.self)) }
        }
        return lines
    }

    @Test("lines come out whole however the stream is cut", arguments: UInt64(0)..<50)
    func cuts(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let expected = (0..<30).map { i in
            String(repeating: "x", count: Int.random(in: 1...40, using: &random)) + "\(i)"
        }
        var rest = Array((expected.joined(separator: "\n") + "\n").utf8)[...]
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(rest.count, 60), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(try Self.lines(pieces) == expected, "seed \(seed)")
    }

    @Test("a stump is never taken for a line")
    func stump() throws {
        #expect(try Self.lines([Array("one\ntw".utf8)]) == ["one"])
    }

    @Test("empty lines are passed over")
    func emptyLines() throws {
        #expect(try Self.lines([Array("\n\none\n\ntwo\n".utf8)]) == ["one", "two"])
    }

    @Test("a line within a piece is handed out where it lies")
    func inPlace() throws {
        var buffer = LineBuffer(limit: 100)
        let piece = Array("one\ntwo\n".utf8)
        var ranges: [Range<Int>] = []
        try buffer.append(piece) { bytes, line in
            ranges.append(line)
            #expect(bytes.count == piece.count)
        }
        #expect(ranges == [0..<3, 4..<7])
    }

    @Test("a line beyond the limit is an error, at once and in pieces")
    func limit() {
        #expect(throws: LineBuffer.LineTooLong.self) { try Self.lines([Array("12345\n".utf8)], limit: 4) }
        #expect(throws: LineBuffer.LineTooLong.self) {
            try Self.lines([Array("123".utf8), Array("45".utf8)], limit: 4)
        }
        #expect(throws: Never.self) { try Self.lines([Array("1234\n1234\n".utf8)], limit: 4) }
    }
}
