import KubernetesClient
import Testing

@Suite("Resource versions")
struct ResourceVersionTests {
    @Test("an empty text is no version")
    func empty() { #expect(ResourceVersion("") == nil) }

    @Test(
        "numbers are compared by value, and anything else is older than nothing",
        arguments: [
            ("9", "10", true), ("10", "9", false), ("7", "7", false), ("abc", "10", false), ("10", "abc", false),
            ("18446744073709551614", "18446744073709551615", true), ("1", "18446744073709551616", false),
            ("-1", "1", false), ("1", "2x", false), ("007", "8", true),
        ])
    func order(a: String, b: String, isOlder: Bool) throws {
        #expect(try #require(ResourceVersion(a)).isOlder(than: try #require(ResourceVersion(b))) == isOlder)
    }
}
