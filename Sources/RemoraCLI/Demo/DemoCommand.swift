internal import ArgumentParser

/// `remora demo`: see it work without a cluster.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Watch the pods of a simulated cluster live, crash and go.")

    func run() async throws {}
}
