internal import Glibc
internal import KubernetesClient
internal import ScriptFolder

/// Keeps the scripts in the cluster in step with folders: never the other way round, and never over an edit that somebody
/// made in the cluster.
///
/// ```swift
/// let sync = ScriptSync(store: store, options: SyncOptions(folders: folders)) { event in … }
/// let isGood = try await sync.once()       // or: await sync.watch()
/// ```
package actor ScriptSync {
    private let store: ScriptStore
    private let options: SyncOptions
    private let report: @Sendable (SyncEvent) -> Void
    private var merge: FolderSync
    private var files: [SyncFileKey: SyncFile] = [:]
    /// Conflicts that were told, so that they are not told with every edit of another file.
    private var told: [SyncFileKey: SyncStep.Kind] = [:]
    private var isFirstPass = true
    private var hasSetEnvironment = false

    /// A sync that does nothing before ``once()`` or ``watch()``.
    package init(store: ScriptStore, options: SyncOptions, report: @escaping @Sendable (SyncEvent) -> Void) {
        self.store = store
        self.options = options
        self.report = report
        merge = FolderSync(
            folders: options.folders.map(\.key), activeTitles: options.activeTitles, isForced: options.isForced)
    }

    // MARK: Once

    /// Syncs once. Returns whether everything is in step; throws if the cluster could not be reached.
    package func once() async throws -> Bool {
        let scanner = FolderScanner(options.folders.map(\.source), limits: options.folderLimits)
        var scan = scanner.scan()
        // An empty file that was just written is about to be filled.
        if scan.entries.contains(where: { $0.file.text.isEmpty && $0.age < options.folderLimits.emptyGrace }) {
            try await Task.sleep(for: options.folderLimits.emptyGrace)
            scan = scanner.scan()
        }
        for problem in scan.problems { report(.folderProblem(problem)) }
        for file in scan.files { await take(file) }
        try await setEnvironment()
        let steps = try await pass()
        try await setEnvironmentSources()
        return scan.problems.isEmpty && !steps.contains(where: \.isFailure)
    }

    // MARK: For ever

    /// Syncs, and then follows the folders, until the task is cancelled. Waits for a cluster that cannot be reached.
    package func watch() async {
        let mailbox = SyncMailbox()
        let folders = ScriptFolderWatch(options.folders.map(\.source), limits: options.folderLimits)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await update in folders { mailbox.put(update) }
            }
            group.addTask { [store] in await Self.follow(store, into: mailbox) }
            var backoff = SyncBackoff()
            var isPassDue = false
            var wasWaiting: String?
            for await _ in mailbox.arrivals {
                repeat {
                    let mail = mailbox.take()
                    for problem in mail.problems { report(.folderProblem(problem)) }
                    for change in mail.changes.values.sorted(by: { $0.identity < $1.identity }) { await take(change) }
                    isPassDue = isPassDue || mail.hasFiles
                    do {
                        if isPassDue {
                            try await setEnvironment()
                            try await pass()
                            try await setEnvironmentSources()
                        } else if let configMap = mail.configMap {
                            try await look(at: configMap)
                        }
                        if wasWaiting != nil { report(.recovered) }
                        isPassDue = false
                        wasWaiting = nil
                        backoff = SyncBackoff()
                    } catch {
                        guard !Task.isCancelled else { break }
                        let wait = backoff.next()
                        let reason = "\(error)"
                        if reason != wasWaiting { report(.waiting(reason: reason, retry: wait)) }
                        wasWaiting = reason
                        try? await Task.sleep(for: wait)
                    }
                } while isPassDue && !Task.isCancelled
                if Task.isCancelled { break }
            }
            folders.stop()
            group.cancelAll()
        }
    }

    /// Delivers the config map whenever somebody writes it.
    private static func follow(_ store: ScriptStore, into mailbox: SyncMailbox) async {
        let name = await store.watchedConfigMapName()
        let informer = Informer<ConfigMap>(
            client: store.client, selection: .named(name, in: store.location.namespace))
        let subscription = informer.subscribe()
        async let running: Void = informer.run()
        for await batch in subscription {
            for event in batch.events {
                if case .deleted = event.change { continue }
                mailbox.put(event.change.object)
            }
        }
        await running
    }

    // MARK: Files

    private func take(_ change: ScriptFileChange) async {
        switch change {
        case .added(let file), .changed(let file): await take(file)
        case .removed(let identity):
            if let key = key(of: identity) { files[key] = nil }
        }
    }

    private func take(_ file: ScriptFile) async {
        guard let folder = options.folders.first(where: { $0.source.path == file.identity.source }) else { return }
        let problem = await options.check(file)
        let synced = SyncFile(file, folder: folder, problem: problem)
        files[synced.key] = synced
    }

    private func key(of identity: ScriptFileIdentity) -> SyncFileKey? {
        options.folders.first { $0.source.path == identity.source }.map {
            SyncFileKey(folder: $0.key, path: identity.path)
        }
    }

    // MARK: The cluster

    /// Compares everything and writes what differs; returns a step for each file.
    @discardableResult
    private func pass() async throws -> [SyncStep] {
        var files = sortedFiles
        if isFirstPass {
            // A file that is being saved may be away for a moment; later the watch waits before it calls a file removed.
            var scripts = try await store.read().scripts
            let steps = merge.merge(files, into: &scripts, isGone: isGone)
            if steps.contains(where: { $0.kind == .removed }) {
                try await Task.sleep(for: options.folderLimits.deletionGrace)
            }
        }
        while true {
            var lastSteps: [SyncStep] = []
            do {
                let outcome = try await store.change(note: "synced from \(folderNames)") { set in
                    lastSteps = merge.merge(files, into: &set, isGone: isGone)
                    return lastSteps
                }
                finish(outcome.result, files, isWritten: outcome.isWritten, revision: outcome.after.revision)
                for warning in outcome.warnings { report(.warning(warning)) }
                return outcome.result
            } catch StoreError.tooLarge(let problems) {
                let refused = refuse(problems, lastSteps, &files)
                guard refused else { throw StoreError.tooLarge(problems) }
            }
        }
    }

    private func finish(_ steps: [SyncStep], _ files: [SyncFile], isWritten: Bool, revision: String) {
        isFirstPass = false
        merge.remember(steps, files: files)
        let news = steps.filter { $0.kind != .unchanged && told[$0.key] != $0.kind }
        told = Dictionary(
            steps.filter(\.isFailure).map { ($0.key, $0.kind) }, uniquingKeysWith: { first, _ in first })
        report(.synced(steps: news, isWritten: isWritten, revision: revision))
    }

    /// Tells of conflicts that an edit in the cluster makes; writes nothing.
    private func look(at configMap: ConfigMap) async throws {
        guard !isFirstPass else { return }
        var scripts = try await store.scripts(of: configMap)
        guard hasNews(merge.merge(sortedFiles, into: &scripts, isGone: isGone)) else { return }
        // The event may be older than what was written since; the config map as it is now decides.
        scripts = try await store.read().scripts
        let steps = merge.merge(sortedFiles, into: &scripts, isGone: isGone)
        guard hasNews(steps) else { return }
        let news = steps.filter { $0.isFailure && told[$0.key] != $0.kind }
        for step in news { told[step.key] = step.kind }
        report(.synced(steps: news, isWritten: false, revision: scripts.revision))
    }

    private func hasNews(_ steps: [SyncStep]) -> Bool { steps.contains { $0.isFailure && told[$0.key] != $0.kind } }

    /// Sets files aside for which there is no room, so that the others can go on. False if it is not files of ours.
    private func refuse(_ problems: [SizeProblem], _ steps: [SyncStep], _ files: inout [SyncFile]) -> Bool {
        let changed = steps.filter { [.created, .updated].contains($0.kind) }
        let indexes = Dictionary(problems.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        var refused = changed.filter { $0.index.flatMap { indexes[$0] } != nil }
        if refused.isEmpty, let last = changed.last { refused = [last] }
        for step in refused {
            let problem = step.index.flatMap { indexes[$0] } ?? problems.first
            guard let i = files.firstIndex(where: { $0.key == step.key }) else { continue }
            files[i].problem = problem.map { "\($0)" } ?? "there is no room for it"
        }
        return !refused.isEmpty
    }

    private var sortedFiles: [SyncFile] {
        files.values.sorted { ($0.key.folder, $0.key.path) < ($1.key.folder, $1.key.path) }
    }

    private func setEnvironment() async throws {
        guard !hasSetEnvironment, let environment = options.environment else { return }
        if try await store.setEnvironment(environment) {
            report(.environmentWritten(names: Array(environment.values.keys)))
        }
        hasSetEnvironment = true
    }

    private func setEnvironmentSources() async throws {
        guard let sources = options.environmentSources else { return }
        let text = sources.isEmpty ? nil : EnvironmentSource.text(of: sources)
        try await store.setEntry(ConfigMapKey.environmentSources, to: text)
    }

    private var folderNames: String { options.folders.map(\.source.path).joined(separator: ", ") }

    /// Whether a file does not exist while its folder does. A folder that is not there (not mounted, another branch) is
    /// no reason to remove its scripts.
    private nonisolated var isGone: (SyncFileKey) -> Bool {
        let folders = Dictionary(options.folders.map { ($0.key, $0.source) }, uniquingKeysWith: { first, _ in first })
        return { key in
            guard let source = folders[key.folder] else { return false }
            var status = stat()
            if stat(source.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                return lstat(source.path + "/" + key.path, &status) != 0 && errno == ENOENT
            }
            // The source is a file: gone, if the folder around it is there.
            guard source.path.hasSuffix("/" + key.path) || source.path == key.path else { return false }
            let parent = source.path.dropLast(key.path.utf8.count)
            return stat(parent.isEmpty ? "." : String(parent), &status) == 0
                && lstat(source.path, &status) != 0 && errno == ENOENT
        }
    }
}

/// How long to wait for a cluster: ever longer up to 10 s, spread, for ever.
struct SyncBackoff {
    private var attempt = 0

    mutating func next() -> Duration {
        let seconds = min(10, 0.5 * Double(1 << min(attempt, 5)))
        attempt += 1
        return .seconds(seconds * Double.random(in: 0.7...1.3))
    }
}
