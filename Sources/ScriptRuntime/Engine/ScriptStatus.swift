/// How one script does, for a status page.
public struct ScriptStatus: Sendable, Equatable {
    /// Which script.
    public let script: ScriptIdentity
    /// Whether a version of it is in service.
    public let isRunning: Bool
    /// The revision that is in service or, in quarantine, was.
    public let revision: ScriptRevision?
    /// The hooks that it has.
    public let hooks: ScriptHooks
    /// Why it is out of service until its next edit; nil if it is not.
    public let quarantine: String?
    /// Events that wait.
    public let queued: Int
    /// Calls that were given up because the queue was full; each packet counts.
    public let dropped: Int
    /// Calls of each hook.
    public let calls: [ScriptHook: Int]
    /// Calls that failed, jobs and timers included.
    public let failures: Int
    /// The time that 99 of 100 calls of hooks did not exceed, rounded up to a power of two of microseconds; nil before the
    /// first. Packets and items that came in one batch count with their mean.
    public let p99: Duration?
    /// The latest failure of the version in service.
    public let lastFailure: ScriptFailure?
}
