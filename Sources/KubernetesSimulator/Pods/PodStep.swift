public import JSON
public import Timestamps

/// One thing that happens to a pod, with the status that a node's agent reports of it.
public enum PodStep: Sendable, Equatable {
    /// The scheduler picks a node.
    case scheduled(node: String)
    /// The node pulls images and makes the sandbox: every container waits.
    case containerCreating
    /// All containers run; the main one is not ready yet.
    case started
    /// The main container's readiness probe succeeds.
    case ready
    /// The main container's readiness probe fails.
    case unready
    /// The main container is killed for its memory.
    case oomKilled
    /// The main container ends by itself.
    case exited(code: Int64)
    /// The node waits before it starts the main container again.
    case crashLoopBackOff(seconds: Int64)
    /// The main container runs again, not ready yet.
    case restarted
    /// The node is short of memory or disk and throws the pod out.
    case evicted(message: String)

    /// The life that a demonstration shows, from the pod's creation to a crash loop and back.
    public static func crashStory(node: String = "node-1") -> [PodStep] {
        [
            .scheduled(node: node), .containerCreating, .started, .ready, .oomKilled, .restarted, .oomKilled,
            .crashLoopBackOff(seconds: 10), .restarted, .ready,
        ]
    }

    /// Changes a pod as this step does.
    public func apply(to pod: inout JSONValue, at time: Timestamp) {
        var status = PodStatusEditor(pod, at: time)
        switch self {
        case .scheduled(let node):
            pod["spec"]?["nodeName"] = .string(node)
            status.setCondition("PodScheduled", true)
        case .containerCreating: status.beginContainers()
        case .started: status.startContainers()
        case .ready: status.setReady(true)
        case .unready: status.setReady(false)
        case .oomKilled: status.terminateMain(exitCode: 137, reason: "OOMKilled")
        case .exited(let code): status.terminateMain(exitCode: code, reason: code == 0 ? "Completed" : "Error")
        case .crashLoopBackOff(let seconds): status.backOffMain(seconds: seconds)
        case .restarted: status.restartMain()
        case .evicted(let message): status.evict(message)
        }
        pod["status"] = status.json
    }

    /// Who reports this step.
    var manager: String {
        if case .scheduled = self { "kube-scheduler" } else { "kubelet" }
    }
}
