internal import FilterLanguage
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
        var sink: GenerationSink
        /// What scripts call beside the worker's own helpers; nil where its folder cannot be had.
        var helpers: ScriptHelpers?
        var isReady = false
        /// Grows with each new engine.
        var generation = 0
    }

    private let base: ScriptEngineConfiguration
    private let context: HelperContext
    private let sink: any ScriptEventSink
    private let filters: FilterCache
    private nonisolated let running: Locked<Running>
    /// Held while something is handed to the engine, and while another one takes over. Not `running` itself: what engines
    /// say meanwhile comes back to here.
    private nonisolated let handover = Locked(())
    private var environment: JSONValue
    private var known: [String: WorkerScript] = [:]
    /// By index, the version of each script that was loaded last.
    private var loaded: [Int: WorkerScript] = [:]
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
    ///   - filters: what `kfl` knows.
    init(
        _ base: ScriptEngineConfiguration, context: HelperContext, sink: any ScriptEventSink, filters: FilterCache
    ) {
        self.base = base
        self.context = context
        self.sink = sink
        self.filters = filters
        environment = base.environment
        let helpers = Result { try Self.helpers(context, base.environment) }
        if case .failure(let error) = helpers { helperProblem = "\(error)" } else { helperProblem = nil }
        let known = try? helpers.get()
        let first = GenerationSink(sink)
        running = Locked(
            Running(
                engine: ScriptEngine(Self.configuration(base, base.environment, known, filters), sink: first),
                sink: first,
                helpers: known))
    }

    private static func helpers(_ context: HelperContext, _ environment: JSONValue) throws -> ScriptHelpers {
        var context = context
        context.environment = environment
        context.settings = .current(scriptEnvironment: environment)
        return try ScriptHelpers(context)
    }

    private static func configuration(
        _ base: ScriptEngineConfiguration, _ environment: JSONValue, _ helpers: ScriptHelpers?, _ filters: FilterCache
    ) -> ScriptEngineConfiguration {
        var configuration = base
        configuration.environment = environment
        // Of helpers with one path, the worker's own.
        var paths: Set<String> = []
        configuration.helpers = (base.helpers + FilterHelpers.all(filters) + (helpers?.functions ?? [])).filter {
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
            if let environment, await environment != self.environment {
                let verdicts = await self.beginAnew(scripts, environment)
                self.markReady()
                return verdicts
            }
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
        await inTurn {
            guard await environment != self.environment else { return [] }
            return await self.beginAnew(self.known.values.sorted { $0.index < $1.index }, environment)
        }
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
        let verdict = await Self.load(script, into: engine)
        if verdict.isAck { loaded[script.index] = script }
        verdicts.withLock { $0[script.title] = verdict }
        return verdict
    }

    private static func load(_ script: WorkerScript, into engine: ScriptEngine) async -> ScriptVerdict {
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
        return ScriptVerdict(index: script.index, title: script.title, outcome: outcome)
    }

    private func unload(_ title: String) async {
        guard let script = known.removeValue(forKey: title) else { return }
        verdicts.withLock { $0[title] = nil }
        loaded[script.index] = nil
        await engine.unload(script.index)
    }

    /// Loads scripts with another `env` in an engine of their own, which takes over between two calls once all of them
    /// are loaded: every packet is seen by the scripts before or by those after, and by none of both twice.
    private func beginAnew(_ scripts: [WorkerScript], _ environment: JSONValue) async -> [ScriptVerdict] {
        self.environment = environment
        let helpers = try? Self.helpers(context, environment)
        let newSink = GenerationSink(sink)
        let engine = ScriptEngine(Self.configuration(base, environment, helpers, filters), sink: newSink)
        let former = loaded
        loaded = [:]
        known = [:]
        var outcomes: [ScriptVerdict] = []
        for script in scripts {
            known[script.title] = script
            var verdict = await Self.load(script, into: engine)
            if verdict.isAck {
                loaded[script.index] = script
            } else if let before = former[script.index], before.source != script.source,
                case .nack(let message, let line, let column, _) = verdict.outcome,
                await Self.load(before, into: engine).isAck
            {
                // What ran goes on, with the new values.
                loaded[script.index] = before
                verdict = ScriptVerdict(
                    index: script.index, title: script.title,
                    outcome: .nack(message: message, line: line, column: column, formerGoesOn: true))
            }
            outcomes.append(verdict)
        }
        let latest = Dictionary(outcomes.map { ($0.title, $0) }, uniquingKeysWith: { $1 })
        verdicts.withLock { $0 = latest }
        let old = handover.withLock { _ in
            running.withLock { running in
                defer {
                    running.engine = engine
                    running.sink = newSink
                    running.helpers = helpers
                    running.generation += 1
                }
                return running
            }
        }
        await withTaskGroup { group in
            group.addTask { await old.engine.untilIdle() }
            group.addTask { try? await Task.sleep(for: Self.replacementGrace) }
            await group.next()
            group.cancelAll()
            // Ending the scripts also ends the wait for one that is still busy.
            old.sink.retire()
            await old.engine.shutdown()
        }
        old.helpers?.shutDown()
        return outcomes
    }

    /// What scripts were handed before their successors took over they may work off, for so long.
    private static let replacementGrace: Duration = .seconds(5)

    // MARK: Asking

    /// The engine that runs them now.
    package nonisolated var engine: ScriptEngine { running.withLock { $0.engine } }
    /// Hands something to the engine that runs them now; the number is one that another engine does not have. No other
    /// engine takes over meanwhile, so that what is handed over is neither lost nor comes twice: be quick.
    nonisolated func withEngine<Result: Sendable>(_ body: (ScriptEngine, _ generation: Int) -> Result) -> Result {
        handover.withLock { _ in
            let (engine, generation) = running.withLock { ($0.engine, $0.generation) }
            return body(engine, generation)
        }
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

/// Hears what the scripts of one engine say.
private final class GenerationSink: ScriptEventSink {
    private let next: any ScriptEventSink
    private let isRetired = Locked(false)

    init(_ next: any ScriptEventSink) { self.next = next }

    /// Its scripts have successors: that they end is no news.
    func retire() { isRetired.withLock { $0 = true } }

    func receive(_ event: ScriptEvent) {
        if case .unloaded = event, isRetired.withLock({ $0 }) { return }
        next.receive(event)
    }
}
