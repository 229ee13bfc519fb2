/// Changes inputs at random, the same way for the same seed.
package struct Mutator {
    private var state: UInt64

    /// The longest input that is made.
    package static let longestInput = 8 << 10

    /// Numbers at which something usually happens.
    private static let numbers: [UInt64] = [
        0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_ffff,
    ]

    /// A generator whose numbers come again with the same seed.
    package init(seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A number below a bound.
    package mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    /// An input made of one of the corpus, with some changes.
    package mutating func input(from corpus: [[UInt8]], words: [[UInt8]]) -> [UInt8] {
        var input = corpus.isEmpty ? [] : corpus[below(corpus.count)]
        for _ in 0...below(6) { change(&input, corpus, words) }
        if input.count > Self.longestInput { input.removeLast(input.count - Self.longestInput) }
        return input
    }

    private mutating func change(_ input: inout [UInt8], _ corpus: [[UInt8]], _ words: [[UInt8]]) {
        let place = below(input.count + 1)
        let length = min(input.count - place, 1 + below(below(8) == 0 ? 512 : 16))
        let part = place..<place + length
        switch below(10) {
        case 0: if place < input.count { input[place] ^= 1 << UInt8(below(8)) }
        case 1: if place < input.count { input[place] = UInt8(truncatingIfNeeded: next()) }
        case 2: input.removeSubrange(part)
        case 3: input.insert(contentsOf: Array(input[part]), at: below(input.count + 1))
        case 4:
            let byte = UInt8(truncatingIfNeeded: next())
            input.insert(contentsOf: Array(repeating: byte, count: 1 + below(32)), at: place)
        case 5:
            let number = Self.numbers[below(Self.numbers.count)] &+ UInt64(bitPattern: Int64(below(3) - 1))
            let size = 1 << below(4)
            let isBig = below(2) == 0
            for index in 0..<min(size, input.count - place) {
                let shift = UInt64(8 * (isBig ? size - 1 - index : index))
                input[place + index] = UInt8(truncatingIfNeeded: number >> shift)
            }
        case 6 where !words.isEmpty: input.insert(contentsOf: words[below(words.count)], at: place)
        case 7: input.insert(contentsOf: "\(Int64(bitPattern: next() >> UInt64(below(64))))".utf8, at: place)
        case 8 where !corpus.isEmpty:
            let other = corpus[below(corpus.count)]
            let from = below(other.count + 1)
            let piece = other[from..<min(other.count, from + 1 + below(256))]
            if below(2) == 0 {
                input.replaceSubrange(part, with: piece)
            } else {
                input.insert(contentsOf: piece, at: place)
            }
        default: input.removeLast(input.count - place)
        }
    }
}
