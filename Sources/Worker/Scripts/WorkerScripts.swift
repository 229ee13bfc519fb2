internal import Integrations
package import JSON
internal import Metrics
internal import ScriptHelpers
package import ScriptRuntime
internal import ScriptTraffic
internal import ScriptViews
internal import Threading

/// The scripts of a worker: replaced and removed one by one, each with an outcome, while packets go on.
///
/// A version that is refused leaves the one before it running. When `env` changes, all scripts begin anew in an engine of
/// their own, which takes over at once. Calls are carried out one after the other, in their order.
package actor WorkerScripts {
    /// The engine of the moment, and what goes with it.
    private struct Running: Sendable {
        var engine: ScriptEngine
        /// What scripts call beside the worker's own helpers; nil where its folder cannot be had.
        var helpers: ScriptHelpers?
        var isReady = false
        /// Grows with each new engine.
        var generation = 0
    }

    private let base: ScriptEngineConfiguration
    private let context: HelperContext
    private let sink: any ScriptEventSink
    private nonisolated let running: Locked<Running>
    private var environment: JSONValue
    private var known: [String: WorkerScript] = [:]
    private nonisolated let verdicts = Locked<[String: ScriptVerdict]>([:])
    private var last: Task<Void, Never>?
    /// Why scripts have no `vendor`, `file` and so on; nil if they have.
    package nonisolated let helperProblem: String?

    /// Without scripts.
    ///
    /// - Parameters:
    ///   - base: budgets, and the helpers that are the worker's own.
    ///   - context: what other helpers need to know; its environment is replaced.
    ///   - sink: hears what scripts say.
    init(_ base: ScriptEngineConfiguration, context: HelperContext, sink: any ScriptEventSink) {
        self.base = base
        self.context = context
        self.sink = sink
        environment = base.environment
        let helpers = Result { try Self.helpers(context, base.environment) }
        if case .failure(let error) = helpers { helperProblem = "\(error)" } else { helperProblem = nil }
        let known = try? helpers.get()
        running = Locked(
            Running(
                engine: ScriptEngine(Self.configuration(base, base.environment, known), sink: sink), helpers: known))
    }

    private static func helpers(_ context: HelperContext, _ environment: JSONValue) throws -> ScriptHelpers {
        var context = context
        context.environment = environment
        context.settings = .current(scriptEnvironment: environment)
        return try ScriptHelpers(context)
    }

    private static func configuration(
        _ base: ScriptEngineConfiguration, _ environment: JSONValue, _ helpers: ScriptHelpers?
    ) -> ScriptEngineConfiguration {
        var configuration = base
        configuration.environment = environment
        // Of helpers with one path, the worker's own.
        var paths: Set<String> = []
        configuration.helpers = (base.helpers + (helpers?.functions ?? []) + FilterHelpers.all()).filter {
            paths.insert($0.path).inserted
        }
        configuration.preludes = [ScriptViews.prelude] + base.preludes + (helpers?.preludes ?? [])
        return configuration
    }

    // MARK: Changing

    /// Loads a script, or replaces the version of it that runs.
    package func replace(_ script: WorkerScript) async -> ScriptVerdict {
        await inTurn { await self.load(script) }
    }

    /// Removes a script; nothing happens if there is none of this title.
    package func remove(title: String) async {
        await inTurn { await self.unload(title) }
    }

    /// Brings everything in step with a complete set: what is not in it is removed. Returns the verdicts in the order of
    /// the set.
    package func replaceAll(_ scripts: [WorkerScript], environment: JSONValue? = nil) async -> [ScriptVerdict] {
        await inTurn {
            if let environment { await self.change(environment, thenLoad: false) }
            let titles = Set(scripts.map(\.title))
            for title in await self.known.keys where !titles.contains(title) { await self.unload(title) }
            var verdicts: [ScriptVerdict] = []
            for script in scripts { verdicts.append(await self.load(script)) }
            self.markReady()
            return verdicts
        }
    }

    /// Gives scripts another `env`, an object; if it differs they all begin anew.
    package func setEnvironment(_ environment: JSONValue) async -> [ScriptVerdict] {
        await inTurn { await self.change(environment, thenLoad: true) }
    }

    /// Says that the first complete set of scripts is loaded.
    package nonisolated func markReady() { running.withLock { $0.isReady = true } }

    /// Ends all scripts.
    package func shutdown() async {
        await inTurn {
            let (engine, helpers) = self.running.withLock { ($0.engine, $0.helpers) }
            await engine.shutdown()
            helpers?.shutDown()
        }
    }

    private func inTurn<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
        let before = last
        let task = Task {
            await before?.value
            return await body()
        }
        last = Task { _ = await task.value }
        return await task.value
    }

    private func load(_ script: WorkerScript) async -> ScriptVerdict {
        let engine = engine
        if let former = known[script.title], former.index != script.index { await engine.unload(former.index) }
        // Another script had this number.
        for (title, other) in known where other.index == script.index && title != script.title {
            known[title] = nil
            verdicts.withLock { $0[title] = nil }
        }
        known[script.title] = script
        let outcome: ScriptVerdict.Outcome
        do throws(ScriptFailure) {
            let report = try await engine.load(
                ScriptDefinition(index: script.index, title: script.title, source: script.source))
            outcome = .ack(
                revision: report.revision.description, hooks: report.hooks.all.map(\.rawValue),
                warnings: report.findings.map { "\($0)" })
        } catch {
            let runs = engine.statuses.contains { $0.script.index == script.index && $0.isRunning }
            outcome = .nack(
                message: error.text, line: error.line, column: error.column, formerGoesOn: runs)
        }
        let verdict = ScriptVerdict(index: script.index, title: script.title, outcome: outcome)
        verdicts.withLock { $0[script.title] = verdict }
        return verdict
    }

    private func unload(_ title: String) async {
        guard let script = known.removeValue(forKey: title) else { return }
        verdicts.withLock { $0[title] = nil }
        await engine.unload(script.index)
    }

    @discardableResult
    private func change(_ environment: JSONValue, thenLoad: Bool) async -> [ScriptVerdict] {
        guard environment != self.environment else { return [] }
        self.environment = environment
        let helpers = try? Self.helpers(context, environment)
        let engine = ScriptEngine(Self.configuration(base, environment, helpers), sink: sink)
        let (old, oldHelpers) = running.withLock { running in
            defer {
                running.engine = engine
                running.helpers = helpers
                running.generation += 1
            }
            return (running.engine, running.helpers)
        }
        var outcomes: [ScriptVerdict] = []
        if thenLoad {
            for script in known.values.sorted(by: { $0.index < $1.index }) { outcomes.append(await load(script)) }
        }
        await old.shutdown()
        oldHelpers?.shutDown()
        return outcomes
    }

    // MARK: Asking

    /// The engine that runs them now.
    package nonisolated var engine: ScriptEngine { running.withLock { $0.engine } }
    /// The engine that runs them now, and a number that another engine does not have.
    nonisolated var engineOfTheMoment: (engine: ScriptEngine, generation: Int) {
        running.withLock { ($0.engine, $0.generation) }
    }
    /// Whether the first complete set of scripts is loaded.
    package nonisolated var isReady: Bool { running.withLock { $0.isReady } }
    /// What became of the latest version of each script, in the order of their indexes.
    package nonisolated var outcomes: [ScriptVerdict] {
        verdicts.withLock { $0.values.sorted { ($0.index, $0.title) < ($1.index, $1.title) } }
    }
    /// To be told of everything that happens to scripts.
    nonisolated func observe(_ event: ScriptEvent) { running.withLock { $0.helpers }?.observe(event) }
}
