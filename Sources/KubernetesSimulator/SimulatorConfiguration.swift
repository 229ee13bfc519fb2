public import Timestamps

/// How the simulated API server behaves.
public struct SimulatorConfiguration: Sendable {
    /// When a pod on a node is gone that was told to stop.
    public enum PodTermination: Sendable, Equatable {
        /// When its grace period is over: every container ignores SIGTERM.
        case afterGracePeriod
        /// After this time, or its grace period if that is shorter.
        case after(Duration)
        /// When it is deleted once more, with a grace period of 0: the program plays the node's agent.
        case byHand
    }

    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 for any that is free.
    public var port = 0
    /// Where the count of changes begins; clients must not take resourceVersions for small.
    public var firstResourceVersion: UInt64 = 1_000
    /// How many changes of each resource are remembered, for watches to resume and lists to go on. Each holds an
    /// object's text, some 7 KB for a pod. A real server keeps 100 to 102,400 changes, whatever fits 75 s.
    public var historyLimit = 1_000
    /// How often a watch that wants bookmarks gets one. A real server sends one about each minute.
    public var bookmarkInterval: Duration = .seconds(60)
    /// How long a watch without `timeoutSeconds` lasts. A real server picks 30 to 60 minutes.
    public var defaultWatchTimeout: Duration = .seconds(1_800)
    /// How many events may wait for a slow watcher before it is cut off.
    public var watchQueueLimit = 10_000
    /// Whether `sendInitialEvents` is known; Kubernetes 1.20 answers it 422.
    public var offersStreamingLists = false
    /// Whether objects can only be created in namespaces that exist.
    public var requiresNamespaces = true
    /// When a pod on a node is gone that was told to stop.
    public var podTermination = PodTermination.afterGracePeriod
    /// Who may do what.
    public var access = AccessRules()
    /// Whether `/simulator/...` is served: faults on demand for scripts. Everybody may use it.
    public var offersControl = true
    /// The clock for all timestamps. Waiting is done in real time nevertheless.
    public var now: @Sendable () -> Timestamp = { .now() }

    /// A server like Kubernetes 1.20 that lets everybody do everything.
    public init() {}
}
