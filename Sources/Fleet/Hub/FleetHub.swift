internal import DequeModule
internal import HTTPServer
internal import Threading

/// The hub's end: what workers are to run goes down to each of them on one long answer, what they have to say comes up
/// in reports.
///
/// ```
/// publish ─▶ EncodedPushes ─┐                         ┌─▶ PushTrack
/// podEvent ─▶ EventRing ────┼─▶ queue of each worker  │   console, actions, results ─▶ environment
/// send ─────────────────────┘     │ connect()         │ report()
/// update(names:) ─▶ NameLog ─────▶│                   │
///                                 ▼                   │
///                              worker ────────────────┘
/// ```
/// All state is behind one lock that is held for moments; lines are encoded once, and their bytes shared.
package final class FleetHub: Sendable {
    struct State: Sendable {
        var pushes = EncodedPushes()
        var rollout = Rollout()
        private(set) var workers: [String: WorkerRecord] = [:]
        /// The names of those that hear of the pods of a node; the empty name: of those that do not go by nodes.
        private var namesByNode: [String: Set<String>] = [:]
        /// The worker of each session.
        var sessions: [String: String] = [:]
        var ring = EventRing()
        var position = PodPosition()
        var counters = FleetCounters()
        /// How long answers took, of the latest pushes.
        var latencies: Deque<Duration> = []
        var isClosed = false

        /// Adds, changes or removes a worker.
        subscript(name: String) -> WorkerRecord? {
            _read { yield workers[name] }
            _modify {
                let before = workers[name]?.hello.scope
                yield &workers[name]
                let after = workers[name]?.hello.scope
                guard before != after else { return }
                if let before { namesByNode[Self.node(before)]?.remove(name) }
                if let after { namesByNode[Self.node(after), default: []].insert(name) }
            }
        }

        private static func node(_ scope: FleetHello.Scope) -> String {
            if case .node(let node) = scope { node } else { "" }
        }

        /// The names of those that hear of a pod. In a large fleet they are few.
        func listeners(at place: PodPlace) -> [String] {
            let onNode = place.node.isEmpty ? [] : namesByNode[place.node] ?? []
            let others = (namesByNode[""] ?? []).filter { workers[$0]?.hello.scope.includes(place) == true }
            return Array(onNode) + others
        }
    }

    /// Which process of the hub this is.
    package let instance: String
    package let settings: FleetHubSettings
    let environment: FleetHubEnvironment
    let state = Locked(State())
    /// Whose addresses are. Under a lock of its own, since a table takes some time to encode; never taken within another.
    let names: Locked<NameLog>
    private let sweeps: AsyncStream<(worker: String, session: String, scope: FleetHello.Scope)>
    let sweepRequests: AsyncStream<(worker: String, session: String, scope: FleetHello.Scope)>.Continuation

    package init(
        instance: String = FleetHub.randomName(), settings: FleetHubSettings = FleetHubSettings(),
        environment: FleetHubEnvironment
    ) {
        self.instance = instance
        self.settings = settings
        self.environment = environment
        names = Locked(NameLog(limit: settings.nameLimit, changeByteLimit: settings.nameChangeByteLimit))
        (sweeps, sweepRequests) = AsyncStream.makeStream()
    }

    /// 64 random bits.
    package static func randomName() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Keeps the time limits, and lists pods for those who ask, until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.tick() }
            for _ in 0..<settings.sweepLimit {
                group.addTask {
                    for await (worker, session, scope) in self.sweeps {
                        self.finishSweep(worker, session, await self.environment.pods(scope))
                    }
                }
            }
            await group.waitForAll()
        }
    }

    // MARK: Down

    /// Wants all workers to hold this set, at once or in stages.
    ///
    /// - Parameter refused: what the hub itself refused of it: in stages it then reaches no worker.
    package func publish(
        _ set: FleetSet, in stages: RolloutSettings = RolloutSettings(), refused: [FleetScriptFailure] = []
    ) {
        let accepted = state.withLock { state -> FleetSet? in
            guard state.pushes.want(set, at: .now) else { return nil }
            let changed = state.pushes.former.map { set.manifest.changes(since: $0.manifest) } ?? nil
            state.rollout.want(set.revision, changed: changed, refused: refused, stages, at: .now)
            return follow(&state)
        }
        if let accepted { environment.accepted(accepted) }
    }

    /// A set went out to all in an earlier life of this hub.
    package func resume(accepted set: FleetSet) {
        state.withLock { state in
            guard state.pushes.desired == nil else { return }
            state.pushes.accept(set)
            state.rollout.resume(accepted: set.revision)
        }
    }

    /// How the newest set goes out; nil: there is none yet.
    package var rollout: FleetRolloutStatus? {
        state.withLock { $0.pushes.desired == nil ? nil : $0.rollout.status }
    }

    /// Sends workers what they are to hold by the roll-out as it stands now; returns a set that just went out to all.
    func follow(_ state: inout State) -> FleetSet? {
        var news: FleetSet?
        if state.rollout.isSettled, state.pushes.former?.revision != state.pushes.desired?.revision {
            state.pushes.accept()
            news = state.pushes.former
        }
        if state.rollout.reason != nil { state.pushes.wantAnew() }
        for name in state.workers.keys { pushNext(name, &state) }
        return news
    }

    /// The set that a worker is to hold; nil: the one that it holds, or none is known.
    func target(of worker: WorkerRecord, _ state: State) -> FleetSet? {
        let held = worker.track.held
        switch state.rollout.target(
            of: worker.hello.worker, holding: held.revision, isNew: held == FleetSet().manifest)
        {
        case .latest: return state.pushes.desired
        case .former: return state.pushes.former
        case .kept: return nil
        }
    }

    /// Sends what a worker needs, if it needs something and nothing is under way.
    func pushNext(_ name: String, _ state: inout State) {
        guard let worker = state[name], worker.session?.isEnding == false, let target = target(of: worker, state)
        else { return }
        let number = state.pushes.number
        let step = state[name]?.track.next(target.manifest, number: number, hub: instance)
        switch step {
        case .send(let base, let nonce):
            let piece = state.pushes.piece(from: base, to: target, nonce: nonce)
            state.counters.pushes += 1
            state[name]?.pushed = .now
            send(piece, to: name, &state)
        case .giveUp: cut(name, "it answers every push with another base", &state)
        case .nothing, nil: break
        }
    }

    func send(_ piece: HTTPBodyPiece, to name: String, _ state: inout State) {
        if state[name]?.send(piece, limit: settings.queueByteLimit, now: .now) == false {
            cut(name, "it does not read what it is sent", &state)
        }
    }

    /// Tells the workers concerned of a pod event. Call it in the order of the events.
    package func podEvent(_ event: FleetPodEvent, at place: PodPlace) {
        let piece = HTTPBodyPiece(HubMessage.pod(event).line)
        state.withLock { state in
            if let mark = event.mark {
                state.ring.append(mark, place, piece)
                state.position.advance(to: mark)
            }
            for name in state.listeners(at: place) where state[name]?.session != nil {
                state.counters.podEvents += 1
                if state[name]?.send(podEvent: piece, limit: settings.queueByteLimit, now: .now) == false {
                    cut(name, "it does not read what it is sent", &state)
                }
            }
        }
    }

    /// Whether anybody would hear of an event.
    package func hasListeners(at place: PodPlace) -> Bool {
        state.withLock { state in
            state.listeners(at: place).contains { state[$0]?.session != nil }
        }
    }

    /// Pod events begin after this position: this hub leads from now on.
    package func begin(at position: PodPosition) {
        state.withLock { state in
            state.ring.begin(at: position)
            state.position = position
        }
    }

    /// Everything up to this position was given to ``podEvent(_:at:)``.
    package func reached(_ position: PodPosition) { state.withLock { $0.position.advance(to: position) } }

    /// Sends a command, again and again until its result is there; a worker carries it out once. False if there is no
    /// such worker, or too many commands wait for it.
    @discardableResult
    package func send(_ command: FleetCommand, to worker: String) -> Bool {
        let piece = HTTPBodyPiece(HubMessage.command(command).line)
        return state.withLock { state in
            guard state[worker]?.keep(command.id, piece) == true else { return false }
            if state[worker]?.session?.isEnding == false { send(piece, to: worker, &state) }
            return true
        }
    }

    /// The workers that hear of a pod, also those that are away for the moment.
    package func workers(at place: PodPlace) -> [WorkerIdentity] {
        state.withLock { state in
            state.listeners(at: place).compactMap { state[$0]?.identity }
        }
    }

    // MARK: Looking

    /// What was counted.
    package var counters: FleetCounters { state.withLock { $0.counters } }
    /// How long the latest answers took.
    package var latencies: [Duration] { state.withLock { Array($0.latencies) } }
    /// How often a push was encoded.
    package var encodings: Int { state.withLock { $0.pushes.encodings } }
    /// What workers are to hold; nil: nothing yet.
    package var desiredRevision: String? { state.withLock { $0.pushes.desired?.revision } }

    /// How many workers are connected.
    package var connectedWorkers: Int { state.withLock { $0.sessions.count } }

    /// Every worker, in the order of their names.
    package var workers: [FleetWorkerStatus] {
        state.withLock { state in
            let latest = state.pushes.desired?.revision
            return state.workers.values.sorted { $0.hello.worker < $1.hello.worker }.map { worker in
                let target = target(of: worker, state)?.manifest ?? worker.track.held
                let stands: FleetWorkerStatus.State =
                    if worker.session == nil {
                        .disconnected
                    } else if latest != nil, worker.track.held != target || worker.track.outstanding != nil {
                        .pending
                    } else if let latest, worker.track.held.revision != latest {
                        .heldBack
                    } else {
                        worker.track.failures.isEmpty ? .current : .refused
                    }
                return FleetWorkerStatus(
                    worker: worker.hello.worker, node: worker.hello.node, version: worker.hello.version, state: stands,
                    revision: worker.track.held.revision, failures: worker.track.failures, report: worker.report,
                    rates: worker.rates, latency: worker.latency, lasting: .now - worker.since)
            }
        }
    }
}
