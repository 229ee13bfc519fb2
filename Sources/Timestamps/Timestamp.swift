internal import Glibc

/// A moment of wall-clock time as the API writes it: RFC 3339, to the microsecond.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    /// A time from its distance to 1970.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// A time from its distance to 1970; what is beyond a microsecond is cut.
    public init(sinceEpoch distance: Duration) {
        let (seconds, attoseconds) = distance.components
        microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// The present, by the system's clock.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Reads a date and time such as `2026-01-31T23:59:59.5+01:00` (RFC 3339 section 5.6); nil if the text is none.
    /// What is beyond a microsecond is cut.
    public init?(_ text: String) {
        var text = text
        guard let value = text.withUTF8(Self.parse) else { return nil }
        microseconds = value
    }

    /// Reads the same from UTF-8 bytes.
    public init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard let value = Self.parse(text) else { return nil }
        microseconds = value
    }

    /// The time since 1970-01-01T00:00:00Z.
    public var sinceEpoch: Duration { .microseconds(microseconds) }

    /// The same moment without what is beyond the second.
    public var wholeSecond: Timestamp {
        Timestamp(microseconds: microseconds.floorDivided(by: 1_000_000) * 1_000_000)
    }

    /// Earlier is less.
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// A later moment.
    public static func + (time: Timestamp, distance: Duration) -> Timestamp {
        Timestamp(sinceEpoch: time.sinceEpoch + distance)
    }

    /// The time from `b` to `a`.
    public static func - (a: Timestamp, b: Timestamp) -> Duration { a.sinceEpoch - b.sinceEpoch }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, as meta/v1 Time; with six digits after the second if they are not zero.
    public var description: String { text(withFraction: microseconds % 1_000_000 != 0) }

    /// RFC 3339 in UTC, always with six digits after the second, as meta/v1 MicroTime.
    public var withMicroseconds: String { text(withFraction: true) }

    private func text(withFraction: Bool) -> String {
        let seconds = microseconds.floorDivided(by: 1_000_000)
        let fraction = microseconds - seconds * 1_000_000
        let days = seconds.floorDivided(by: 86_400)
        let time = seconds - days * 86_400
        let (year, month, day) = Self.civil(days)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        func padded(_ value: Int64, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)"
        }
        let date = "\(padded(year, 4))-\(two(month))-\(two(day))"
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        return "\(date)T\(clock)\(withFraction ? ".\(padded(fraction, 6))" : "")Z"
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 20 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for i in start..<start + count {
                guard i < text.count else { return nil }
                let digit = text[i] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        func isMark(_ position: Int, _ marks: StaticString) -> Bool {
            UnsafeBufferPointer(start: marks.utf8Start, count: marks.utf8CodeUnitCount).contains(text[position])
        }
        guard let year = number(0, 4), isMark(4, "-"), let month = number(5, 2), isMark(7, "-"),
            let day = number(8, 2), isMark(10, "Tt "), let hour = number(11, 2), isMark(13, ":"),
            let minute = number(14, 2), isMark(16, ":"), let second = number(17, 2),
            1...12 ~= month, 1...days(inMonth: month, year) ~= day, hour < 24, minute < 60,
            // 60 is a leap second.
            second <= 60
        else { return nil }

        var position = 19
        var fraction: Int64 = 0
        if text[position] == UInt8(ascii: ".") {
            position += 1
            var scale: Int64 = 100_000
            let start = position
            while position < text.count, text[position] &- UInt8(ascii: "0") < 10 {
                fraction += Int64(text[position] &- UInt8(ascii: "0")) * scale
                scale /= 10
                position += 1
            }
            guard position > start else { return nil }
        }
        guard position < text.count else { return nil }
        var offset: Int64 = 0
        switch text[position] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard position + 1 == text.count else { return nil }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard position + 6 == text.count, let hours = number(position + 1, 2), isMark(position + 3, ":"),
                let minutes = number(position + 4, 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (text[position] == UInt8(ascii: "-") ? -1 : 1)
        default: return nil
        }
        let seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private static func days(inMonth month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // The two conversions between a date and a number of days count years from March, so that the leap day comes last,
    // in eras of 400 years, after which the Gregorian calendar repeats.

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.floorDivided(by: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        // 1970-01-01 is day 719,468 of that count.
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
