import ProcessInput
import Subprocess
import Testing

@Suite("Input of processes")
struct ProcessInputTests {
    /// More than a pipe holds.
    private static let long = String(repeating: "a line of some length\n", count: 50_000)

    @Test("a process reads all of it", arguments: ["", "é", long])
    func all(text: String) async throws {
        let result = try await Subprocess.run(
            .name("cat"), input: try .text(text), output: .string(limit: 1 << 22), error: .discarded)
        #expect(result.standardOutput == text)
    }

    @Test("a process that ends without reading it ends alone")
    func unread() async throws {
        let result = try await Subprocess.run(
            .name("false"), input: try .text(Self.long), output: .discarded, error: .discarded)
        #expect(result.terminationStatus == .exited(1))
    }
}
