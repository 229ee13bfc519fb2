internal import Glibc

/// A moment of wall-clock time, counted from the start of 1970 in UTC.
public struct UnixTime: Sendable, Hashable {
    /// The time since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let sinceEpoch: Duration

    /// The moment this long after the start of 1970.
    public init(sinceEpoch: Duration) { self.sinceEpoch = sinceEpoch }

    /// The present, by the system's clock.
    public static func now() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(sinceEpoch: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
    }
}

extension UnixTime: Comparable {
    /// Whether `a` is before `b`.
    public static func < (a: UnixTime, b: UnixTime) -> Bool { a.sinceEpoch < b.sinceEpoch }
    /// A later moment.
    public static func + (time: UnixTime, distance: Duration) -> UnixTime {
        UnixTime(sinceEpoch: time.sinceEpoch + distance)
    }
    /// The time from `b` to `a`.
    public static func - (a: UnixTime, b: UnixTime) -> Duration { a.sinceEpoch - b.sinceEpoch }
}

extension UnixTime: CustomStringConvertible {
    /// Parses a date and time such as `2025-01-31T12:00:00.5+01:00` (RFC 3339 section 5.6); nil if it is none.
    public init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.number(&rest, digits: 4), Self.skip("-", &rest),
            let month = Self.number(&rest, digits: 2), 1...12 ~= month, Self.skip("-", &rest),
            let day = Self.number(&rest, digits: 2), 1...Self.days(inMonth: month, year: year) ~= day,
            Self.skip("Tt ", &rest),
            let hour = Self.number(&rest, digits: 2), hour < 24, Self.skip(":", &rest),
            let minute = Self.number(&rest, digits: 2), minute < 60, Self.skip(":", &rest),
            // 60 is a leap second.
            let second = Self.number(&rest, digits: 2), second <= 60,
            let fraction = Self.fraction(&rest), let offset = Self.zoneOffset(&rest), rest.isEmpty
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset
        sinceEpoch = .seconds(seconds) + fraction
    }

    /// The moment in UTC, to the second, as RFC 3339 has it.
    public var description: String {
        let seconds = Int(sinceEpoch.components.seconds)
        let day = seconds.quotient(flooring: 86_400)
        let time = seconds - day * 86_400
        let (year, month, dayOfMonth) = Self.date(daysSinceEpoch: day)
        let pad = { (number: Int, width: Int) in
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))"
            + "T\(pad(time / 3600, 2)):\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2))Z"
    }

    // MARK: Parsing

    private static func number(_ text: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        let head = text.prefix(digits)
        guard head.count == digits, head.allSatisfy(isDigit) else { return nil }
        text = text.dropFirst(digits)
        return head.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Skips one character of `characters`.
    private static func skip(_ characters: String, _ text: inout ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, characters.utf8.contains(first) else { return false }
        text = text.dropFirst()
        return true
    }

    /// The fraction of a second, to the nanosecond; zero if there is none, nil if there is a point without digits.
    private static func fraction(_ text: inout ArraySlice<UInt8>) -> Duration? {
        guard skip(".", &text) else { return .zero }
        let digits = text.prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        text = text.dropFirst(digits.count)
        let nanoseconds = (0..<9).reduce(0) { value, place in
            let digit = place < digits.count ? Int(digits[digits.startIndex + place] - UInt8(ascii: "0")) : 0
            return value * 10 + digit
        }
        return .nanoseconds(nanoseconds)
    }

    /// The seconds by which local time is ahead of UTC.
    private static func zoneOffset(_ text: inout ArraySlice<UInt8>) -> Int? {
        if skip("Zz", &text) { return 0 }
        let sign = text.first == UInt8(ascii: "-") ? -1 : 1
        guard skip("+-", &text), let hour = number(&text, digits: 2), hour < 24, skip(":", &text),
            let minute = number(&text, digits: 2), minute < 60
        else { return nil }
        return sign * (hour * 60 + minute) * 60
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: The calendar
    // Years are counted from March, so that the leap day is a year's last; 400 years have 146,097 days.

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let era = marchYear.quotient(flooring: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.quotient(flooring: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Int {
    /// The quotient rounded down, also for negative numbers.
    fileprivate func quotient(flooring divisor: Int) -> Int {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
