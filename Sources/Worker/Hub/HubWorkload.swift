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
        /// The pods that go away, of which one more snapshot is to be taken, by uid.
        var goingAway: [String: AsyncStream<Void>.Continuation] = [:]
        /// The snapshots that were taken: a hub that was restarted asks once more.
        var taken: [String] = []
        var problems: [String] = []
        /// The pods that scripts have heard of.
        var shown: Set<String> = []
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
        worker.targets.take(set.keys)
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
        var word = event.event
        if let pod = try? JSONValue(parsing: event.pod) {
            if Self.isGone(event.event, pod), let uid = pod["metadata"]?["uid"]?.string {
                state.withLock { $0.goingAway[uid] }?.finish()
            }
            // Whose an address is counts also of pods that are not meant: they may be by the next edit.
            worker.names.note(pod: pod, isDeleted: event.event == "DELETED", at: Timestamp.now().microseconds * 1_000)
            let metadata = pod["metadata"]
            guard
                worker.targets.includes(
                    namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? "")
            else { return }
            word = firstWord(event.event, of: metadata?["uid"]?.string ?? "")
        }
        let call = HookCall.podEvent(word, pod: event.pod, change: event.change)
        worker.scripts.withEngine { engine, _ in engine.deliver(call) }
    }

    /// A pod that scripts hear of for the first time is `ADDED` to them, also if it was not meant when it came.
    private func firstWord(_ event: String, of uid: String) -> String {
        state.withLock { state in
            if event == "DELETED" {
                state.shown.remove(uid)
                return event
            }
            guard state.shown.count < Self.shownLimit else { return event }
            return state.shown.insert(uid).inserted ? "ADDED" : event
        }
    }

    private static let shownLimit = 200_000

    /// Whether nothing of a pod runs any more. A phase says less: the kubelet writes `Failed` of a pod that it is about to
    /// evict.
    private static func isGone(_ event: String, _ pod: JSONValue) -> Bool {
        if event == "DELETED" { return true }
        guard let containers = pod["status"]?["containerStatuses"]?.array, !containers.isEmpty else { return false }
        return containers.allSatisfy { $0["state"]?["terminated"] != nil }
    }

    // MARK: Names

    func take(_ names: FleetNames) {
        guard let book = worker?.names else { return }
        let now = Timestamp.now().microseconds * 1_000
        if names.part.begins { book.beginList() }
        for end in names.ended { book.end(end.address, at: Self.moment(end.time, now)) }
        book.note(names.put.map { PeerRecord($0, since: Self.moment($0.since, now)) }, at: now)
        if names.part.completes { book.completeList(at: Self.moment(names.time, now)) }
    }

    /// A moment of the hub's in nanoseconds, and not after our own present.
    private static func moment(_ milliseconds: Int64, _ now: Int64) -> Int64 {
        let (nanoseconds, isTooLarge) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return isTooLarge ? now : min(nanoseconds, now)
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
        let (id, number) = (command.id, held.number)
        // Does not hold the pin itself: a snapshot may let go of it before.
        Task {
            try? await Task.sleep(for: .milliseconds(max(0, expiry - now / 1_000_000)))
            self.state.withLock { state in
                // A later pin of the same pod has taken its place.
                if state.pins[id]?.number == number { state.pins[id] = nil }
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
        let taken = try take(arguments, to: to, worker)
        let uid = arguments["uid"]?.string ?? ""
        state.withLock { $0.pins["pin/\(uid)"] = nil }
        if let end = arguments["end"]?.integer { complete(taken, arguments, uid, end: end) }
        return taken.json
    }

    private func take(_ arguments: JSONValue, to: Int64, _ worker: Worker) throws -> SnapshotStore.Snapshot {
        var selection = PacketSelection()
        selection.from = arguments["from"]?.integer.map { $0 * 1_000_000 }
        selection.to = to * 1_000_000
        selection.addresses = (arguments["ips"]?.array ?? []).compactMap(\.string)
        if selection.addresses.isEmpty {
            // The kubelet takes the addresses of a pod that it evicts out of its status. Without any, other pods' packets
            // would be taken too.
            selection.pod = "\(arguments["namespace"]?.string ?? "")/\(arguments["name"]?.string ?? "")"
        }
        selection.isPcapng = true
        let kind = arguments["change"]?["kind"]?.string ?? "pod"
        let name = "\(kind)-\(arguments["name"]?.string ?? "")-\(to)"
        return try worker.snapshots.take(
            selection, name: String(name.prefix(180)), trigger: "\(kind) of \(arguments["namespace"]?.string ?? "")",
            evidence: evidence(arguments, worker))
    }

    /// Takes the snapshot of a pod that goes away once more when it is gone, in place of the one that was taken at once: it
    /// goes on serving while it is told to end.
    private func complete(_ first: SnapshotStore.Snapshot, _ arguments: JSONValue, _ uid: String, end: Int64) {
        let (gone, told) = AsyncStream<Void>.makeStream()
        let isNew = state.withLock { state in
            guard state.goingAway[uid] == nil, state.goingAway.count < Self.goingAwayLimit else { return false }
            state.goingAway[uid] = told
            return true
        }
        guard isNew else { return }
        let wait = max(0, min(end - Timestamp.now().microseconds / 1_000, Self.longestEnd))
        Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in gone {} }
                group.addTask { try? await Task.sleep(for: .milliseconds(wait)) }
                await group.next()
                group.cancelAll()
            }
            // Late packets, and resets.
            try? await Task.sleep(for: .seconds(1))
            self.state.withLock { $0.goingAway[uid] = nil }
            guard let worker = self.worker else { return }
            // What cannot be taken now leaves the one that was taken at once.
            guard (try? self.take(arguments, to: Timestamp.now().microseconds / 1_000, worker)) != nil else { return }
            try? worker.snapshots.remove(first.name)
        }
    }

    /// Pods that go away at the same time: of more than these what was saved at once has to do.
    private static let goingAwayLimit = 1_000
    /// Nobody waits for longer than this to be told that a pod is gone.
    private static let longestEnd: Int64 = 3_600_000
    private static let longestWait: Int64 = 60_000

    /// What is kept beside the packets: the pod before and after, its Events, its node, its log, and who had which address.
    private func evidence(_ arguments: JSONValue, _ worker: Worker) -> JSONValue {
        var names: JSONValue = [:]
        for (address, name) in worker.names.latest(Self.nameLimit).sorted(by: { $0.key < $1.key }) {
            names[address.description] = .string(name)
        }
        let known = arguments["evidence"]
        var value: JSONValue = [
            "node": .string(worker.configuration.node), "worker": .string(worker.configuration.name),
            "trigger": arguments["change"] ?? .null, "from": arguments["from"] ?? .null, "to": arguments["to"] ?? .null,
            "pods": ["before": known?["before"] ?? .null, "after": arguments["pod"] ?? .null],
            "events": known?["events"] ?? [], "names": names,
        ]
        for member in ["nodeState", "nodeProblem", "log", "logProblem"] { value[member] = known?[member] }
        return value
    }

    /// Of a large cluster those that may matter.
    private static let nameLimit = 2_000

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

extension PeerRecord {
    fileprivate init(_ name: FleetName, since: Int64) {
        let kind: Kind =
            switch name.kind {
            case .pod: .pod
            case .service: .service
            case .node: .node
            }
        self.init(
            address: name.address, kind: kind, namespace: name.namespace, name: name.name,
            since: since, node: name.node, host: name.host, service: name.service, slice: name.slice)
    }
}

/// A pin that is held for a while.
private final class HeldPin: Sendable {
    private let pin: RingPin
    /// Tells pins of one name apart.
    let number = UInt64.random(in: .min ... .max)
    init(_ pin: consuming RingPin) { self.pin = pin }
    var packets: UInt64 { pin.packets }
}
