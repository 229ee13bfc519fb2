/// When a job runs: six fields with the seconds first, or a descriptor such as `@every 5m`.
///
/// The rules are those of robfig/cron v3 with seconds, which scripts were written for: `?` is `*`; `n/step` means
/// `n-max/step`; if one of the two day fields is unrestricted both must match, else either suffices; times are UTC
/// unless a prefix `TZ=Area/City` says otherwise.
public struct CronExpression: Sendable, Equatable {
    enum Schedule: Sendable, Equatable {
        case fields(CronFields)
        case every(seconds: Int64)
    }

    /// A rule that matches nothing for so many years (30 February) never runs; further ahead nobody plans.
    static let horizonYears = 5

    let schedule: Schedule
    let zone: TimeZoneRules

    /// Parses a cron text; the error says what is wrong with it.
    public init(parsing text: String) throws(CronError) {
        var parser = CronParser(text)
        (schedule, zone) = try parser.parse()
    }

    /// The first time strictly after `second`, both in seconds since 1970 UTC; nil if there is none for five years.
    public func next(after second: Int64) -> Int64? {
        switch schedule {
        case .every(let seconds): second + seconds
        case .fields(let fields): next(of: fields, after: second)
        }
    }

    /// Searches in local time. A local time that a zone skips has no instant and does not fire; one that it repeats
    /// has two, of which the first counts, so that times which the wall shows again need no second look.
    private func next(of fields: CronFields, after second: Int64) -> Int64? {
        var local = second + zone.offset(at: second)
        let lastYear = CivilTime(seconds: local).year + Self.horizonYears
        while let match = fields.next(after: local, notBeyond: lastYear) {
            if let instant = zone.firstInstant(ofLocal: match), instant > second { return instant }
            local = match
        }
        return nil
    }
}

/// Why a text is no cron expression.
public struct CronError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and with which part.
    public let description: String

    init(_ problem: String) { description = "cron expression failed to be parsed: \(problem)" }
}

/// The six fields of a cron expression as sets of bits.
struct CronFields: Sendable, Equatable {
    var seconds: UInt64
    var minutes: UInt64
    var hours: UInt64
    var days: UInt64
    var months: UInt64
    var weekdays: UInt64
    var isDayUnrestricted: Bool
    var isWeekdayUnrestricted: Bool

    /// The first matching local time strictly after `local`; nil if it lies beyond the end of a year.
    func next(after local: Int64, notBeyond lastYear: Int) -> Int64? {
        var time = CivilTime(seconds: local + 1)
        while time.year <= lastYear {
            if !has(months, time.month) {
                time = nextMonth(time)
            } else if !matchesDay(time) {
                time = CivilTime(seconds: time.seconds - secondOfDay(time) + CivilTime.secondsPerDay)
            } else if let second = nextSecondOfDay(from: time) {
                return time.seconds - secondOfDay(time) + second
            } else {
                time = CivilTime(seconds: time.seconds - secondOfDay(time) + CivilTime.secondsPerDay)
            }
        }
        return nil
    }

    private func has(_ bits: UInt64, _ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    private func matchesDay(_ time: CivilTime) -> Bool {
        let day = has(days, time.day)
        let weekday = has(weekdays, time.weekday)
        return isDayUnrestricted || isWeekdayUnrestricted ? day && weekday : day || weekday
    }

    private func secondOfDay(_ time: CivilTime) -> Int64 {
        Int64(time.hour * 3600 + time.minute * 60 + time.second)
    }

    private func nextMonth(_ time: CivilTime) -> CivilTime {
        time.month == 12
            ? CivilTime(year: time.year + 1, month: 1, day: 1)
            : CivilTime(year: time.year, month: time.month + 1, day: 1)
    }

    /// The first matching second of the day from `time` on.
    private func nextSecondOfDay(from time: CivilTime) -> Int64? {
        for hour in time.hour..<24 where has(hours, hour) {
            let firstMinute = hour == time.hour ? time.minute : 0
            for minute in firstMinute..<60 where has(minutes, minute) {
                let firstSecond = hour == time.hour && minute == time.minute ? time.second : 0
                for second in firstSecond..<60 where has(seconds, second) {
                    return Int64(hour * 3600 + minute * 60 + second)
                }
            }
        }
        return nil
    }
}
