import KubernetesSimulator
import Testing

@Suite struct TimestampTests {
    @Test(
        "moments are written as the API writes them, and read back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        ])
    func seconds(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
        #expect(Timestamp(text) == Timestamp(seconds: seconds))
    }

    @Test("microseconds are kept where the API keeps them")
    func microseconds() {
        let time = Timestamp(seconds: 1, microseconds: 250)
        #expect(time.withMicroseconds == "1970-01-01T00:00:01.000250Z")
        #expect(Timestamp(time.withMicroseconds) == time)
        #expect(Timestamp("yesterday") == nil)
    }
}
