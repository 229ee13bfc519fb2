/// A date and a time of day without a zone, in the calendar that cron means.
struct CivilTime: Equatable {
    static let secondsPerDay: Int64 = 86_400

    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The civil time so many seconds after 1970-01-01T00:00:00.
    init(seconds: Int64) {
        let days = seconds.flooredQuotient(Self.secondsPerDay)
        let rest = Int(seconds - days * Self.secondsPerDay)
        (year, month, day) = Self.date(days: days)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Seconds after 1970-01-01T00:00:00.
    var seconds: Int64 {
        Self.days(year: year, month: month, day: day) * Self.secondsPerDay + Int64(hour * 3600 + minute * 60 + second)
    }

    /// 0 is Sunday.
    var weekday: Int {
        // 1970-01-01 was a Thursday.
        let days = Self.days(year: year, month: month, day: day)
        return Int((days + 4) - (days + 4).flooredQuotient(7) * 7)
    }

    static func daysIn(month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// Days from 1970-01-01. Years are counted from March, so that the leap day is the last of its year.
    private static func days(year: Int, month: Int, day: Int) -> Int64 {
        let marchYear = Int64(month > 2 ? year : year - 1)
        let era = marchYear.flooredQuotient(400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = Int((5 * dayOfYear + 2) / 153)
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let day = Int(dayOfYear) - (153 * marchMonth + 2) / 5 + 1
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int64 {
    /// The quotient rounded down, for times before 1970.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
