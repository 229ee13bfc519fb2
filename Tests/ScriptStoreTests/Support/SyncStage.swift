import ScriptFolder
import Testing
import Threading

@testable import ScriptStore

/// A folder, a cluster, and a sync between them.
struct SyncStage: Sendable {
    let cluster: TestCluster
    let folder: TestFolder
    let events = Locked<[SyncEvent]>([])

    /// Shorter than in real life, so that tests end; the grace stays long against a rename.
    static let limits: ScriptFolderLimits = {
        var limits = ScriptFolderLimits()
        limits.quietTime = .milliseconds(50)
        limits.deletionGrace = .milliseconds(400)
        limits.emptyGrace = .milliseconds(200)
        return limits
    }()

    static func run(
        _ data: [String: String]? = [ConfigMapKey.scripts: "{}"], _ body: (SyncStage) async throws -> Void
    ) async throws {
        try await TestCluster.run { cluster in
            if let data { try cluster.createConfigMap(data) }
            try await body(SyncStage(cluster: cluster, folder: TestFolder()))
        }
    }

    func options(_ sources: [String]? = nil, recursive: Bool = false) -> SyncOptions {
        var options = SyncOptions(
            folders: (sources ?? [folder.path]).map {
                SyncFolder(source: ScriptSource(path: $0, isRecursive: recursive), key: "test:\($0)")
            })
        options.folderLimits = Self.limits
        options.check = { file in
            // Stands for the parser: what is not closed is broken.
            let text = file.text
            guard text.count(where: { $0 == "(" }) == text.count(where: { $0 == ")" }) else {
                return "\(file.identity.location):1:1: unbalanced"
            }
            return nil
        }
        return options
    }

    func sync(_ change: (inout SyncOptions) -> Void = { _ in }) -> ScriptSync {
        var options = options()
        change(&options)
        return ScriptSync(store: cluster.store(), options: options) { [events] event in
            events.withLock { $0.append(event) }
        }
    }

    /// Runs a sync for the time of `body`, which begins when the first pass is over.
    func watching(
        _ change: (inout SyncOptions) -> Void = { _ in }, _ body: (SyncStage) async throws -> Void
    ) async throws {
        let before = passes
        let sync = sync(change)
        let task = Task { await sync.watch() }
        do {
            #expect(try await eventually { passes > before })
            try await body(self)
        } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
    }

    /// How often files and scripts were compared.
    var passes: Int {
        events.withLock { events in
            events.count { if case .synced = $0 { true } else { false } }
        }
    }

    /// All steps that were told.
    var steps: [SyncStep] {
        events.withLock { events in
            events.flatMap { event -> [SyncStep] in if case .synced(let steps, _, _) = event { steps } else { [] } }
        }
    }

    /// `word path`, for each step that was told.
    var told: [String] { steps.map { "\($0.word) \($0.key.path)" } }

    /// Titles and codes in the cluster, by index.
    func codes() async throws -> [Int: String] {
        try await cluster.scripts().scripts.reduce(into: [:]) { $0[$1.index] = $1.code }
    }

    /// Waits until the cluster holds exactly these codes, in the order of their indexes.
    func holds(_ codes: [String]) async throws -> Bool {
        try await eventually { try await cluster.scripts().scripts.map(\.code) == codes }
    }
}
