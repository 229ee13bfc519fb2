import FoundationEssentials
package import Subprocess

/// The program `remora`, as it was built beside these tests.
package enum RemoraProgram {
    /// What it printed, and how it ended.
    package struct Result: Equatable {
        package var status: TerminationStatus
        package var output: String
        package var errors: String
    }

    /// The most it may print: hundreds of events with their objects.
    private static let outputLimit = 64 << 20

    /// The test bundle is a program, and its folder is that of all products.
    package static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/remora"
    }()

    /// Runs it to its end.
    package static func run(_ arguments: [String]) async throws -> Result {
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([path] + arguments), output: .string(limit: outputLimit),
            error: .string(limit: outputLimit))
        return Result(
            status: result.terminationStatus, output: result.standardOutput, errors: result.standardError)
    }
}
