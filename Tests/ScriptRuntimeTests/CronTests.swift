import Testing

@testable import ScriptRuntime

@Suite("Cron expressions")
struct CronTests {
    private func seconds(_ text: String) -> Int64 {
        let n = text.split { !$0.isNumber }.compactMap { Int($0) }
        return CivilTime(year: n[0], month: n[1], day: n[2], hour: n[3], minute: n[4], second: n[5]).seconds
    }

    private func text(_ seconds: Int64) -> String {
        let t = CivilTime(seconds: seconds)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(t.year)-\(two(t.month))-\(two(t.day)) \(two(t.hour)):\(two(t.minute)):\(two(t.second))"
    }

    private func times(_ cron: String, after start: String, count: Int) throws -> [String] {
        let expression = try CronExpression(parsing: cron)
        var out: [String] = []
        var now = seconds(start)
        while out.count < count, let next = expression.next(after: now) {
            out.append(text(next))
            now = next
        }
        return out
    }

    @Test(
        "the next times are those of robfig/cron",
        arguments: [
            ("0 */1 * * * *", "2026-03-01 10:00:00", ["2026-03-01 10:01:00", "2026-03-01 10:02:00"]),
            ("*/10 * * * * *", "2026-03-01 10:00:05", ["2026-03-01 10:00:10", "2026-03-01 10:00:20"]),
            ("* * * * * *", "2026-12-31 23:59:58", ["2026-12-31 23:59:59", "2027-01-01 00:00:00"]),
            ("20 * * * * *", "2026-03-01 10:00:20", ["2026-03-01 10:01:20", "2026-03-01 10:02:20"]),
            ("0 0 * * * *", "2026-02-28 23:30:00", ["2026-03-01 00:00:00", "2026-03-01 01:00:00"]),
            ("0 30 9 * * 1-5", "2026-03-06 09:30:00", ["2026-03-09 09:30:00", "2026-03-10 09:30:00"]),
            (
                "0 0 0 1,15 * mon", "2026-03-01 00:00:00",
                ["2026-03-02 00:00:00", "2026-03-09 00:00:00", "2026-03-15 00:00:00", "2026-03-16 00:00:00"]
            ),
            ("0 0 0 13 * ?", "2026-03-01 00:00:00", ["2026-03-13 00:00:00", "2026-04-13 00:00:00"]),
            ("0 0 0 * * FRI", "2026-03-01 00:00:00", ["2026-03-06 00:00:00", "2026-03-13 00:00:00"]),
            ("0 0 0 */2 * 1", "2026-03-01 00:00:00", ["2026-03-02 00:00:00", "2026-03-03 00:00:00"]),
            ("*/60 * * * * *", "2026-03-01 10:00:00", ["2026-03-01 10:01:00", "2026-03-01 10:02:00"]),
            (
                "5/20 * * * * *", "2026-03-01 10:00:00",
                ["2026-03-01 10:00:05", "2026-03-01 10:00:25", "2026-03-01 10:00:45"]
            ),
            ("0 0 0 29 feb *", "2026-01-01 00:00:00", ["2028-02-29 00:00:00"]),
            ("0 0 12 31 * *", "2026-01-31 12:00:00", ["2026-03-31 12:00:00", "2026-05-31 12:00:00"]),
            ("0 0 0 30 2 *", "2026-01-01 00:00:00", []),
            ("@hourly", "2026-03-01 10:59:59", ["2026-03-01 11:00:00"]),
            ("@weekly", "2026-03-02 00:00:00", ["2026-03-08 00:00:00"]),
            ("@every 1h30m", "2026-03-01 10:00:07", ["2026-03-01 11:30:07", "2026-03-01 13:00:07"]),
            ("@every 300ms", "2026-03-01 10:00:00", ["2026-03-01 10:00:01"]),
            ("TZ=Europe/Berlin 0 30 2 * * *", "2026-03-28 00:00:00", ["2026-03-28 01:30:00", "2026-03-30 00:30:00"]),
            (
                "CRON_TZ=Europe/Berlin 0 30 2 * * *", "2026-10-24 12:00:00",
                ["2026-10-25 00:30:00", "2026-10-26 01:30:00"]
            ),
            ("TZ=America/New_York 0 0 9 * * *", "2040-07-01 00:00:00", ["2040-07-01 13:00:00"]),
            (
                "TZ=Australia/Sydney 0 0 9 1 1,7 *", "2040-01-15 00:00:00",
                ["2040-06-30 23:00:00", "2040-12-31 22:00:00"]
            ),
        ])
    func next(cron: String, start: String, expected: [String]) throws {
        #expect(try times(cron, after: start, count: max(1, expected.count)) == expected)
    }

    @Test(
        "what is wrong is said, and with which part",
        arguments: [
            (
                "* * * * *",
                "expected exactly 6 fields, found 5: [* * * * *]: put the seconds in front, as in 0 * * * * *"
            ),
            ("", "expected exactly 6 fields, found 0: []"),
            ("* * * * * 7", "\"7\" for the day of week is outside 0 to 6"),
            ("60 * * * * *", "\"60\" for the second is outside 0 to 59"),
            ("* * 22-2 * * *", "\"22-2\" for the hour ends before it begins"),
            ("*/0 * * * * *", "\"*/0\" for the second has a step of 0"),
            ("a * * * * *", "\"a\" for the second is no number"),
            ("1,,2 * * * * *", "\"\" for the second is no number"),
            ("1/2/3 * * * * *", "\"1/2/3\" for the second has too many slashes"),
            ("* * * 0 * *", "\"0\" for the day of month is outside 1 to 31"),
            ("* * * * jan/feb *", "\"jan/feb\" for the month is no number"),
            ("@often", "unknown descriptor @often: use @yearly, @monthly, @weekly, @daily, @hourly or @every 5m"),
            ("@every soon", "soon is no duration: write it like 90s, 5m or 1h30m"),
            ("@every -5m", "-5m is no duration: write it like 90s, 5m or 1h30m"),
            ("TZ=Mars/Base * * * * * *", "there is no time zone Mars/Base here: is the package tzdata installed?"),
            (
                "TZ=../../etc/passwd * * * * * *",
                "there is no time zone ../../etc/passwd here: is the package tzdata installed?"
            ),
        ])
    func errors(cron: String, problem: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(parsing: cron) }
        #expect(error?.description == "cron expression failed to be parsed: \(problem)")
    }

    @Test("civil time and seconds agree from 1900 to 2100")
    func civilTime() {
        var seconds = CivilTime(year: 1900, month: 1, day: 1).seconds
        let end = CivilTime(year: 2100, month: 1, day: 1).seconds
        var weekday = CivilTime(seconds: seconds).weekday
        #expect(weekday == 1)
        while seconds < end {
            let time = CivilTime(seconds: seconds)
            guard time.seconds == seconds, time.weekday == weekday else {
                Issue.record("\(seconds) is \(time)")
                return
            }
            seconds += CivilTime.secondsPerDay
            weekday = (weekday + 1) % 7
        }
    }

    @Test(
        "a damaged zone file is no zone",
        arguments: [[], Array("TZif".utf8), Array("TZif2".utf8) + Array(repeating: 0xff, count: 200)])
    func damagedZone(bytes: [UInt8]) {
        #expect(TimeZoneRules(file: bytes) == nil)
    }
}
