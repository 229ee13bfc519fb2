public import ArgumentParser
internal import Glibc

/// The command line: `remora SUBCOMMAND`.
public struct Remora: AsyncParsableCommand {
    /// Names the command and lists its subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "remora",
        abstract: "Hooks for what happens in a Kubernetes cluster.",
        version: "remora \(version)",
        subcommands: [
            RunCommand.self, ScriptsCommand.self, CheckCommand.self, InitCommand.self, DissectCommand.self,
            WatchCommand.self, HubCommand.self, WorkerCommand.self, SnapshotsCommand.self,
            ConsoleCommand.self, StatusCommand.self, JobsCommand.self, DoctorCommand.self, ConfigCommand.self,
            DemoCommand.self,
        ])

    /// The version, as in CHANGELOG.md.
    public static let version = "0.1.0"

    /// The exit status of a command that was not understood, or that names what is not there.
    static let usageStatus: Int32 = 2

    /// Made by the argument parser.
    public init() {}

    /// Parses the arguments of the process, runs the command and exits with its status.
    public static func launch() async {
        // A peer that closes a connection is an error to be handled, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal().say(fullMessage(for: error))
            Glibc.exit(usageStatus)
        }
    }
}
