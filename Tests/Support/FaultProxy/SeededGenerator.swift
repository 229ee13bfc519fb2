/// Random numbers that a seed makes repeatable (SplitMix64, by Steele, Lea and Flood).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What the sequence began with; print it when a test fails.
    package let seed: UInt64
    private var state: UInt64

    /// The sequence that belongs to a seed.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// So many random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }
}
