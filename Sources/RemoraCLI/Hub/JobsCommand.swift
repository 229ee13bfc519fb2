internal import ArgumentParser
internal import JSON

/// `remora jobs`: the jobs that scripts have scheduled.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, run and remove scripts' jobs.",
        subcommands: [List.self, Run.self, Remove.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the jobs.")
        @Flag(help: "As JSON.") var json = false
        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await JobsCommand.ask(hub, "GET", "/jobs") { jobs, terminal in
                if json { return terminal.print(jobs.description) }
                var table = StreamingTable(widths: [20, 8, 5])
                for job in jobs.array ?? [] {
                    let state =
                        job["isRunning"]?.boolean == true
                        ? "running" : job["isPending"]?.boolean == true ? "pending" : "waiting"
                    terminal.print(
                        table.row([
                            job["tag"]?.string ?? "", state, job["node"]?.string ?? "",
                            "\(job["script"]?.string ?? "") (\(job["index"]?.integer ?? 0))",
                        ]))
                }
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run a job now, or all.")
        @Argument(help: "The job's tag; without it all jobs run.") var tag: String?
        @OptionGroup var hub: HubOptions

        func run() async throws {
            let path = try tag.map { "/jobs/hub/run/\(try JobsCommand.segment($0))" } ?? "/jobs/run"
            try await JobsCommand.ask(hub, "POST", path) { _, _ in }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a job.")
        @Argument(help: "The job's tag.") var tag: String
        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await JobsCommand.ask(hub, "DELETE", "/jobs/hub/\(try JobsCommand.segment(tag))") { _, _ in }
        }
    }

    /// Tags are lower case, with dashes for spaces; whatever else stands in them is encoded.
    private static func segment(_ tag: String) throws -> String {
        guard !tag.isEmpty else { throw ValidationError("A job's tag is not empty.") }
        return tag.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private static func ask(
        _ hub: HubOptions, _ method: String, _ path: String, _ show: (JSONValue, Terminal) -> Void
    ) async throws {
        let terminal = Terminal()
        do {
            show(try await hub.connection().json(method, path), terminal)
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
    }
}
