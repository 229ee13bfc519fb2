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
    /// The latest failure of the version in service.
    public let lastFailure: ScriptFailure?
}
