internal import Timestamps

/// Reads the text of a ``CronExpression``.
struct CronParser {
    private struct Field {
        let name: String
        let range: ClosedRange<Int>
        var names: [String] = []
        /// The value of the first name.
        var firstName = 0
    }

    private static let fields = [
        Field(name: "second", range: 0...59),
        Field(name: "minute", range: 0...59),
        Field(name: "hour", range: 0...23),
        Field(name: "day of month", range: 1...31),
        Field(
            name: "month", range: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1),
        Field(name: "day of week", range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    private static let descriptors = [
        "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0",
        "@daily": "0 0 0 * * *", "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
    ]

    /// A hundred years: what is longer is a mistake, and far from overflowing.
    private static let longestPeriod = Duration.seconds(3_200_000_000)

    private var text: Substring

    init(_ text: String) { self.text = text[...] }

    mutating func parse() throws(CronError) -> (CronExpression.Schedule, TimeZoneRules) {
        text = text.drop { $0.isWhitespace }
        let zone = try parseZone()
        let words = text.split { $0.isWhitespace }.map(String.init)
        if words.first?.hasPrefix("@") == true { return (try parseDescriptor(words.joined(separator: " ")), zone) }
        return (.fields(try parseFields(words)), zone)
    }

    private mutating func parseZone() throws(CronError) -> TimeZoneRules {
        guard text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ="), let equals = text.firstIndex(of: "=") else {
            return .utc
        }
        let rest = text[text.index(after: equals)...]
        let name = rest.prefix { !$0.isWhitespace }
        text = rest[name.endIndex...]
        guard let zone = TimeZoneRules(named: String(name)) else {
            throw CronError("there is no time zone \(name) here: is the package tzdata installed?")
        }
        return zone
    }

    private func parseDescriptor(_ descriptor: String) throws(CronError) -> CronExpression.Schedule {
        if let fields = Self.descriptors[descriptor.lowercased()] {
            return .fields(try parseFields(fields.split(separator: " ").map(String.init)))
        }
        let every = "@every "
        guard descriptor.hasPrefix(every) else {
            throw CronError(
                "unknown descriptor \(descriptor): use @yearly, @monthly, @weekly, @daily, @hourly or @every 5m")
        }
        let duration = descriptor.dropFirst(every.count)
        guard let period = GoDuration.parse(String(duration)), (.zero...Self.longestPeriod).contains(period) else {
            throw CronError("\(duration) is no duration: write it like 90s, 5m or 1h30m")
        }
        return .every(seconds: max(1, period.components.seconds))
    }

    private func parseFields(_ words: [String]) throws(CronError) -> CronFields {
        guard words.count == Self.fields.count else {
            let hint = words.count == 5 ? ": put the seconds in front, as in 0 \(words.joined(separator: " "))" : ""
            throw CronError(
                "expected exactly 6 fields, found \(words.count): [\(words.joined(separator: " "))]\(hint)")
        }
        var sets: [(bits: UInt64, isUnrestricted: Bool)] = []
        for (field, word) in zip(Self.fields, words) { sets.append(try parse(word, as: field)) }
        return CronFields(
            seconds: sets[0].bits, minutes: sets[1].bits, hours: sets[2].bits, days: sets[3].bits,
            months: sets[4].bits, weekdays: sets[5].bits, isDayUnrestricted: sets[3].isUnrestricted,
            isWeekdayUnrestricted: sets[5].isUnrestricted)
    }

    private func parse(_ word: String, as field: Field) throws(CronError) -> (bits: UInt64, isUnrestricted: Bool) {
        var bits: UInt64 = 0
        var isUnrestricted = false
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            let (range, step, isStar) = try parseRange(part, as: field)
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << UInt64(value)
            }
            // With a step a star is a restriction like any other.
            if isStar && step == 1 { isUnrestricted = true }
        }
        return (bits, isUnrestricted)
    }

    private func parseRange(
        _ part: Substring, as field: Field
    ) throws(CronError) -> (range: ClosedRange<Int>, step: Int, isStar: Bool) {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
        guard let extent = pieces.first, pieces.count <= 2 else { throw invalid(part, field, "has too many slashes") }
        let bounds = extent.split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count <= 2 else { throw invalid(part, field, "has too many hyphens") }
        let step = pieces.count == 2 ? try number(pieces[1], part, field) : 1
        guard step > 0 else { throw invalid(part, field, "has a step of 0") }
        if extent == "*" || extent == "?" { return (field.range, step, true) }

        let low = try value(bounds[0], part, field)
        // A single value with a step goes on to the end: 5/10 is 5-59/10.
        let openEnd = pieces.count == 2 ? field.range.upperBound : low
        let high = bounds.count == 2 ? try value(bounds[1], part, field) : openEnd
        guard field.range.contains(low), field.range.contains(high) else {
            throw invalid(part, field, "is outside \(field.range.lowerBound) to \(field.range.upperBound)")
        }
        guard low <= high else { throw invalid(part, field, "ends before it begins") }
        return (low...high, step, false)
    }

    private func value(_ text: Substring, _ part: Substring, _ field: Field) throws(CronError) -> Int {
        if let index = field.names.firstIndex(of: text.lowercased()) { return index + field.firstName }
        return try number(text, part, field)
    }

    private func number(_ text: Substring, _ part: Substring, _ field: Field) throws(CronError) -> Int {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text) else {
            throw invalid(part, field, "is no number")
        }
        return number
    }

    private func invalid(_ part: Substring, _ field: Field, _ problem: String) -> CronError {
        CronError("\"\(part)\" for the \(field.name) \(problem)")
    }
}
