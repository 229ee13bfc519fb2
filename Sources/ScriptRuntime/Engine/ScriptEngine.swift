internal import JSON
internal import Threading

/// Runs users' scripts: loads, swaps and unloads them, hands them events, and holds them to their budgets.
///
/// ```swift
/// ScriptEngine.prepareProcess()
/// let engine = ScriptEngine(configuration, sink: console)
/// try await engine.load(ScriptDefinition(index: 0, title: "count.js", source: text))
/// if engine.hooks.contains(.itemCaptured) { engine.deliver(.itemCaptured(json)) }
/// ```
///
/// Each script has a thread and a VM of its own; ``ScriptLane`` says what may interleave. Delivering never blocks: what
/// a script cannot keep up with waits in a bounded queue, and the oldest is dropped and counted.
public final class ScriptEngine: Sendable {
    private let configuration: ScriptEngineConfiguration
    private let services: EngineServices
    /// Loads of one script go one after another; those of different scripts side by side.
    private let gates = Locked<[Int: AsyncGate]>([:])
    private let supervisor: EngineSupervisor

    /// Sets the engine's options for the whole process. Call it early in `main`, before any engine is made and before
    /// threads are started, since it changes the environment. The first call counts; without one the first VM takes the
    /// defaults.
    public static func prepareProcess(_ options: ProcessOptions = ProcessOptions()) { options.applyOnce() }

    /// Makes an engine without scripts. Everything that scripts and the engine have to say goes to `sink`.
    public init(_ configuration: ScriptEngineConfiguration = ScriptEngineConfiguration(), sink: any ScriptEventSink) {
        self.configuration = configuration
        services = EngineServices(configuration, sink: sink)
        supervisor = EngineSupervisor(services)
    }

    deinit {
        supervisor.stop()
        for lane in services.allLanes { _ = lane.retire(grace: .zero) }
        services.helperThreads.close()
    }

    // MARK: Scripts

    /// Loads a script, or replaces the version of it that runs.
    ///
    /// The new version is checked and its top level run beside the old one. If that succeeds it takes over between two
    /// events; if not, the old one goes on as if nothing had happened. The same text again changes nothing, unless
    /// the script was unloaded in between.
    @discardableResult
    public func load(_ definition: ScriptDefinition) async throws(ScriptFailure) -> ScriptLoadReport {
        try await gate(definition.index).run { () async throws(ScriptFailure) in try await replace(definition) }
    }

    /// Removes a script; a call of it in progress gets the budget's grace to end. Returns when it is gone.
    public func unload(_ index: Int) async {
        await gate(index).run { await remove(index, grace: services.budget.replacementGrace) }
    }

    /// Removes all scripts without grace, and ends the engine's threads.
    public func shutdown() async {
        supervisor.stop()
        await withTaskGroup { group in
            for lane in services.allLanes {
                group.addTask { await self.gate(lane.index).run { await self.remove(lane.index, grace: .zero) } }
            }
        }
        services.helperThreads.close()
    }

    /// How each script does, in the order of their keys.
    public var statuses: [ScriptStatus] { services.allLanes.map { $0.status() } }

    /// Each job of a script and what it does.
    public func jobs(of index: Int) -> [(tag: String, state: JobState)] {
        guard let owner = services.lane(index)?.owner else { return [] }
        let now = services.clock.second
        return services.jobs.withLock { $0.states(of: owner.id, now: now) }
    }

    /// Makes every job of all scripts due now, as a dashboard does; one that runs already, and all while the scheduler
    /// stands, are left alone.
    public func runJobs() {
        for lane in services.allLanes {
            guard let owner = lane.owner else { continue }
            services.jobs.withLock { $0.triggerAll(of: owner.id) }
        }
        services.wakeLanes()
    }

    /// Makes the jobs of this tag due now, whichever script they belong to; false if there is none.
    public func runJob(tag: String) -> Bool {
        eachJob(of: tag) { schedule, owner, script in _ = try schedule.trigger(tag: tag, by: owner, script: script) }
    }

    /// Removes the jobs of this tag, whichever script they belong to; false if there is none.
    public func removeJob(tag: String) -> Bool {
        eachJob(of: tag) { schedule, owner, script in try schedule.remove(tag: tag, by: owner, script: script) }
    }

    private func eachJob(
        of tag: String, _ body: (inout JobSchedule, JobSchedule.Owner, Int) throws -> Void
    ) -> Bool {
        let tag = JobSchedule.normalised(tag)
        var isThere = false
        for lane in services.allLanes {
            guard let owner = lane.owner, services.jobs.withLock({ $0.has(tag, owner: owner.id) }) else { continue }
            isThere = true
            try? services.jobs.withLock { schedule in try body(&schedule, owner.id, lane.index) }
        }
        services.wakeLanes()
        return isThere
    }

    // MARK: Events

    /// The hooks that any script has: nothing needs to be built for the others.
    public var hooks: ScriptHooks {
        services.allLanes.reduce(into: ScriptHooks()) { $0.formUnion($1.hooks) }
    }

    /// Queues a call for every script that has the hook. Never blocks.
    public func deliver(_ call: HookCall) { services.broadcast(call) }

