/// A worker's end of the connection: a state machine without I/O.
///
/// ```text
///           connect            welcome                  ended, bye
/// resting ──────────▶ asking ──────────▶ connected ────────────────▶ resting, for a while
///                       │ ended                │ push
///                       └──────▶ resting       ▼
///                                          applying (also while the connection ends and begins anew)
/// ```
/// A push is applied only to the set that it was made for; one at a time, and of those that come meanwhile only the
/// newest. An answer goes to the connection that the push came from, or nowhere: a hub that was connected to since
/// knows from the hello what is held.
struct WorkerLink: Sendable {
    /// What happens.
    enum Event: Sendable {
        /// The worker is ready: what was on its disk runs.
        case started
        case received(HubMessage)
        /// The connection ended or could not be made. `random` is from 0 to 1, for the delay.
        case ended(reason: String, random: Double)
        /// The delay is over.
        case rested
        /// The set in work was tried, and of it these scripts were refused.
        case applied([FleetScriptFailure])
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        case connect
        case rest(Duration, reason: String)
        /// Try the set, then say ``Event/applied(_:)``.
        case apply(FleetSet)
        /// Write what is held to the disk.
        case save
        case answer(PushAnswer)
        case deliver(FleetPodEvent)
        /// Take note of whose addresses are.
        case name(FleetNames)
        case perform(FleetCommand)
        /// The hub is there: reports go to this connection.
        case connected(FleetWelcome)
        case disconnected
    }

    private enum Phase: Sendable {
        case resting
        case asking
        case connected(FleetWelcome, isHealthy: Bool)
    }

    private struct Work: Sendable {
        let set: FleetSet
        let push: FleetPush
        let session: String
    }

    private var phase = Phase.resting
    private var delay = ReconnectDelay()
    private var work: Work?
    private var queued: (push: FleetPush, session: String)?
    private var pods = KnownPods()
    private var told = ToldTransitions()
    /// The first set of this process was taken over.
    private var hasApplied = false
    /// Pod events that wait for that.
    private var heldBack: [FleetPodEvent] = []
    private var commands: [String] = []
    /// What is held.
    private(set) var held: HeldSet
    /// How far it has heard of pods.
    private(set) var position = PodPosition()
    /// How far it has read names; nil: what it knows of them is not complete.
    private(set) var namePosition: FleetNamePosition?
    private var isReadingTable = false
    /// Pod events that came again, and changes that came again with another event.
    private(set) var repeatedEvents = 0

    /// A worker that holds this from an earlier life.
    init(holding held: HeldSet, delay: ReconnectDelay = ReconnectDelay()) {
        self.held = held
        self.delay = delay
    }

