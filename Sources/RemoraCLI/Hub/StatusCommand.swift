internal import ArgumentParser
internal import JSON
internal import KubernetesClient

/// `remora status`: what runs, and what does not and why.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show which scripts run, and why others do not.",
        discussion: """
            Asks the hub; if that cannot be reached, reads what it wrote last into its status config map.

            Workers follow the scripts: those with which something is amiss, or with --workers all of them. Then what they \
            make of the scripts: those with which something is amiss, or with --workers a line for each script, with its \
            calls in a second on all workers together and on the one with the most, and what 99 of 100 calls did not exceed \
            on the slowest. --wide has every script on every worker.

            Exit status: 0 if all active scripts run as they stand in the config map, here and on all workers, 1 if not, 2 if --wait ran out of \
            time.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Flag(help: "Wait until the config map's present version runs.")
    var wait = false

    @Flag(help: "Show every worker and every script, also those with which all is well.")
    var workers = false

    @Flag(help: "Show what each worker makes of each script.")
    var wide = false

    @Option(help: ArgumentHelp("How long --wait waits.", valueName: "seconds"))
    var timeout = 60.0

    @Option(help: ArgumentHelp("The config map with the scripts.", valueName: "name"))
    var configMap = "kubeshark-config-map"

    @Option(name: [.short, .long], help: "text or json.")
    var output = Output.text

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let terminal = Terminal()
        do {
            let connection = try await hub.connection()
            var status = try await read(connection, terminal)
            if wait {
                let deadline = ContinuousClock.now + .seconds(timeout)
                while await !isCurrent(status) {
                    guard .now < deadline else {
                        terminal.say("the hub has not taken over the config map's present version yet")
                        throw ExitCode(2)
                    }
                    try await Task.sleep(for: .milliseconds(100))
                    status = try await read(connection, terminal)
                }
            }
            show(status, terminal)
            if !Self.isGood(status) { throw ExitCode.failure }
        } catch let code as ExitCode {
            throw code
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
    }

    private func read(_ connection: HubConnection, _ terminal: Terminal) async throws -> JSONValue {
        do {
            return try await connection.json("GET", "/status")
        } catch {
            guard hub.hub == nil, let client = try? hub.cluster.client() else { throw error }
            let namespace = hub.cluster.namespace ?? client.configuration.namespace
            guard let map = try? await client.get(ConfigMap.self, namespace: namespace, name: "\(configMap)-status"),
                let text = map.data["status.json"]
            else { throw error }
            terminal.say("# \(error); this is what it wrote last")
            return try JSONValue(parsing: text)
        }
    }

    /// Whether the hub has seen the version that the cluster has now.
    private func isCurrent(_ status: JSONValue) async -> Bool {
        guard let client = try? hub.cluster.client() else { return true }
        let namespace = hub.cluster.namespace ?? client.configuration.namespace
        guard let map = try? await client.get(ConfigMap.self, namespace: namespace, name: configMap) else {
            return true
        }
        return status["configMapVersion"]?.string == map.identity.resourceVersion
    }

    private static func isGood(_ status: JSONValue) -> Bool {
        let counts = status["counts"]
        return ["outdated", "rejected", "quarantined"].allSatisfy { (counts?[$0]?.integer ?? 0) == 0 }
            && status["problems"]?.array?.isEmpty != false
            && ["refused", "pending", "held-back"].allSatisfy { (status["fleet"]?[$0]?.integer ?? 0) == 0 }
            && ScriptMatrix(status).rows.allSatisfy { $0.count(.quarantined) == 0 }
    }

    private func show(_ status: JSONValue, _ terminal: Terminal) {
        if output == .json { return terminal.print(String(decoding: status.encoded(indent: 2), as: UTF8.self)) }
        let role = status["leader"]?.boolean == true ? "leads" : "stands by"
        let ready = status["ready"]?.boolean == true ? "ready" : "not ready"
        terminal.print(
            "hub \(status["identity"]?.string ?? "") \(role), \(ready); scripts \(status["revision"]?.string?.prefix(12) ?? ""), "
                + "config map version \(status["configMapVersion"]?.string ?? ""); \(status["pods"]?.integer ?? 0) pods"
        )
        var table = StreamingTable(widths: [5, 12, 20, 8])
        for script in status["scripts"]?.array ?? [] {
            let state = script["state"]?.string ?? ""
            let hooks = (script["hooks"]?.array ?? []).compactMap(\.string).joined(separator: ",")
            var line = table.row(
                [
                    String(script["index"]?.integer ?? 0), state, script["title"]?.string ?? "",
                    "\(script["calls"]?.integer ?? 0) calls, \(script["failures"]?.integer ?? 0) failed", hooks,
                ],
                style: { column, cell in
                    column == 1 ? terminal.styled(cell, state == "running" || state == "inactive" ? .good : .bad) : cell
                })
            if let error = script["error"], let message = error["message"]?.string {
                let place =
                    error["line"]?.integer.map { ":\($0)" + (error["column"]?.integer.map { ":\($0)" } ?? "") } ?? ""
                line += "\n      \(script["title"]?.string ?? "")\(place): \(message)"
            }
            terminal.print(line)
        }
        let detail: ScriptMatrix.Detail = wide ? .everything : workers ? .scripts : .amiss
        for line in WorkerTable(status).lines(detail, { terminal.styled($0, $1) }) { terminal.print(line) }
        for problem in status["problems"]?.array ?? [] {
            terminal.print(terminal.styled("problem: \(problem.string ?? "")", .change))
        }
        for note in status["notes"]?.array ?? [] {
            terminal.print(terminal.styled("note: \(note.string ?? "")", .faint))
        }
    }
}
