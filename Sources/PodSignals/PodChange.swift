package import JSON
package import KubernetesClient
package import Timestamps

/// What a change of a pod means: the third argument of `onPodEvent`.
package struct PodChange: Sendable, Hashable {
    /// Where the news came from.
    package enum Source: String, Sendable, Hashable {
        /// The pod's own status.
        case status
        /// A core/v1 Event about the pod.
        case event
        /// The pod's node.
        case node
    }

    /// What happened.
    package var kind: PodChangeKind
    /// To which container; nil: to the whole pod.
    package var container: String?
    /// The API's word for it, such as `OOMKilled` or `BackOff`.
    package var reason = ""
    /// The exit code of a container that ended.
    package var exitCode: Int64?
    /// The signal that ended it, also where only the exit code tells.
    package var signal: Int64?
    /// How often the container was started again, before and after; nil where no container is concerned, or where
    /// the version before is not known.
    package var restartCount: Int64?
    package var previousRestartCount: Int64?
    /// When data beside the pod may disappear.
    package var deadline: Timestamp?
    /// Where the news came from.
    package var source = Source.status
    /// True for the first delivery of this change. False where it tells of something that lasts, or that may have been
    /// delivered by a hub that died meanwhile.
    package var firstSeen = true
    /// A sentence.
    package var message = ""
    /// Which run of the container: with kind and container what makes the change the same one.
    package var containerID = ""
    /// When it happened, as far as the API tells.
    package var occurred: Timestamp?

    /// How bad it is.
    package var severity: PodChangeSeverity { kind.severity }

    /// As scripts see it (contract of `change`).
    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "container": container.map(JSONValue.string) ?? .null,
            "reason": .string(reason), "exitCode": exitCode.map(JSONValue.integer) ?? .null,
            "signal": signal.map(JSONValue.integer) ?? .null,
            "restartCount": restartCount.map(JSONValue.integer) ?? .null,
            "previousRestartCount": previousRestartCount.map(JSONValue.integer) ?? .null,
            "severity": .string(severity.rawValue),
            "deadline": deadline.map { .string($0.description) } ?? .null, "source": .string(source.rawValue),
            "firstSeen": .boolean(firstSeen), "message": .string(message), "containerID": .string(containerID),
            "time": occurred.map { .string($0.description) } ?? .null,
        ]
    }
}

/// One call of `onPodEvent` to be made.
package struct PodNotice: Sendable {
    /// What the hook gets as `event`: Kubernetes' watch types.
    package enum Event: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    /// The type of the event.
    package var event: Event
    /// The pod after the event; of a deletion its last known state.
    package var pod: Pod
    /// What it means; nil: nothing in particular.
    package var change: PodChange?
}