    private var session: String? { if case .connected(let welcome, _) = phase { welcome.session } else { nil } }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .started, .rested:
            guard case .resting = phase else { return [] }
            phase = .asking
            return [.connect]
        case .ended(let reason, let random):
            if case .resting = phase { return [] }
            return rest(delay.next(random: random), reason)
        case .applied(let failures): return finish(failures)
        case .received(let message): return take(message)
        }
    }

    private mutating func rest(_ duration: Duration, _ reason: String) -> [Action] {
        let wasConnected = session != nil
        phase = .resting
        queued = nil
        return (wasConnected ? [.disconnected] : []) + [.rest(duration, reason: reason)]
    }

    private mutating func take(_ message: HubMessage) -> [Action] {
        switch (message, phase) {
        case (.welcome(let welcome), .asking):
            phase = .connected(welcome, isHealthy: false)
            isReadingTable = false
            told.connected(to: welcome.hub)
            return [.connected(welcome)]
        case (.push(let push), .connected(let welcome, _)): return take(push, welcome.session)
        case (.pod(let event), .connected(let welcome, _)): return take(event, by: welcome.hub)
        case (.swept, .connected): return pods.swept().flatMap { deliver($0) }
        case (.names(let names), .connected(let welcome, _)): return take(names, welcome.hub)
        case (.command(let command), .connected):
            guard !commands.contains(command.id) else { return [] }
            commands.append(command.id)
            if commands.count > Self.commandLimit { commands.removeFirst() }
            return [.perform(command)]
        case (.ping(let position), .connected(let welcome, let isHealthy)):
            self.position.advance(to: position)
            // Not with the welcome already: a hub that accepts and ends at once must not be asked without a pause.
            if !isHealthy {
                delay.reset()
                phase = .connected(welcome, isHealthy: true)
            }
            return []
        case (.bye(let reason, let duration), .connected): return rest(duration, reason)
        // Left over from a connection before, or a second welcome.
        default: return []
        }
    }

    private static let commandLimit = 256

    // MARK: Pods

    private mutating func take(_ event: FleetPodEvent, by hub: String) -> [Action] {
        // What the hub knows to last is no news, and does not become it by having been told.
        guard let mark = event.mark else { return pods.take(event).map { deliver($0) } ?? [] }
        guard !position.covers(mark) else {
            repeatedEvents += 1
            return []
        }
        position.advance(to: mark)
        guard let uid = event.uid else { return pods.take(event).map { deliver($0) } ?? [] }
        let verdict = told.take(event, of: uid, by: hub)
        switch verdict {
        case .news: return pods.take(event.isDoubtful ? event.firstSeen(true) : event).map { deliver($0) } ?? []
        case .doubtful: return pods.take(event.firstSeen(false)).map { deliver($0) } ?? []
        case .repeated:
            repeatedEvents += 1
            // That there is a newer version of the pod is news by itself.
            guard mark.stream == .pods, mark.ordinal == 0, event.event != "DELETED" else { return [] }
            return pods.take(event.withoutChange).map { deliver($0) } ?? []
        }
    }

    /// Scripts that are just being loaded for the first time are to hear of the pods that there are.
    private mutating func deliver(_ event: FleetPodEvent) -> [Action] {
        guard work != nil, !hasApplied, heldBack.count < Self.heldBackLimit else { return [.deliver(event)] }
        heldBack.append(event)
        return []
    }

    private static let heldBackLimit = 10_000

    // MARK: Names

    private mutating func take(_ names: FleetNames, _ hub: String) -> [Action] {
        switch names.part {
        case .change:
            let before = names.version == 0 ? nil : FleetNamePosition(hub: hub, version: names.version - 1)
            guard before != nil, before == namePosition else {
                // Not what this hub sends. The next connection brings all of them.
                namePosition = nil
                return rest(delay.next(random: 0.5), "names that do not follow what was read before")
            }
        case .first, .whole:
            namePosition = nil
            isReadingTable = true
        case .next, .last:
            guard isReadingTable else { return [] }
        }
        if names.part.completes { isReadingTable = false }
        if !isReadingTable { namePosition = FleetNamePosition(hub: hub, version: names.version) }
        return [.name(names)]
    }

    // MARK: Pushes

    private mutating func take(_ push: FleetPush, _ session: String) -> [Action] {
        guard work == nil else {
            queued = (push, session)
            return []
        }
        if push.revision == held.set.revision {
            return [.answer(answer(to: push, held.failures))]
        }
        guard let set = held.set.applying(push) else {
            let outcome = PushAnswer.Outcome.wrongBase(held.set.manifest)
            return [.answer(PushAnswer(nonce: push.nonce, revision: push.revision, outcome: outcome))]
        }
        work = Work(set: set, push: push, session: session)
        return [.apply(set)]
    }

    private mutating func finish(_ failures: [FleetScriptFailure]) -> [Action] {
        guard let done = work else { return [] }
        work = nil
        held.take(done.set, refusing: failures)
        var actions: [Action] = []
        if done.session == session { actions.append(.answer(answer(to: done.push, held.failures))) }
        // After the answer: that it runs is what the hub waits for.
        actions.append(.save)
        hasApplied = true
        actions += heldBack.map(Action.deliver)
        heldBack = []
        if let next = queued {
            queued = nil
            if next.session == session { actions += take(next.push, next.session) }
        }
        return actions
    }

    private func answer(to push: FleetPush, _ failures: [FleetScriptFailure]) -> PushAnswer {
        PushAnswer(
            nonce: push.nonce, revision: push.revision, outcome: failures.isEmpty ? .applied : .refused(failures))
    }
}
