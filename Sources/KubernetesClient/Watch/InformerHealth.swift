/// How an informer is doing: for `/readyz`, metrics and status lines.
public struct InformerHealth: Sendable {
    /// What it is busy with.
    public enum Phase: String, Sendable {
        /// Not started, or stopped.
        case stopped
        /// Reading the collection.
        case listing
        /// Asking for a watch.
        case connecting
        /// Receiving changes.
        case watching
        /// Waiting before the next try.
        case waiting
        /// Asking the server whether it knows the version.
        case verifying
    }

    /// What it is busy with.
    public internal(set) var phase = Phase.stopped
    /// The cache has been complete once: from then on it is at most stale, never partial.
    public internal(set) var isSynced = false
    /// When the server last gave a sign of life.
    public internal(set) var lastActivity: ContinuousClock.Instant?
    /// The version that the cache has reached.
    public internal(set) var resourceVersion: ResourceVersion?
    /// The version of the first complete list.
    public internal(set) var firstVersion: ResourceVersion?
    /// How many objects the cache holds.
    public internal(set) var objectCount = 0
    /// What went wrong last, as a sentence; nil since the last success.
    public internal(set) var lastError: String?
    /// What went wrong last is that we may not: 401 or 403. It is asked again all the same.
    public internal(set) var isForbidden = false
    /// Lists, watches, and why there were so many.
    public internal(set) var statistics = ReflectorStatistics()
    /// Lines of a watch that were no watch events.
    public internal(set) var garbledLines = 0
    /// Events that told of nothing new.
    public internal(set) var outdatedEvents = 0
    /// Changes that the cache went through.
    public internal(set) var changes = 0

    /// How old the cache's knowledge may be: the time since the server last gave a sign of life. Nil before the first.
    public var staleness: Duration? { lastActivity.map { .now - $0 } }

    /// Whether hooks and caches may rely on it: complete, and in touch with the server within 90 s, which a reconnect
    /// and its first back-offs do not exceed.
    public var isReady: Bool { isSynced && staleness.map { $0 < .seconds(90) } == true }
}
