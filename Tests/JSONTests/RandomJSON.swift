import JSON

/// A repeatable source of JSON values and of damage to their texts (SplitMix64).
struct RandomJSON: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Any tree at most so deep.
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &self) {
        case 0: return .null
        case 1: return .boolean(.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3: return .double(fraction())
        case 4, 5: return .string(string())
        case 6, 7:
            var object: JSONValue = [:]
            for _ in 0..<Int.random(in: 0...6, using: &self) { object[string()] = value(depth: depth - 1) }
            return object
        default: return .array((0..<Int.random(in: 0...6, using: &self)).map { _ in value(depth: depth - 1) })
        }
    }

    /// The text with one to four bytes changed, removed, doubled, or everything behind a place cut off.
    mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard let place = text.indices.randomElement(using: &self) else { return text }
            switch Int.random(in: 0..<5, using: &self) {
            case 0: text[place] = UInt8(truncatingIfNeeded: next())
            case 1: text[place] = Self.telling.randomElement(using: &self) ?? 0
            case 2: text.remove(at: place)
            case 3: text.insert(text[place], at: place)
            default: text.removeSubrange(place...)
            }
        }
        return text
    }

    /// Bytes that mean something in JSON.
    private static let telling = Array("{}[]\",:\\u0-.eEtfn \n".utf8)

    /// A number that no integer can hold, so that it stays a double when it is written and read.
    private mutating func fraction() -> Double {
        while true {
            let value = Double(bitPattern: next())
            if value.isFinite, value != value.rounded() || abs(value) > 1e19 { return value }
        }
    }

    private mutating func string() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "\"", "\\", "/", "\0", "\n", "\u{1f}", "\u{7f}", "é", "€", "😀", "\u{ffff}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...20, using: &self) {
            text.unicodeScalars.append(alphabet.randomElement(using: &self) ?? "a")
        }
        return text
    }
}
