internal import Threading

/// One script's place in the process: its queue, and the version of it that is in service.
///
/// **What may interleave.** All of a script runs on one thread, one call at a time. A function that runs is never
/// interrupted by another piece of the same script, with one exception that is visible in the source:
///
/// - While a *job* waits inside a *helper that waits* (`vendor.webhook`, `file.write`, a function of another script, …),
///   hooks, timers and queries of the same script run, each from its beginning to its end, before the helper returns.
///   So a job finds its globals as it left them, unless it called such a helper in between. If one of those calls has
///   to be stopped, the job is stopped too.
/// - Hooks, timers, `onJobPassed/Failed` and the top level wait alone: a helper that waits inside one of them stops the
///   script until it returns, and the events queue up.
/// - Two jobs of a script never interleave, nor does a job with itself.
/// - While any call waits for a function of another script, functions of its own that others call may run inside it, so
///   that two scripts that call each other do not wait for ever.
/// - Helpers that do not wait (`console`, `jobs`, `test`, timers, `utils`) never let anything in.
/// - Different scripts run at the same time, each in a VM of its own.
///
/// **Versions.** A new version loads on a thread and in a VM of its own while the old one goes on. When its top level has
/// succeeded it becomes the owner of the lane; the old version finishes the call that it is in, and ends. Only then does
/// the new one take its first event: nothing is lost, doubled or run by both.
final class ScriptLane: Sendable {
    struct State {
        var identity: ScriptIdentity
        var queue: LaneQueue
        var owner: UInt64?
        /// The version that is inside a turn; another one waits until it is through.
        var busy: UInt64?
        /// Of the version in service or, in quarantine, of the one that was.
        var table = HookTable()
        var revision: ScriptRevision?
        var quarantine: Quarantine
        /// Grows when something outside the queue wants the lane to look around: a job, a helper's answer.
        var calls = 0
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
        var statistics = LaneStatistics()
        var reportedDrops = 0
        var nextDropReport: ContinuousClock.Instant?
        var control: InstanceControl?
        var lastFailure: ScriptFailure?
    }

    /// What a lane has for its owner.
    enum Turn {
        case request(LaneRequest)
        case event(LaneEvent)
        /// Nothing at the moment.
        case nothing
        /// The lane belongs to another version now.
        case ended
    }

    /// Drops are reported at once and then at most so often.
    static let dropReportInterval: Duration = .seconds(60)

    let index: Int
    let budget: ScriptBudget
    let console: LaneConsole
    private let sink: any ScriptEventSink
    private let subscriptions: SubscriptionVersion
    private let monitor: Monitor<State>

    init(
        _ identity: ScriptIdentity, budget: ScriptBudget, sink: any ScriptEventSink, subscriptions: SubscriptionVersion
    ) {
        index = identity.index
        self.subscriptions = subscriptions
        self.budget = budget
        self.sink = sink
        console = LaneConsole(identity, budget: budget, sink: sink)
        monitor = Monitor(
            State(identity: identity, queue: LaneQueue(budget: budget), quarantine: Quarantine(budget: budget)))
    }

    // MARK: From anywhere

    var identity: ScriptIdentity { monitor.read { $0.identity } }
    var hooks: ScriptHooks { monitor.read { $0.owner == nil ? [] : $0.table.hooks } }
    /// Whether an item that the script does not answer for must be withheld: it says that it redacts items, and is in
    /// service, or was until it was put into quarantine.
    var isRedacting: Bool {
        monitor.read { $0.table.isRedacting && ($0.owner != nil || $0.quarantine.reason != nil) }
    }
    /// How the script wants calls of a hook; nil if it has no such hook.
    func subscription(to hook: ScriptHook) -> HookSubscription? {
        monitor.read { state in
            guard state.owner != nil, state.table.hooks.contains(hook) else { return nil }
            return HookSubscription(script: state.identity, filter: state.table.filters[hook])
        }
    }

    var revision: ScriptRevision? { monitor.read { $0.revision } }
    var owner: InstanceControl? { monitor.read { $0.owner == nil ? nil : $0.control } }

    /// Queues an event; false if the script has no use for it.
    @discardableResult
    func submit(_ event: LaneEvent, for hook: ScriptHook) -> Bool {
        monitor.change { state in
            guard state.owner != nil, state.table.hooks.contains(hook) else { return false }
            state.queue.append(event)
            return true
        }
    }

    /// Queues events that came together, and wakes the script once.
    func submit(_ events: [LaneEvent], for hook: ScriptHook) {
        monitor.change { state in
            guard state.owner != nil, state.table.hooks.contains(hook) else { return }
            for event in events { state.queue.append(event) }
        }
    }

