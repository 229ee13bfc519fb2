/// The last line of a zone file: an offset, and if the zone changes its clocks, when; for example
/// `CET-1CEST,M3.5.0,M10.5.0/3` (RFC 8536, section 3.3).
struct DaylightRule: Sendable, Equatable {
    /// The n-th weekday of a month, 5 being the last, at a second of that day.
    struct Change: Sendable, Equatable {
        let month: Int
        let week: Int
        let weekday: Int
        let second: Int64

        /// The local time of this change in a year.
        func local(in year: Int) -> Int64 {
            let first = CivilTime(year: year, month: month, day: 1)
            var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            while day > CivilTime.daysIn(month: month, of: year) { day -= 7 }
            return CivilTime(year: year, month: month, day: day).seconds + second
        }
    }

    private let standard: Int64
    private let daylight: Int64
    private let changes: (begin: Change, end: Change)?

    static func == (a: DaylightRule, b: DaylightRule) -> Bool {
        a.standard == b.standard && a.daylight == b.daylight && a.changes?.begin == b.changes?.begin
            && a.changes?.end == b.changes?.end
    }

    /// nil for an empty line, and for forms that no zone uses today.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var names = Self.Names(parts.first ?? "")
        guard let standard = names.next() else { return nil }
        self.standard = standard.offset ?? 0
        guard let daylight = names.next() else {
            self.daylight = self.standard
            changes = nil
            return
        }
        // Without a number daylight saving time is one hour.
        self.daylight = daylight.offset ?? self.standard + 3600
        guard parts.count == 3, let begin = Change(parts[1]), let end = Change(parts[2]) else { return nil }
        changes = (begin, end)
    }

    func offset(at instant: Int64) -> Int64 {
        guard let changes else { return standard }
        let year = CivilTime(seconds: instant + standard).year
        let begin = changes.begin.local(in: year) - standard
        let end = changes.end.local(in: year) - daylight
        // In the south summer spans the turn of the year.
        let isDaylight = begin < end ? begin <= instant && instant < end : !(end <= instant && instant < begin)
        return isDaylight ? daylight : standard
    }

    /// Zone names with offsets, such as `CET-1CEST` or `<+0330>-3:30`.
    private struct Names {
        private var rest: Substring

        init(_ text: Substring) { rest = text }

        mutating func next() -> (name: Substring, offset: Int64?)? {
            let name: Substring
            if rest.first == "<" {
                name = rest.prefix { $0 != ">" }
                rest = rest[name.endIndex...].dropFirst()
            } else {
                name = rest.prefix { $0.isLetter }
                rest = rest[name.endIndex...]
            }
            guard !name.isEmpty else { return nil }
            let number = rest.prefix { $0.isNumber || "+-:".contains($0) }
            rest = rest[number.endIndex...]
            // The sign is what must be added to local time, hence the other way round.
            return (name, DaylightRule.seconds(number).map { -$0 })
        }
    }

    /// Seconds of `[-]h[:m[:s]]`; nil for an empty text.
    fileprivate static func seconds(_ text: Substring) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":").map { Int64($0) ?? 0 }
        guard let hours = parts.first else { return nil }
        let sum = hours * 3600 + (parts.count > 1 ? parts[1] * 60 : 0) + (parts.count > 2 ? parts[2] : 0)
        return isNegative ? -sum : sum
    }
}

extension DaylightRule.Change {
    /// Reads `M3.5.0` or `M10.5.0/3`; without a time it is 02:00.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/")
        guard let day = parts.first, day.hasPrefix("M") else { return nil }
        let numbers = day.dropFirst().split(separator: ".").compactMap { Int($0) }
        guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]),
            (0...6).contains(numbers[2])
        else { return nil }
        let twoOClock: Int64 = 7200
        self.init(
            month: numbers[0], week: numbers[1], weekday: numbers[2],
            second: parts.count > 1 ? DaylightRule.seconds(parts[1]) ?? twoOClock : twoOClock)
    }
}
