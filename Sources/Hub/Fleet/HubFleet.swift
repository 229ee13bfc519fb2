internal import Fleet
internal import HTTPServer
internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import ScriptRuntime
internal import ScriptStore
internal import Threading
internal import Timestamps

/// The hub's workers: what the hub reads and watches goes down to them, what they say goes to its console, its scripts
/// and its status.
final class HubFleet: Sendable {
    /// What it needs of the rest of the hub.
    struct Environment: Sendable {
        let client: KubernetesClient
        /// The only namespace whose pods are watched; nil: all.
        let namespace: String?
        let authentication: WorkerAuthentication
        let console: HubConsole
        let log: HubLog
        /// Where the set is kept that went out to all; nil: nowhere.
        let stateFolder: String?
        /// Calls `onHubAction`: name, object, sender.
        let act: @Sendable (String, JSONValue?, JSONValue) -> Void
        let targetedPods: @Sendable () -> JSONValue
        /// The Events about pods that there are.
        let events: @Sendable () -> [ClusterEvent]
        /// A node by its name.
        let node: @Sendable (String) -> PodEvidence.NodeFinding
        let changed: @Sendable () -> Void
    }

    let hub: FleetHub
    private let environment: Environment
    private let hasPublished = Locked(false)
    private let policy = Locked(SnapshotPolicy())
    private let keyProblems = Locked<[String]>([])
    private let isLogForbidden = Locked(false)
    private let isStaged = Locked(false)
    private let acceptedFile: HeldSetFile?

    init(_ environment: Environment, settings: FleetHubSettings) {
        self.environment = environment
        var fleet = FleetHubEnvironment()
        fleet.print = { line, worker in environment.console.take(ConsoleMessage(line, of: worker)) }
        fleet.act = { action, worker in
            environment.act(
                action.action, action.object,
                [
                    "script": .string(action.title), "index": .integer(Int64(action.index)),
                    "node": .string(worker.node), "worker": .string(worker.worker),
                    "time": .string(action.time.withMicroseconds),
                ])
        }
        fleet.completed = { result, worker in
            if let error = result.error {
                environment.log.warning(
                    "Command failed", [("worker", worker.worker), ("command", result.id), ("err", error)])
            }
        }
        fleet.noted = { note, worker in
            environment.log.info(
                "Evidence was saved", [("worker", worker.worker), ("evidence", note.description)])
        }
        fleet.pods = { scope in await Self.pods(scope, environment) }
        let accepted = environment.stateFolder.map { HeldSetFile(folder: $0, name: "accepted-set") }
        acceptedFile = accepted
        fleet.accepted = { [isStaged] set in
            // It holds `env`: not written without need.
            guard isStaged.withLock({ $0 }) else { return }
            do { try accepted?.write(HeldSet(set)) } catch {
                environment.log.warning("What went out could not be kept", [("err", "\(error)")])
            }
        }
        fleet.changed = environment.changed
        fleet.log = { message, fields in environment.log.info(message, fields) }
        hub = FleetHub(settings: settings, environment: fleet)
        do {
            if let held = try accepted?.read() { hub.resume(accepted: held.set) }
        } catch {
            environment.log.warning("What went out before cannot be read", [("err", "\(error)")])
        }
    }

    // MARK: Down

    /// Whether some workers are to try what was read before the rest.
    static func isStaged(_ reading: ScriptSource.Reading) -> Bool {
        !RolloutKeys(reading.texts).settings.stages.isEmpty
    }

