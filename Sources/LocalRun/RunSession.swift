internal import Integrations
internal import ScriptCheck
internal import ScriptFolder
internal import ScriptHelpers
package import ScriptRuntime
internal import ScriptTraffic
internal import ScriptViews
internal import Threading

/// The whole engine in one process without a cluster: scripts from files, events from recordings.
///
/// Scripts are loaded in the order of their sources and names, then the inputs begin. A file that is saved is loaded
/// beside the version that runs, and takes its place if it loads (``ScriptEngine/load(_:)``).
package final class RunSession: Sendable {
    /// How long scripts may go on with what they have when the run is ended from outside.
    private static let endingGrace: Duration = .seconds(2)

    private let settings: RunSettings
    private let inputs: [any RunInput]
    private let reporter: any RunReporter
    private let engine: ScriptEngine
    private let hub: LocalHub
    private let sink: RunSink
    private let integrations: ScriptHelpers?
    /// Where packets are kept.
    private let packets: RunPackets?
    private let book: Locked<ScriptBook>

    /// Makes an engine without scripts.
    ///
    /// - Parameters:
    ///   - helpers: what scripts may call besides; they come before those of the integrations, and after `hub.*` and
    ///     `utils.*`, which a run has of its own.
    ///   - preludes: our own JavaScript, loaded after all other.
    package init(
        _ settings: RunSettings, inputs: [any RunInput] = [], helpers: [HostFunction] = [],
        preludes: [ScriptPrelude] = [], reporter: any RunReporter
    ) throws(RunRefusal) {
        let book = Locked(ScriptBook(activeTitles: settings.activeTitles))
        self.settings = settings
        self.inputs = inputs
        self.reporter = reporter
        self.book = book
        let integrations = try Self.integrations(settings)
        self.integrations = integrations
        sink = RunSink(reporter: reporter, observe: { integrations?.observe($0) }) { index in
            book.withLock { $0.path(of: index) }
        }
        hub = LocalHub(node: settings.node, isHub: settings.isHub, reporter: reporter)

        let packets = RunPackets(for: inputs, folder: integrations?.dataFolder, hub.names, reporter)
        self.packets = packets

        var configuration = ScriptEngineConfiguration()
        configuration.budget = settings.budget
        configuration.environment = settings.environment
        configuration.isES5Required = settings.isES5Required
        configuration.clock = settings.clock
        let own = hub.helpers + LocalHelpers.utils(node: settings.node)
        configuration.helpers = Self.merged([
            own, helpers, packets.map { packets in CaptureHelpers.all { try packets.archive() } } ?? [],
            integrations?.functions ?? [], FilterHelpers.all(),
        ])
        configuration.preludes =
            [ScriptViews.prelude] + (integrations?.preludes ?? []) + preludes
            + [LocalHelpers.joinMaps, LocalHelpers.missing(isHub: settings.isHub)]
        engine = ScriptEngine(configuration, sink: sink)
        hub.attach(engine)
    }

    private static func integrations(_ settings: RunSettings) throws(RunRefusal) -> ScriptHelpers? {
        guard let folder = settings.dataFolder else { return nil }
        let context = HelperContext(
            role: settings.isHub ? .hub : .worker, nodeName: settings.node, workerName: "local/\(settings.node)",
            dataFolder: folder, environment: settings.environment,
            settings: .current(scriptEnvironment: settings.environment))
        do {
            return try ScriptHelpers(context)
        } catch {
            throw RunRefusal("\(folder): \(error)")
        }
    }

    /// The helpers of all lists; of those with one path the first.
    private static func merged(_ lists: [[HostFunction]]) -> [HostFunction] {
        var paths: Set<String> = []
        return lists.joined().filter { paths.insert($0.path).inserted }
    }

    /// Runs until the inputs are read, if the settings say so, or until the task is cancelled.
    package func run() async throws(RunRefusal) -> RunOutcome {
        let result: Result<Void, RunRefusal>
        if settings.endsWithInputs {
            result = await Self.result { () async throws(RunRefusal) in try await runOnce() }
        } else {
            result = await Self.result { () async throws(RunRefusal) in try await follow() }
        }
        await end()
        try result.get()
        return sink.outcome
    }

    private static func result(
        _ body: () async throws(RunRefusal) -> Void
    ) async -> Result<Void, RunRefusal> {
        do throws(RunRefusal) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: Once

    private func runOnce() async throws(RunRefusal) {
        let scan = FolderScanner(settings.sources, limits: settings.folderLimits).scan()
        try refuse(scan)
        guard !scan.files.isEmpty else { throw noScripts }
        var update = ScriptFolderUpdate()
        update.changes = scan.files.map(ScriptFileChange.added)
        update.problems = scan.problems
        await take(update)
        try await feed()
        await settle()
        if settings.runsJobsAtEnd {
            engine.runJobs()
            await settle()
        }
    }

    /// Waits until scripts have worked off their events, the actions that they sent each other, and the jobs that are due.
    private func settle() async {
        // Scripts that send each other actions for ever end here.
        for _ in 0..<1000 where !Task.isCancelled {
            let actions = hub.actions
            await engine.untilIdle()
            let isAtWork = engine.statuses.contains { status in
                status.queued > 0 || engine.jobs(of: status.script.index).contains { $0.state != .waiting }
            }
            if !isAtWork, hub.actions == actions, integrations?.outbox.pending ?? 0 == 0 { return }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    // MARK: Following

    private func follow() async throws(RunRefusal) {
        let watch = ScriptFolderWatch(settings.sources, limits: settings.folderLimits)
        var updates = watch.makeAsyncIterator()
        guard let first = await updates.next() else { return }
        try refuse(FolderScanner(settings.sources, limits: settings.folderLimits).scan())
        await take(first)
        if first.changes.isEmpty { reporter.report(.notice("\(noScripts); waiting for one")) }

        let feeding = Task { await Self.result { () async throws(RunRefusal) in try await self.feed() } }
        // A recording that cannot be read ends the run; one that is through does not.
        let watching = Task {
            if case .failure = await feeding.value { watch.stop() }
        }
        while let update = await updates.next() { await take(update) }
        feeding.cancel()
        watching.cancel()
        try await feeding.value.get()
    }

    // MARK: Scripts

    private func take(_ update: ScriptFolderUpdate) async {
        for problem in update.problems { reporter.report(.problem("\(problem)")) }
        for step in book.withLock({ $0.steps(for: update) }) {
            switch step {
            case .load(let definition):
                packets?.note(source: definition.source)
                // What is wrong goes to the sink, and the next script is no worse for it.
                _ = try? await engine.load(definition)
            case .unload(let index): await engine.unload(index)
            case .passOver(let title, let path):
                reporter.report(.notice("\(path): \"\(title)\" is not among the active scripts (scripting.active)"))
            }
        }
    }

    /// What the user named must be there, else it is a slip of the pen and no state of the world.
    private func refuse(_ scan: ScriptFolderScan) throws(RunRefusal) {
        let named = Set(settings.sources.map(\.path))
        if let problem = scan.problems.first(where: { named.contains($0.path) }) { throw RunRefusal("\(problem)") }
    }

    private var noScripts: RunRefusal {
        let places = settings.sources.map(\.path).joined(separator: ", ")
        return RunRefusal(
            "there is no script in \(places): scripts are files that end in .js ('remora init \(places)' writes a first one)"
        )
    }

    // MARK: Inputs

    private func feed() async throws(RunRefusal) {
        let results = await withTaskGroup(of: Result<Void, RunRefusal>.self) { group in
            for input in inputs {
                let feed = RunFeed(
                    node: settings.node, engine: engine, hub: hub, packets: packets, reporter: reporter)
                if !input.hooks.contains(where: feed.isWanted) {
                    let hooks = input.hooks.map(\.rawValue).joined(separator: " or ")
                    reporter.report(.notice("\(input.name): no script has \(hooks)"))
                }
                group.addTask { await Self.result { () async throws(RunRefusal) in try await input.run(feed) } }
            }
            var results: [Result<Void, RunRefusal>] = []
            for await result in group { results.append(result) }
            return results
        }
        for result in results { try result.get() }
    }

    // MARK: The end

    private func end() async {
        // In a task of its own: the grace counts also when this one was cancelled.
        await Task {
            await withTaskGroup { group in
                group.addTask { await self.engine.untilIdle() }
                group.addTask { try? await Task.sleep(for: Self.endingGrace) }
                await group.next()
                group.cancelAll()
                sink.beginEnd()
                // Retiring the scripts also ends the wait for one that is still busy.
                await engine.shutdown()
                integrations?.shutDown()
            }
        }.value
    }
}
