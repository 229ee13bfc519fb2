internal import ArgumentParser
internal import JSON

/// `remora console`: what scripts print, as they print it.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Follow what scripts print.",
        discussion: """
            Errors go to standard error, everything else to standard output. After a break it connects again, for ever, \
            and says so on standard error; with --no-follow it prints what there is and ends.

            Exit status: 1 if the hub could not be reached at all or refused.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    enum Level: String, ExpressibleByArgument, CaseIterable {
        case output, error
    }

    @Option(help: ArgumentHelp("Only the script of this title or index.", valueName: "script"))
    var script: String?

    @Option(help: ArgumentHelp("Only messages of this node; hub is the hub.", valueName: "node"))
    var node: String?

    @Option(help: "Only messages of this level: output or error.")
    var level: Level?

    @Option(help: ArgumentHelp("Begin with so many earlier messages of each script.", valueName: "n"))
    var tail = 10

    @Flag(inversion: .prefixedNo, help: "Go on with messages as they come.")
    var follow = true

    @Flag(help: "Put the time before each message.")
    var timestamps = false

    @Option(name: [.short, .long], help: "text, or json: one object a line.")
    var output = Output.text

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let terminal = Terminal()
        let connection: HubConnection
        do { connection = try await hub.connection() } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
        var hasConnected = false
        while !Task.isCancelled {
            do {
                try await read(connection, terminal, tail: hasConnected ? 0 : tail) { hasConnected = true }
                if !follow { return }
                terminal.say(terminal.styled("# the hub closed the stream; connecting again", .change, for: .error))
            } catch {
                terminal.say(terminal.styled("# \(error)", .bad, for: .error))
                if !hasConnected || !follow { throw ExitCode.failure }
            }
            try? await Task.sleep(for: .seconds(2))
        }
    }

    private func read(
        _ connection: HubConnection, _ terminal: Terminal, tail: Int, _ connected: () -> Void
    ) async throws {
        let response = try await connection.open(
            "GET", "/scripts/logs?output=json&tail=\(max(0, tail))&follow=\(follow)", isStream: true)
        connected()
        var line: [UInt8] = []
        for try await piece in response.body {
            for byte in piece {
                if byte != 0x0a {
                    line.append(byte)
                    continue
                }
                if let message = try? JSONValue(parsing: line) { show(message, line, terminal) }
                line.removeAll(keepingCapacity: true)
            }
        }
    }

    private func show(_ message: JSONValue, _ line: [UInt8], _ terminal: Terminal) {
        let index = message["index"]?.integer ?? 0
        let isError = message["level"] == "error"
        if let script, script != message["script"]?.string, script != String(index) { return }
        if let node, node != message["node"]?.string { return }
        if let level, (level == .error) != isError { return }
        if output == .json { return terminal.print(line + [0x0a]) }
        let time = timestamps ? "\(message["time"]?.string ?? "") " : ""
        let origin = "[\(message["node"]?.string ?? "")-\(index)\(isError ? ":ERROR" : "")]"
        let text = "\(time)\(origin) \(message["text"]?.string ?? "")"
        if isError { terminal.say(terminal.styled(text, .bad, for: .error)) } else { terminal.print(text) }
    }
}
