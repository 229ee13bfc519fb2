internal import KubernetesClient
internal import ScriptFolder
internal import Threading

/// What came from the folders and from the cluster while the sync was busy: the last word on each file.
final class SyncMailbox: Sendable {
    struct Mail {
        var changes: [ScriptFileIdentity: ScriptFileChange] = [:]
        var problems: [ScriptFolderProblem] = []
        var configMap: ConfigMap?
        /// The folders have been read once.
        var hasFiles = false
    }

    private let mail = Locked(Mail())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() { (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func put(_ update: ScriptFolderUpdate) {
        mail.withLock { mail in
            for change in update.changes { mail.changes[change.identity] = change }
            // Told once; there are not many, and not again while nobody reads.
            mail.problems = Array((mail.problems + update.problems).suffix(Self.problemLimit))
            mail.hasFiles = true
        }
        signal.yield()
    }

    func put(_ configMap: ConfigMap) {
        mail.withLock { $0.configMap = configMap }
        signal.yield()
    }

    func take() -> Mail {
        mail.withLock { mail in
            defer { mail = Mail() }
            return mail
        }
    }

    /// Yields whenever something has come since the last time; for one reader.
    var arrivals: AsyncStream<Void> { signals }

    func finish() { signal.finish() }

    private static let problemLimit = 100
}
