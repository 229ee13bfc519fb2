internal import Integrations
internal import JSON
package import Metrics
internal import ScriptHelpers
package import ScriptRuntime
package import ScriptStore
internal import Threading

/// Runs the scripts of the config map in this process, and keeps what became of each.
///
/// A script whose text did not change is not touched. A new version runs only if its top level succeeded; else the one
/// before goes on. When `env` changes, all scripts begin anew, in an engine of their own, which takes over at once.
package final class ScriptHost: Sendable {
    /// Cuts a pod off from the network, given its name and namespace.
    package typealias BlockPod = @Sendable (_ name: String, _ namespace: String) async throws -> Void

    private struct State: Sendable {
        var engine: ScriptEngine
        /// What scripts call beside what the hub answers itself; nil where its folder cannot be had.
        var helpers: ScriptHelpers?
        var environment: ScriptEnvironment
        var set = ScriptSet()
        /// Why the version in the config map does not run.
        var refusals: [Int: ScriptFailure] = [:]
    }

    private let base: ScriptEngineConfiguration
    private let dataFolder: String
    private let metrics: MetricRegistry
    private let sink: any ScriptEventSink
    private let blockPod: BlockPod?
    private let state: Locked<State>
    /// Why scripts have no `vendor`, `file`, …; nil if they have.
    package let helperProblem: String?

    /// Without scripts.
    ///
    /// - Parameters:
    ///   - base: budgets, and the helpers and preludes that are the hub's own; its environment is replaced.
    ///   - dataFolder: the folder of `file.*`.
    ///   - metrics: where scripts' own figures go.
    ///   - sink: hears what scripts say.
    ///   - blockPod: what `hub.blockPod` does; nil: it is not allowed.
    package init(
        _ base: ScriptEngineConfiguration, dataFolder: String, metrics: MetricRegistry, sink: any ScriptEventSink,
        blockPod: BlockPod? = nil
    ) {
        self.base = base
        self.dataFolder = dataFolder
        self.metrics = metrics
        self.sink = sink
        self.blockPod = blockPod
        let environment = ScriptEnvironment()
        let helpers = Result { try Self.helpers(environment, dataFolder, metrics, blockPod) }
        if case .failure(let error) = helpers { helperProblem = "\(error)" } else { helperProblem = nil }
        let known = try? helpers.get()
        state = Locked(
            State(
                engine: ScriptEngine(Self.configuration(base, environment, known), sink: sink), helpers: known,
                environment: environment))
    }

    private static func helpers(
        _ environment: ScriptEnvironment, _ dataFolder: String, _ metrics: MetricRegistry, _ blockPod: BlockPod?
    ) throws -> ScriptHelpers {
        var context = HelperContext(
            role: .hub, nodeName: "hub", dataFolder: dataFolder, environment: environment.json,
            settings: .current(scriptEnvironment: environment.json), metrics: metrics)
        context.blockPod = blockPod
        return try ScriptHelpers(context)
    }

    private static func configuration(
        _ base: ScriptEngineConfiguration, _ environment: ScriptEnvironment, _ helpers: ScriptHelpers?
    ) -> ScriptEngineConfiguration {
        var configuration = base
        configuration.environment = environment.json
        let own = Set(base.helpers.map(\.path))
        configuration.helpers += (helpers?.functions ?? []).filter { !own.contains($0.path) }
        configuration.preludes += helpers?.preludes ?? []
        return configuration
    }

    /// To be told of everything that happens to scripts.
    func observe(_ event: ScriptEvent) { state.withLock { $0.helpers }?.observe(event) }

    private var engine: ScriptEngine { state.withLock { $0.engine } }

    /// The hooks that any script has.
    package var hooks: ScriptHooks { engine.hooks }
    /// Queues a call for every script that has the hook. Never blocks.
    package func deliver(_ call: HookCall) { engine.deliver(call) }
    /// The scripts that are to run, as last applied.
    package var set: ScriptSet { state.withLock { $0.set } }
    /// Each job of a script.
    package func jobs(of index: Int) -> [(tag: String, state: JobState)] { engine.jobs(of: index) }
    /// Makes every job due now.
    package func runJobs() { engine.runJobs() }
    /// Makes the jobs of a tag due now; false if there is none.
    package func runJob(_ tag: String) -> Bool { engine.runJob(tag: tag) }
    /// Removes the jobs of a tag; false if there is none.
    package func removeJob(_ tag: String) -> Bool { engine.removeJob(tag: tag) }

    /// Waits until scripts have worked off what they have now; false if that took too long.
    package func untilIdle(limit: Duration) async -> Bool {
        let engine = engine
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await engine.untilIdle()
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isIdle = await group.next() ?? false
            group.cancelAll()
            return isIdle
        }
    }

    /// Ends all scripts.
    package func shutdown() async {
        let (engine, helpers) = state.withLock { ($0.engine, $0.helpers) }
        await engine.shutdown()
        helpers?.shutDown()
    }

    // MARK: Applying

    /// Brings what runs in step with a set of scripts. One call at a time. Returns the scripts of which something
    /// changed, by what became of them.
    @discardableResult
    package func apply(_ set: ScriptSet, environment: ScriptEnvironment) async -> [ScriptOutcome] {
        let before = Dictionary(outcomes.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        let (old, oldHelpers, known) = state.withLock { ($0.engine, $0.helpers, $0.environment) }
        var target = old
        var newHelpers = oldHelpers
        if environment != known {
            newHelpers = try? Self.helpers(environment, dataFolder, metrics, blockPod)
            target = ScriptEngine(Self.configuration(base, environment, newHelpers), sink: sink)
        }
        let helpers = newHelpers
        let engine = target
        let wanted = set.scripts.filter(\.isActive)
        let kept = Set(wanted.map(\.index))
        let removed = engine.statuses.map(\.script.index).filter { !kept.contains($0) }
        let refusals = await withTaskGroup(of: (Int, ScriptFailure?).self) { group in
            for index in removed {
                group.addTask {
                    await engine.unload(index)
                    return (index, nil)
                }
            }
            for script in wanted {
                group.addTask { (script.index, await Self.load(script, into: engine)) }
            }
            var refusals: [Int: ScriptFailure] = [:]
            for await (index, failure) in group where failure != nil { refusals[index] = failure }
            return refusals
        }
        state.withLock { state in
            state.engine = engine
            state.helpers = helpers
            state.environment = environment
            state.set = set
            state.refusals = refusals
        }
        if engine !== old {
            await old.shutdown()
            oldHelpers?.shutDown()
        }
        return outcomes.filter { outcome in
            let former = before[outcome.index]
            return former == nil || former?.state != outcome.state || former?.revision != outcome.revision
                || former?.error != outcome.error
        }
    }

    private static func load(_ script: StoredScript, into engine: ScriptEngine) async -> ScriptFailure? {
        do throws(ScriptFailure) {
            try await engine.load(
                ScriptDefinition(index: script.index, title: script.trimmedTitle, source: script.code))
            return nil
        } catch {
            return error
        }
    }

    // MARK: Outcomes

    /// What became of each script of the set, in the order of their indexes.
    package var outcomes: [ScriptOutcome] {
        let state = state.withLock { $0 }
        let statuses = Dictionary(state.engine.statuses.map { ($0.script.index, $0) }, uniquingKeysWith: { $1 })
        return state.set.scripts.map { script in
            Self.outcome(script, statuses[script.index], state.refusals[script.index])
        }
    }

    private static func outcome(
        _ script: StoredScript, _ status: ScriptStatus?, _ refusal: ScriptFailure?
    ) -> ScriptOutcome {
        var outcome = ScriptOutcome(index: script.index, title: script.trimmedTitle, state: .inactive)
        guard script.isActive else { return outcome }
        let isRunning = status?.isRunning == true
        outcome.state = refusal == nil ? .running : isRunning ? .outdated : .rejected
        if let status {
            outcome.revision = isRunning ? status.revision?.description : nil
            outcome.hooks = status.hooks.all.map(\.rawValue)
            outcome.failures = status.failures
            outcome.dropped = status.dropped
            outcome.calls = status.calls.values.reduce(0, +)
            if let reason = status.quarantine, refusal == nil {
                outcome.state = .quarantined
                outcome.error = reason
            }
        }
        if let failure = refusal ?? (outcome.error == nil ? status?.lastFailure : nil) {
            outcome.error = failure.text
            outcome.line = failure.line
            outcome.column = failure.column
        }
        return outcome
    }
}
