import Glibc

/// A stream of bytes in which each eight tell where they belong.
enum Pattern {
    /// The bytes from `offset` on.
    static func bytes(at offset: Int, count: Int) -> [UInt8] {
        let first = offset / 8
        let words = (first..<(offset + count + 7) / 8).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 }
        let skipped = offset - first * 8
        return words.withUnsafeBytes { Array($0[skipped..<skipped + count]) }
    }
}

/// Checks that pieces of a ``Pattern`` arrive complete and in order.
struct PatternCheck: Equatable {
    private(set) var count = 0
    private(set) var isIntact = true

    mutating func append(_ piece: [UInt8]) {
        let expected = Pattern.bytes(at: count, count: piece.count)
        isIntact = isIntact && memcmp(expected, piece, piece.count) == 0
        count += piece.count
    }

    /// What a check looks like after so many good bytes.
    static func intact(_ count: Int) -> PatternCheck {
        var check = PatternCheck()
        check.count = count
        return check
    }
}
