public import ArgumentParser
internal import Glibc

/// The command line: `remora SUBCOMMAND`.
public struct Remora: AsyncParsableCommand {
    /// Names the command and lists its subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "remora",
        abstract: "Hooks for what happens in a Kubernetes cluster.",
        version: "remora \(version)",
        subcommands: [WatchCommand.self, DemoCommand.self])

    /// The version, as in CHANGELOG.md.
    public static let version = "0.1.0"

    /// Made by the argument parser.
    public init() {}

    /// Parses the arguments of the process, runs the command and exits with its status.
    public static func launch() async {
        // A peer that closes a connection is an error to be handled, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        await main(nil)
    }
}
