internal import ProcessInput
internal import Subprocess

/// Runs `Tests/cluster/control-plane`.
enum ControlPlaneScript {
    /// The most a command may print; the largest, a `kubectl get` of a test, stays far below.
    private static let outputLimit = 16 << 20

    /// The script, found by the place of this file in the repository.
    private static let path: String = {
        let folders = #filePath.split(separator: "/").dropLast(3)
        return "/" + folders.joined(separator: "/") + "/cluster/control-plane"
    }()

    /// What a command prints. Its messages are in the error, if it fails.
    static func run(_ arguments: [String], input: String = "") async throws -> String {
        let result = try await Subprocess.run(
            .name("bash"), arguments: Arguments([path] + arguments), input: try .text(input),
            output: .string(limit: outputLimit), error: .string(limit: outputLimit))
        guard result.terminationStatus.isSuccess else {
            throw ControlPlaneError.commandFailed(
                command: arguments.joined(separator: " "), status: "\(result.terminationStatus)",
                message: result.standardError)
        }
        return result.standardOutput
    }
}