    /// Wants the workers to hold what was read, once something was.
    ///
    /// - Parameter outcomes: what became of it in the hub itself, as far as that is known.
    func publish(_ reading: ScriptSource.Reading, outcomes: [ScriptOutcome] = []) {
        // Without config map what there is stays; a hub that has never seen one does not know what that is.
        let isKnown = hasPublished.withLock { known in
            known = known || !reading.version.isEmpty
            return known
        }
        guard isKnown else { return }
        policy.withLock { $0.settings.kinds = SnapshotKinds(reading.texts[SnapshotKinds.key]).kinds }
        let rollout = RolloutKeys(reading.texts)
        keyProblems.withLock { $0 = rollout.problems }
        isStaged.withLock { $0 = !rollout.settings.stages.isEmpty }
        if rollout.settings.stages.isEmpty { acceptedFile?.remove() }
        let scripts = reading.set.scripts.filter(\.isActive).map {
            FleetScript(index: $0.index, title: $0.trimmedTitle, code: $0.code)
        }
        // How something goes out is nothing that has to go out.
        let keys = reading.texts.filter { !RolloutKeys.all.contains($0.key) }
        hub.publish(
            FleetSet(scripts: scripts, environment: reading.environment.json, keys: keys), in: rollout.settings,
            refused: outcomes.filter { $0.state == .outdated || $0.state == .rejected }.map { outcome in
                FleetScriptFailure(
                    index: outcome.index, title: outcome.title, line: outcome.line, column: outcome.column,
                    message: outcome.error ?? "")
            })
    }

    /// What somebody should look at: keys that say nothing, and a set that was taken back.
    var problems: [String] {
        var problems = keyProblems.withLock { $0 }
        if let rollout = hub.rollout, case .takenBack(let reason) = rollout.phase {
            let before =
                rollout.accepted.map { "; workers run \($0.prefix(12))" } ?? "; other workers keep what they run"
            problems.append("revision \(rollout.revision.prefix(12)) was taken back: \(reason)\(before)")
        }
        return problems
    }

    /// What could be had, though everything works without it.
    var notes: [String] {
        isLogForbidden.withLock { $0 }
            ? [
                "what containers printed before they died is not kept: the hub may not get pods/log; "
                    + "`remora doctor --pod-logs` shows what grants it"
            ] : []
    }

    /// Whether the hub may read logs was seen once more.
    private func noteLog(isForbidden: Bool) {
        let isNews = isLogForbidden.withLock { known in
            defer { known = isForbidden }
            return known != isForbidden
        }
        guard isNews else { return }
        if isForbidden { environment.log.info("Logs are not kept", [("reason", "the hub may not get pods/log")]) }
        environment.changed()
    }

    /// Tells the workers concerned of what scripts of the hub are told.
    ///
    /// - Parameter isDoubtful: a hub that died may have told of it. A worker that was there then knows.
    func tell(_ delivery: Delivery, _ notice: PodNotice, isDoubtful: Bool, json: [UInt8]) {
        hub.podEvent(
            FleetPodEvent(
                mark: PodMark(delivery), event: notice.event.rawValue, pod: json,
                change: notice.change.map { $0.json.encoded() }, transition: notice.change.map(FleetTransition.init),
                isDoubtful: isDoubtful && notice.change != nil), at: PodPlace(notice.pod))
        // Without the doubt about whether scripts were told: a worker knows a command again that it has carried out.
        if let change = delivery.notice.change { save(change, notice.pod, json, before: delivery.before) }
    }

    /// Has the packets saved that a change asks for.
    private func save(_ change: PodChange, _ pod: Pod, _ json: [UInt8], before: Pod?) {
        guard let action = policy.withLock({ $0.take(change, of: pod.identity.uid, at: .now()) }) else { return }
        let evidence = PodEvidence(
            before: before, events: PodEvidence.latest(environment.events(), of: pod.identity.uid),
            node: environment.node(pod.nodeName))
        // Who is about to lose its data has no time for it; what died has stopped printing.
        guard case .snapshot(_, _, _, nil, nil) = action, change.exitCode != nil else {
            return send(FleetCommand(action, change, pod, json, evidence: evidence), change, pod)
        }
        Task {
            var evidence = evidence
            await withTaskGroup(of: PodEvidence?.self) { group in
                group.addTask { [client = environment.client, evidence] in
                    var evidence = evidence
                    await evidence.readLog(change, of: pod, client)
                    return evidence
                }
                group.addTask {
                    try? await Task.sleep(for: Self.logWait)
                    return nil
                }
                if let complete = await group.next() ?? nil {
                    evidence = complete
                    if let isForbidden = complete.isLogForbidden { noteLog(isForbidden: isForbidden) }
                } else {
                    evidence.logProblem = "it did not come within \(Self.logWait)"
                }
                group.cancelAll()
            }
            send(FleetCommand(action, change, pod, json, evidence: evidence), change, pod)
        }
    }

