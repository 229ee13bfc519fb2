package import Timestamps

/// Dates in HTTP headers (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// The moment that a date names, if it is one in today's format.
    package static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            let day = Int(parts[1])
        else { return nil }
        return Timestamp("\(parts[3])-\(two(month + 1))-\(two(day))T\(parts[4])Z")
    }

    /// The date of a moment, to the second.
    package static func text(_ time: Timestamp) -> String {
        // `2026-01-31T23:59:59Z`
        let iso = time.wholeSecond.description
        let fields = iso.split { "-T:Z".contains($0) }
        guard fields.count == 6, let month = Int(fields[1]), months.indices.contains(month - 1) else { return iso }
        let seconds = time.wholeSecond.microseconds / 1_000_000
        let day = days[Int(((seconds / 86_400) % 7 + 7) % 7)]
        return "\(day), \(fields[2]) \(months[month - 1]) \(fields[0]) \(fields[3]):\(fields[4]):\(fields[5]) GMT"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// How long a `Retry-After` header (seconds, or a date) asks to wait; nil if it does not say.
    static func wait(_ retryAfter: String?, now: Timestamp) -> Duration? {
        guard let retryAfter else { return nil }
        if let seconds = Double(retryAfter), seconds >= 0, seconds < 1e9 { return .seconds(seconds) }
        return parse(retryAfter).map { max($0 - now, .zero) }
    }
}