    /// Queues a request, or declines it if there is nobody to answer.
    func submit(_ request: LaneRequest) {
        let isTaken = monitor.change { state in
            guard state.owner != nil else { return false }
            state.queue.append(request)
            return true
        }
        if !isTaken { request.decline(identity) }
    }

    /// Makes the owner look at its jobs, or at the helper that it waits for.
    func wake() { monitor.change { $0.calls += 1 } }

    func rename(_ identity: ScriptIdentity) {
        monitor.change { $0.identity = identity }
        console.rename(identity)
    }

    /// Returns once the queue is empty and the owner at rest.
    func untilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = monitor.change { state in
                if Self.isIdle(state) { return true }
                state.idleWaiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    func status() -> ScriptStatus {
        monitor.read { state in
            ScriptStatus(
                script: state.identity, isRunning: state.owner != nil, revision: state.revision,
                hooks: state.owner == nil ? [] : state.table.hooks, quarantine: state.quarantine.reason,
                queued: state.queue.count, dropped: state.queue.dropped, calls: state.statistics.calls,
                failures: state.statistics.failures, p99: state.statistics.times.quantile(0.99),
                lastFailure: state.lastFailure)
        }
    }

    // MARK: Versions come and go

    /// Makes a version the owner and asks the one before it to end.
    func commit(_ control: InstanceControl, table: HookTable, revision: ScriptRevision) {
        let predecessor = monitor.change { state in
            defer {
                state.owner = control.id
                state.control = control
                state.table = table
                state.revision = revision
                state.quarantine = Quarantine(budget: budget)
                state.lastFailure = nil
            }
            return state.owner == nil ? nil : state.control
        }
        subscriptions.grow()
        predecessor?.end(grace: budget.replacementGrace)
        wake()
    }

    /// Takes the script out of service, and returns the version that must end.
    func retire(grace: Duration) -> InstanceControl? {
        let (control, declined, waiters) = monitor.change { state in
            defer {
                state.owner = nil
                state.revision = nil
                state.idleWaiters = []
            }
            return (state.owner == nil ? nil : state.control, state.queue.removeAll(), state.idleWaiters)
        }
        subscriptions.grow()
        for request in declined { request.decline(identity) }
        for waiter in waiters { waiter.resume() }
        control?.end(grace: grace)
        wake()
        return control
    }

    /// Notes a breach of a budget by the owner; true if the script is in quarantine now.
    func noteBreach(_ breach: BudgetBreach, in place: ScriptPlace, by control: InstanceControl) -> Bool {
        let isOut = monitor.change { state in
            state.owner == control.id && state.quarantine.note(breach, in: place, at: .now)
        }
        if isOut { announceQuarantine() }
        return isOut
    }

    /// Puts the script into quarantine at once.
    func quarantine(_ control: InstanceControl, because reason: String) {
        let isOut = monitor.change { state in
            guard state.owner == control.id, state.quarantine.reason == nil else { return false }
            state.quarantine.impose(reason)
            return true
        }
        if isOut { announceQuarantine() }
    }

    private func announceQuarantine() {
        // The revision stays, so that loading the same text again changes nothing; an edit does.
        let (identity, reason, revision) = monitor.read { ($0.identity, $0.quarantine.reason ?? "", $0.revision) }
        console.print(.error, "in quarantine: \(reason)", isUrgent: true)
        _ = retire(grace: .zero)
        monitor.change { $0.revision = revision }
        sink.receive(.quarantined(identity, reason: reason))
    }

    // MARK: From the thread of a version

    /// Takes what is next; marks the version as busy until it ``rest(_:until:)``s.
    func next(_ control: InstanceControl) -> Turn {
        monitor.read { state in
            guard state.owner == control.id else { return control.isEnding ? .ended : .nothing }
            guard state.busy == nil || state.busy == control.id else { return .nothing }
            state.busy = control.id
            return Self.take(from: &state.queue)
        }
    }

    /// Puts back what its owner took and did not use up, for its own next turn or for the version in whose favour it ends.
    func putBack(_ event: LaneEvent) {
        monitor.change { state in
            // A script that is out of service has no use for it.
            if state.owner != nil { state.queue.putBack(event) }
        }
    }

    /// Takes what may run inside a call that waits.
    func nextInside(_ control: InstanceControl, _ interleaving: Interleaving) -> Turn {
        monitor.read { state in
            guard state.owner == control.id else { return .nothing }
            switch interleaving {
            case .nothing: return .nothing
            case .sharedFunctions: return state.queue.popRequest(where: \.isFunction).map(Turn.request) ?? .nothing
            case .everything: return Self.take(from: &state.queue)
            }
        }
    }

    /// Lets go of the lane, and blocks until there may be work, the version is to end, or the time has come.
    ///
    /// - Parameter seenCalls: what ``callCount`` was before the version looked for work outside the queue.
    func rest(_ control: InstanceControl, until deadline: ContinuousClock.Instant?, seenCalls: Int) {
        leave(control)
        _ = monitor.wait(until: deadline) { state -> Bool? in
            if state.owner != control.id { return control.isEnding ? true : nil }
            if state.busy != nil && state.busy != control.id { return nil }
            return state.calls != seenCalls || !state.queue.isEmpty ? true : nil
        }
    }

    /// Blocks inside a call, until it may go on or something may run inside it.
    func restInside(
        _ control: InstanceControl, until deadline: ContinuousClock.Instant, seenCalls: Int,
        _ interleaving: Interleaving
    ) {
        _ = monitor.wait(until: deadline) { state -> Bool? in
            let isWanted =
                switch interleaving {
                case .nothing: false
                case .sharedFunctions: state.queue.hasFunctionRequest
                case .everything: !state.queue.isEmpty
                }
            guard state.owner != control.id || !isWanted else { return true }
            return state.calls != seenCalls || control.mustEnd ? true : nil
        }
    }

    var callCount: Int { monitor.read { $0.calls } }

    /// Whether the version may run its jobs and timers; it is busy from then on.
    func enter(_ control: InstanceControl) -> Bool {
        monitor.read { state in
            guard state.owner == control.id, state.busy == nil || state.busy == control.id else { return false }
            state.busy = control.id
            return true
        }
    }

    /// Ends a version's turn, so that another may begin.
    func leave(_ control: InstanceControl) {
        let waiters = monitor.change { state in
            if state.busy == control.id { state.busy = nil }
            guard Self.isIdle(state) else { return [CheckedContinuation<Void, Never>]() }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Publishes what the version found out during its turn.
    func settle(_ control: InstanceControl, table: HookTable, statistics: LaneStatistics) {
        let (drops, isChanged) = monitor.read { state -> (Int, Bool) in
            // Of the script and not of its version: what an old one did in its last turn counts too.
            state.statistics.add(statistics)
            guard state.owner == control.id else { return (0, false) }
            let isChanged = state.table != table
            state.table = table
            return (Self.takeDropReport(&state), isChanged)
        }
        if isChanged { subscriptions.grow() }
        console.reportHeldBack()
        guard drops > 0 else { return }
        console.print(
            .error, "\(drops) calls dropped: the script is slower than its events (queueCount, queueBytes)")
        sink.receive(.dropped(identity, count: drops))
    }

    /// Adds what a version did since it settled, when it ends.
    func add(_ statistics: LaneStatistics) { monitor.read { $0.statistics.add(statistics) } }

    func note(_ failure: ScriptFailure) {
        monitor.read { state in
            state.lastFailure = failure
            state.statistics.failures += 1
        }
        // Errors that a script throws are as many as it likes; calls that had to be stopped end in quarantine, and a script
        // that floods its console must not hide them.
        let isThrown = failure.reason == .thrown
        guard console.print(.error, failure.description, isUrgent: !isThrown) else { return }
        sink.receive(.failed(failure))
    }

    private static func take(from queue: inout LaneQueue) -> Turn {
        if let request = queue.popRequest() { return .request(request) }
        if let event = queue.popEvent() { return .event(event) }
        return .nothing
    }

    private static func isIdle(_ state: State) -> Bool {
        state.owner == nil || (state.queue.isEmpty && state.busy == nil)
    }

    private static func takeDropReport(_ state: inout State) -> Int {
        let drops = state.queue.dropped - state.reportedDrops
        guard drops > 0, state.nextDropReport.map({ $0 <= .now }) ?? true else { return 0 }
        state.reportedDrops = state.queue.dropped
        state.nextDropReport = .now + dropReportInterval
        return drops
    }
}

/// What may run inside a call that waits.
enum Interleaving: Equatable {
    case nothing
    /// Functions of the script that other scripts call.
    case sharedFunctions
    /// Hooks, timers, queries and shared functions, but no job.
    case everything
}

/// What a lane has done.
struct LaneStatistics: Sendable {
    var calls: [ScriptHook: Int] = [:]
    var failures = 0
    var times = CallTimes()

    mutating func add(_ other: LaneStatistics) {
        times.add(other.times)
        calls.merge(other.calls, uniquingKeysWith: +)
        failures += other.failures
    }
}
