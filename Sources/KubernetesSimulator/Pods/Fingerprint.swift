/// Hexadecimal texts that look random and are always the same for the same input: identities for demonstrations.
enum Fingerprint {
    static func hex(_ text: String, count: Int) -> String {
        var state = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        var digits = ""
        while digits.utf8.count < count {
            // One step of splitmix64, whose neighbouring states give unlike values.
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            let part = String(word ^ (word >> 31), radix: 16)
            digits += String(repeating: "0", count: 16 - part.utf8.count) + part
        }
        return String(digits.prefix(count))
    }

    static func uuid(_ text: String) -> String {
        let digits = hex(text, count: 32)
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// A number from 0 up to `bound`.
    static func number(_ text: String, below bound: Int) -> Int {
        (Int(hex(text, count: 8), radix: 16) ?? 0) % bound
    }
}
