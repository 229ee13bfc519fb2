internal import Timestamps

/// The one form in which filters write a moment: `1/2/2006, 3:04:05.000 PM`, in UTC.
enum FilterDate {
    /// Milliseconds since 1970; nil if the text has another form.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = Substring(text)
        func number(_ digits: ClosedRange<Int>) -> Int? {
            let found = rest.prefix { $0.isASCII && $0.isNumber }
            guard digits ~= found.count, let value = Int(found) else { return nil }
            rest = rest.dropFirst(found.count)
            return value
        }
        func mark(_ mark: String) -> Bool {
            guard rest.hasPrefix(mark) else { return false }
            rest = rest.dropFirst(mark.count)
            return true
        }
        guard let month = number(1...2), mark("/"), let day = number(1...2), mark("/"), let year = number(4...4),
            mark(", "), let hour = number(1...2), mark(":"), let minute = number(2...2), mark(":"),
            let second = number(2...2), mark("."), let fraction = number(3...3), mark(" "),
            rest == "AM" || rest == "PM", 1...12 ~= hour
        else { return nil }
        let hour24 = hour % 12 + (rest == "PM" ? 12 : 0)
        func padded(_ value: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)"
        }
        let standard =
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + "\(padded(hour24, 2)):\(padded(minute, 2)):\(padded(second, 2)).\(padded(fraction, 3))Z"
        return Timestamp(standard).map { $0.microseconds / 1_000 }
    }
}