    /// Queues a call for those scripts of `scripts` that have the hook. Never blocks.
    ///
    /// With ``subscriptions(to:)`` this keeps items from scripts that filtered them out, at no cost in those scripts:
    ///
    /// ```swift
    /// if engine.subscriptionVersion != seen {       // once an item: one atomic read
    ///     seen = engine.subscriptionVersion         // before the subscriptions are read
    ///     filters = engine.subscriptions(to: .itemCaptured).map { ($0.script.index, $0.filter.map(compile)) }
    /// }
    /// engine.deliver(.itemCaptured(json), to: Set(filters.filter { $0.1?.matches(item) ?? true }.map(\.0)))
    /// ```
    public func deliver(_ call: HookCall, to scripts: Set<Int>) {
        for lane in services.allLanes where scripts.contains(lane.index) { lane.submit(.hook(call), for: call.hook) }
    }

    /// The scripts that have a hook, in the order of their keys, with their filters.
    public func subscriptions(to hook: ScriptHook) -> [HookSubscription] {
        services.allLanes.compactMap { $0.subscription(to: hook) }
    }

    /// Grows whenever the answer of ``subscriptions(to:)`` or ``hooks`` may have changed. Cheap enough to ask for each
    /// item.
    ///
    /// A script may set a filter at any time; the engine sees it when the call that set it, or a short run of calls, ends.
    public var subscriptionVersion: Int { services.subscriptions.value }

    /// Prints a message on a script's console on its author's behalf, within the console's rate: that its filter is
    /// wrong, for example. Does nothing if there is no such script.
    public func report(_ text: String, level: ConsoleLevel = .error, to script: Int) {
        services.lane(script)?.console.print(level, text)
    }

    /// Queues packets for every script that has `onPacketCaptured`. Never blocks.
    public func deliver(_ packets: PacketBatch) {
        guard !packets.isEmpty else { return }
        for lane in services.allLanes { lane.submit(.packets(packets), for: .packetCaptured) }
    }

    /// Queues items for those scripts of `scripts` that have `onItemCaptured`. Never blocks.
    ///
    /// An item is written only for a script that looks at it; see ``deliver(_:to:)-(HookCall,_)`` for filters.
    public func deliver(_ items: ItemBatch, to scripts: Set<Int>) { deliver([items], to: scripts) }

    /// Queues batches of items that came together: each script is woken once for all of them. Never blocks.
    public func deliver(_ batches: [ItemBatch], to scripts: Set<Int>) {
        let events = batches.filter { !$0.isEmpty }.map { LaneEvent.items($0) }
        guard !events.isEmpty else { return }
        for lane in services.allLanes where scripts.contains(lane.index) { lane.submit(events, for: .itemCaptured) }
    }

    /// Shows a stored item to every script that has `onItemQueried`, in the order of their keys, each getting what the
    /// one before it returned; returns the item as the viewer is to see it, nil if nobody may.
    ///
    /// A script that fails leaves the item as it was for it, and the failure goes to its console. Not so a script with
    /// `onItemQueried.redacts = true`: what it could not look at, because it failed or is in quarantine, is withheld.
    public func query(_ item: [UInt8], filter: String = "") async -> [UInt8]? {
        var item = item
        for lane in services.allLanes {
            guard lane.hooks.contains(.itemQueried) else {
                if lane.isRedacting { return nil }
                continue
            }
            let call = HookCall.itemQueried(item, filter: filter)
            let answer = await withCheckedContinuation { continuation in
                lane.submit(.query(call) { continuation.resume(returning: $0) })
            }
            switch answer {
            case .success(let replaced): item = replaced ?? item
            case .failure: if lane.isRedacting { return nil }
            }
        }
        return item
    }

    /// Returns once every script has worked off what was queued before the call.
    public func untilIdle() async {
        for lane in services.allLanes { await lane.untilIdle() }
    }

    // MARK: Replacing and removing

    private func replace(_ definition: ScriptDefinition) async throws(ScriptFailure) -> ScriptLoadReport {
        let identity = ScriptIdentity(index: definition.index, title: definition.title)
        let revision = ScriptRevision(source: definition.source, environment: services.environment)
        let lane = services.lane(for: identity)
        if lane.revision == revision {
            lane.rename(identity)
            return ScriptLoadReport(
                script: identity, revision: revision, isNew: false, hooks: lane.hooks, findings: [])
        }
        let outcome = await InstanceThread(
            definition: definition, revision: revision, lane: lane, services: services,
            isES5Required: configuration.isES5Required, predecessor: lane.owner
        ).start()
        switch outcome {
        case .success(let report):
            lane.rename(identity)
            announce(report, on: lane)
            return report
        case .failure(let failure):
            lane.console.print(.error, failure.description)
            services.sink.receive(.refused(failure))
            throw failure
        }
    }

    private func announce(_ report: ScriptLoadReport, on lane: ScriptLane) {
        for finding in report.findings { lane.console.print(.error, "warning: \(report.script.title):\(finding)") }
        services.sink.receive(.loaded(report))
    }

    private func remove(_ index: Int, grace: Duration) async {
        guard let lane = services.lane(index) else { return }
        let identity = lane.identity
        let control = lane.retire(grace: grace)
        services.removeLane(index)
        await control?.untilEnded()
        services.sink.receive(.unloaded(identity))
    }

    private func gate(_ index: Int) -> AsyncGate {
        gates.withLock { gates in
            if let gate = gates[index] { return gate }
            let gate = AsyncGate()
            gates[index] = gate
            return gate
        }
    }
}
