internal import Timestamps

/// Times as items write them.
enum TimeText {
    /// RFC 3339 in UTC with nine digits behind the second.
    static func rfc3339(_ nanoseconds: Int64) -> String {
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
        return prefix(seconds) + fraction(rest)
    }

    /// The date and the time to the second.
    static func prefix(_ seconds: Int64) -> String {
        String(Timestamp(microseconds: seconds * 1_000_000).description.dropLast())
    }

    /// `.000000000Z`.
    static func fraction(_ nanoseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: 11) { text in
            text[0] = UInt8(ascii: ".")
            text[10] = UInt8(ascii: "Z")
            var rest = nanoseconds
            for place in stride(from: 9, through: 1, by: -1) {
                text[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return 11
        }
    }
}