    /// A snapshot waits five seconds for late packets.
    private static let logWait: Duration = .seconds(2)

    private func send(_ command: FleetCommand, _ change: PodChange, _ pod: Pod) {
        let workers = hub.workers(at: PodPlace(pod))
        for worker in workers where !hub.send(command, to: worker.worker) {
            environment.log.warning(
                "Command was not taken", [("worker", worker.worker), ("command", command.id)])
        }
        environment.log.info(
            command.name == "pin" ? "Packets are kept" : "Packets are saved",
            [
                ("pod", pod.identity.key.description), ("kind", change.kind.rawValue),
                ("workers", workers.map(\.worker).joined(separator: ",")),
            ])
    }

    /// Whether a worker that is connected hears of a pod.
    func hears(of pod: Pod) -> Bool {
        hub.hasListeners(at: PodPlace(pod))
    }

    /// The pods of a scope, as they are now. Where they cannot be read, none: the worker hears of them with their next
    /// change.
    private static func pods(_ scope: FleetHello.Scope, _ environment: Environment) async -> [FleetPodEvent] {
        var selection = Selection(namespace: environment.namespace)
        switch scope {
        case .node(let node): selection.fieldSelector = "spec.nodeName=\(node)"
        case .pod(let namespace, let name): selection = .named(name, in: namespace)
        case .all: break
        }
        var events: [FleetPodEvent] = []
        var token: String?
        do {
            repeat {
                let page = try await environment.client.page(
                    Pod.self, selection, limit: 250, exactly: nil, continueToken: token)
                for item in page.items {
                    guard let json = item.raw.withUnsafeBytes({ PodJSON.stripped($0) }) else { continue }
                    let change = PodSignals.lasting(item.object)
                    events.append(
                        FleetPodEvent(
                            mark: nil, event: "ADDED", pod: json, change: change.map { $0.json.encoded() }))
                }
                token = page.continueToken
            } while token != nil
        } catch {
            environment.log.warning("Pods for a worker could not be listed", [("err", "\(error)")])
        }
        return events
    }

    /// Sends a command to one worker, or to all that are connected. Returns to how many.
    func command(_ name: String, _ arguments: JSONValue, to worker: String?) -> Int {
        let workers = worker.map { [$0] } ?? hub.workers.filter { $0.state != .disconnected }.map(\.worker)
        return workers.count {
            hub.send(FleetCommand(id: FleetHub.randomName(), name: name, arguments: arguments), to: $0)
        }
    }

    // MARK: Requests

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await hub.answer(
            request, admit: { hello in await environment.authentication.refusal(request, hello) },
            targeted: environment.targetedPods)
    }
}

extension FleetTransition {
    init(_ change: PodChange) {
        let transition = change.transition
        self.init(
            key: transition.key, recurs: transition.recurs, moment: transition.moment?.microseconds)
    }
}

extension PodPlace {
    init(_ pod: Pod) {
        self.init(namespace: pod.identity.key.namespace, name: pod.identity.key.name, node: pod.nodeName)
    }
}

extension PodMark {
    init(_ delivery: Delivery) {
        let stream: Stream =
            switch delivery.stream {
            case .pods: .pods
            case .events: .events
            case .nodes: .nodes
            }
        self.init(stream: stream, version: delivery.version, ordinal: delivery.ordinal)
    }
}

extension PodPosition {
    /// How far a hub has got, all events of each version included.
    init(_ position: DeliveryPosition) {
        self.init()
        for (stream, mine) in [(PodStream.pods, PodMark.Stream.pods), (.events, .events), (.nodes, .nodes)] {
            advance(to: PodMark(stream: mine, version: position[stream], ordinal: .max))
        }
    }
}

extension ConsoleMessage {
    init(_ line: FleetConsoleLine, of worker: WorkerIdentity) {
        let level: ConsoleLevel =
            switch line.level {
            case .output: .output
            case .error: .error
            case .cleared: .cleared
            }
        self.init(
            node: worker.node,
            line: ConsoleLine(
                script: ScriptIdentity(index: line.index, title: line.title), level: level, text: line.text),
            time: line.time)
    }
}
