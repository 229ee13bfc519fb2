import Subprocess

/// A piece of shell, for what needs signals and pipes.
enum ShellRun {
    static func run(_ text: String) async throws -> TerminationStatus {
        try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", text], output: .discarded, error: .discarded
        ).terminationStatus
    }
}
