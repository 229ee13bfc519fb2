/// Durations as Go's `time.ParseDuration` reads them, which is how Kubeshark's configuration writes them: `300ms`,
/// `1h30m`, `0`.
package enum GoDuration {
    /// The duration that the text stands for; nil if it is none or does not fit 64 bits of nanoseconds, as in Go.
    package static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { return nil }
        var nanoseconds = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { "0123456789.".contains($0) }
            guard digits.contains(where: \.isNumber), let number = Double(digits.hasPrefix(".") ? "0" + digits : digits)
            else { return nil }
            rest.removeFirst(digits.count)
            let unit = rest.prefix { !"0123456789.".contains($0) }
            guard let length = units[String(unit)] else { return nil }
            rest.removeFirst(unit.count)
            nanoseconds += number * length
        }
        guard nanoseconds < 9.2e18 else { return nil }
        return .nanoseconds(Int64(isNegative ? -nanoseconds : nanoseconds))
    }

    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
}
