/// What happened, or is about to happen, to a pod; the raw value is what scripts see as `change.kind`.
package enum PodChangeKind: String, Sendable, Hashable, CaseIterable {
    /// The pod's node runs out of memory.
    case oomRisk = "oom-risk"
    /// The kernel killed a container for its memory.
    case oomKilled = "oom-killed"
    /// A container ended by itself, and not with success.
    case crashed
    /// A container died of a bad memory access (SIGSEGV).
    case segfault
    /// A container ended itself by `abort` (SIGABRT).
    case aborted
    /// A liveness probe fails: the container is killed soon.
    case livenessFailing = "liveness-failing"
    /// A container that was ready is so no longer.
    case readinessLost = "readiness-lost"
    /// A container waits before it is started once more, having crashed again and again.
    case crashLoop = "crash-loop"
    /// A container, or the pod, cannot be started.
    case startFailed = "start-failed"
    /// An init container ended, and not with success.
    case initCrashed = "init-crashed"
    /// The pod is being deleted.
    case terminating
    /// The node, short of memory or disk, threw the pod out.
    case evicted
    /// The pod makes room for a more important one.
    case preempted
    /// The pod is evicted through the API, as `kubectl drain` does.
    case drained
    /// The pod does not tolerate a taint that its node got.
    case tainted
    /// The node gives no sign of life.
    case nodeLost = "node-lost"
    /// The node shuts down.
    case nodeShutdown = "node-shutdown"
    /// The pod ran longer than its `activeDeadlineSeconds`.
    case deadlineExceeded = "deadline-exceeded"
    /// A container ended with success.
    case completed
    /// The pod exists no more.
    case gone

    /// How bad it is.
    package var severity: PodChangeSeverity {
        switch self {
        case .oomRisk, .livenessFailing, .readinessLost, .startFailed: .warning
        case .oomKilled, .crashed, .segfault, .aborted, .crashLoop, .initCrashed: .crash
        case .terminating, .evicted, .preempted, .drained, .tainted, .nodeLost, .nodeShutdown, .deadlineExceeded:
            .goingAway
        case .gone: .gone
        case .completed: .info
        }
    }
}

/// How bad a change is; the raw value is what scripts see as `change.severity`.
package enum PodChangeSeverity: String, Sendable, Hashable {
    /// As it should be.
    case info
    /// A crash may follow.
    case warning
    /// A container died, or cannot live.
    case crash
    /// The pod, and what was captured beside it, ends soon.
    case goingAway = "going-away"
    /// The pod is no more.
    case gone
}
