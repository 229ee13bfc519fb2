import Testing
import Timestamps

@Suite("Moments")
struct TimestampTests {
    @Test(
        "RFC 3339 times are read exactly",
        arguments: [
            ("1970-01-01T00:00:00Z", .zero),
            ("2023-11-14T22:13:20Z", .seconds(1_700_000_000)),
            ("2023-11-14T22:13:20.25Z", .milliseconds(1_700_000_000_250)),
            ("2023-11-14t23:13:20.000000001+01:00", .seconds(1_700_000_000)),
            ("2023-11-14 17:43:20.1234567899-04:30", .seconds(1_700_000_000) + .microseconds(123_456)),
            ("2000-02-29T00:00:00Z", .seconds(951_782_400)),
            ("2024-02-29T23:59:60Z", .seconds(1_709_251_200)),
            ("2100-03-01T00:00:00Z", .seconds(4_107_542_400)),
            ("1969-12-31T23:59:59Z", .seconds(-1)),
            ("9999-12-31T23:59:59Z", .seconds(253_402_300_799)),
        ] as [(String, Duration)])
    func parsing(text: String, expected: Duration) {
        #expect(Timestamp(text)?.sinceEpoch == expected)
    }

    @Test(
        "what is no RFC 3339 time is nil",
        arguments: [
            "", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13Z", "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-01-00T00:00:00Z",
            "2023-11-14T24:00:00Z", "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z", "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20+0100", "2023-11-14T22:13:20+01:60", "2023-11-14T22:13:20ZZ", " 2023-11-14T22:13:20Z",
            "23-11-14T22:13:20Z", "2023-11-14T22:13:20-", "1700000000",
        ])
    func notATime(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "a moment is printed as it is read",
        arguments: [0, 1, -1, 951_782_399, 951_868_800, 4_107_542_400, -62_135_596_800])
    func printing(seconds: Int) {
        let time = Timestamp(sinceEpoch: .seconds(seconds))
        #expect(Timestamp(time.description) == time)
    }

    @Test("the description is RFC 3339 in UTC")
    func description() {
        #expect(Timestamp(sinceEpoch: .milliseconds(1_700_000_000_999)).description == "2023-11-14T22:13:20.999000Z")
        #expect(Timestamp(sinceEpoch: .seconds(1_700_000_000)).description == "2023-11-14T22:13:20Z")
        #expect(Timestamp(sinceEpoch: .seconds(1_700_000_000)).withMicroseconds == "2023-11-14T22:13:20.000000Z")
    }
}
