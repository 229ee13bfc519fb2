internal import Fleet
internal import JSON
internal import PacketCapture
internal import ScriptRuntime
internal import ScriptTraffic
internal import Threading
internal import Timestamps

/// What a worker does with what its hub says.
final class HubWorkload: FleetWorkload {
    private struct State: Sendable {
        weak var worker: Worker?
        var pins: [String: HeldPin] = [:]
        /// The snapshots that were taken: a hub that was restarted asks once more.
        var taken: [String] = []
        var problems: [String] = []
    }

    private let state = Locked(State())

    /// Names the worker.
    func attach(_ worker: Worker) { state.withLock { $0.worker = worker } }

    private var worker: Worker? { state.withLock { $0.worker } }

    // MARK: Sets

    func apply(_ set: FleetSet) async -> [FleetScriptFailure] {
        guard let worker else { return [] }
        // A key that the config map no longer has is as it was at the start, which is mostly its default.
        let keys = TrafficSettings.keys.map { ($0, set.keys[$0] ?? worker.configuration.keys[$0] ?? "") }
        let problems = worker.apply(Dictionary(uniqueKeysWithValues: keys))
        state.withLock { $0.problems = problems }
        // Titles may repeat in a config map; here they name a script.
        var titles: Set<String> = []
        let scripts = set.scripts.map { script in
            let title = titles.insert(script.title).inserted ? script.title : "\(script.title) (\(script.index))"
            return WorkerScript(index: script.index, title: title, source: script.code)
        }
        return await worker.scripts.replaceAll(scripts, environment: set.environment).compactMap { verdict in
            guard case .nack(let message, let line, let column, _) = verdict.outcome else { return nil }
            return FleetScriptFailure(
                index: verdict.index, title: verdict.title, line: line, column: column, message: message)
        }
    }

    // MARK: Pods

    func deliver(_ event: FleetPodEvent) {
        guard let worker else { return }
        if let pod = try? JSONValue(parsing: event.pod) {
            worker.names.note(pod: pod, isDeleted: event.event == "DELETED", at: Timestamp.now().microseconds * 1_000)
        }
        let call = HookCall.podEvent(event.event, pod: event.pod, change: event.change)
        worker.scripts.withEngine { engine, _ in engine.deliver(call) }
    }

    // MARK: Commands

    func perform(_ command: FleetCommand) async -> FleetCommandResult {
        guard let worker else { return FleetCommandResult(id: command.id, error: "the worker is not ready") }
        do {
            switch command.name {
            case "pin": return FleetCommandResult(id: command.id, detail: try pin(command, worker))
            case "snapshot": return FleetCommandResult(id: command.id, detail: try await snapshot(command, worker))
            case "job.run", "job.remove":
                let tag = command.arguments["tag"]?.string ?? ""
                let engine = worker.scripts.engine
                let isDone = command.name == "job.run" ? engine.runJob(tag: tag) : engine.removeJob(tag: tag)
                return FleetCommandResult(
                    id: command.id, error: isDone ? nil : "no jobs found with tag \(tag)", detail: [:])
            default: return FleetCommandResult(id: command.id, error: "there is no command \(command.name)")
            }
        } catch {
            return FleetCommandResult(id: command.id, error: "\(error)")
        }
    }

    private func pin(_ command: FleetCommand, _ worker: Worker) throws -> JSONValue {
        let from = (command.arguments["from"]?.integer ?? 0) * 1_000_000
        let expiry = command.arguments["expiry"]?.integer ?? 0
        let now = Timestamp.now().microseconds * 1_000
        guard from < now else { return ["packets": 0] }
        let held = HeldPin(try worker.ring.pin(from...now))
        state.withLock { $0.pins[command.id] = held }
        let id = command.id
        Task {
            try? await Task.sleep(for: .milliseconds(max(0, expiry - now / 1_000_000)))
            self.state.withLock { state in
                // A later pin of the same pod has taken its place.
                if state.pins[id] === held { state.pins[id] = nil }
            }
        }
        return ["packets": .integer(Int64(clamping: held.packets))]
    }

    private func snapshot(_ command: FleetCommand, _ worker: Worker) async throws -> JSONValue {
        let arguments = command.arguments
        // Late packets, and resets.
        let to = arguments["to"]?.integer ?? Timestamp.now().microseconds / 1_000
        let wait = to - Timestamp.now().microseconds / 1_000
        if wait > 0 { try? await Task.sleep(for: .milliseconds(min(wait, Self.longestWait))) }
        var selection = PacketSelection()
        selection.from = arguments["from"]?.integer.map { $0 * 1_000_000 }
        selection.to = to * 1_000_000
        selection.addresses = (arguments["ips"]?.array ?? []).compactMap(\.string)
        selection.isPcapng = true
        let kind = arguments["change"]?["kind"]?.string ?? "pod"
        let name = "\(kind)-\(arguments["name"]?.string ?? "")-\(to)"
        let taken = try worker.snapshots.take(
            selection, name: String(name.prefix(180)), trigger: "\(kind) of \(arguments["namespace"]?.string ?? "")")
        state.withLock { $0.pins["pin/\(arguments["uid"]?.string ?? "")"] = nil }
        return taken.json
    }

    private static let longestWait: Int64 = 60_000

    // MARK: Status

    var report: FleetWorkerReport {
        guard let worker else { return FleetWorkerReport() }
        let status = worker.status
        let statuses = Dictionary(status.statuses.map { ($0.script.index, $0) }, uniquingKeysWith: { $1 })
        let scripts = status.scripts.map { verdict in
            let script = statuses[verdict.index]
            return FleetWorkerReport.Script(
                index: verdict.index,
                state: script?.quarantine != nil ? "quarantined" : verdict.json["state"]?.string ?? "",
                calls: script?.calls.values.reduce(0, +) ?? 0, failures: script?.failures ?? 0,
                dropped: script?.dropped ?? 0, error: script?.quarantine ?? script?.lastFailure?.text,
                revision: script?.isRunning == true ? script?.revision?.description : nil,
                p99: script?.p99.map {
                    Int($0.components.seconds * 1_000_000 + $0.components.attoseconds / 1_000_000_000_000)
                })
        }
        return FleetWorkerReport(scripts: scripts, problems: state.withLock { $0.problems })
    }
}

/// A pin that is held for a while.
private final class HeldPin: Sendable {
    private let pin: RingPin
    init(_ pin: consuming RingPin) { self.pin = pin }
    var packets: UInt64 { pin.packets }
}
