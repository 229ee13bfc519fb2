public import JSON
public import Timestamps

/// A pod as the operator remembers it (core/v1 Pod): identity, place, phase, conditions and containers.
///
/// A class so that caches, queues and hooks share one copy; immutable. About 0.7 KiB for a pod of two containers.
public final class Pod: WatchedObject {
    /// Where the API serves it.
    public static let resource = APIResource.pods

    /// Identity, labels, owner, deletion.
    public let metadata: ObjectMetadata
    /// The node that it is bound to; empty before scheduling.
    public let nodeName: String
    /// `spec.hostNetwork`: it has the node's addresses.
    public let usesHostNetwork: Bool
    /// Pending, Running, Succeeded, Failed or Unknown.
    public let phase: String
    /// A short word for why it is in its phase, for example `Evicted`.
    public let reason: String
    /// A sentence to the reason.
    public let message: String
    /// The node's address.
    public let hostIP: String
    /// Its addresses, the first one first.
    public var podIPs: [String] { addresses.all }
    private let addresses: Addresses
    /// When the kubelet took it over.
    public let started: Timestamp?
    /// Guaranteed, Burstable or BestEffort.
    public let qosClass: String
    /// In the order of the object.
    public let conditions: [Condition]
    /// When the condition `Ready` last changed its status.
    public let readinessChanged: Timestamp?
    /// Of init, ordinary and ephemeral containers, in this order.
    public let containers: [Container]

    /// Which pod, which version.
    public var identity: ObjectIdentity { metadata.identity }

    /// A condition (core/v1 PodCondition).
    public struct Condition: Sendable, Hashable {
        /// For example `Ready`.
        public let type: String
        /// True, False or Unknown.
        public let status: String
        /// A short word for the last change.
        public let reason: String
        /// A sentence to it; kept of `DisruptionTarget` alone, where it tells an eviction from a node's end.
        public var message = ""
    }

    /// A container's status (core/v1 ContainerStatus).
    public struct Container: Sendable, Hashable {
        /// Which list of the pod it stands in.
        public enum Role: Sendable {
            /// Runs before the others, or beside them if it restarts always.
            case initial
            /// One of the pod's proper containers.
            case ordinary
            /// Added to a running pod for debugging.
            case ephemeral
        }

        /// Its name, unique within the pod.
        public var name = ""
        /// Which list it stands in.
        public var role = Role.ordinary
        /// The image as the pod asks for it.
        public var image = ""
        /// Its readiness probe succeeds.
        public var isReady = false
        /// Its startup probe succeeded.
        public var isStarted = false
        /// How often it was started again.
        public var restartCount: Int64 = 0
        /// Which run of the container the status is about; empty before the first. See ``Termination/containerID``.
        public var containerID = ""
        /// What it is doing.
        public var state = ContainerState.unknown
        /// What ended before the last restart.
        public var lastState = ContainerState.unknown
    }

    /// What a container is doing (core/v1 ContainerState).
    ///
    /// The states that few containers are in are kept apart, so that the others take less memory.
    public enum ContainerState: Sendable, Hashable {
        /// The API says nothing.
        case unknown
        /// Not running yet, or not again.
        indirect case waiting(reason: String, message: String)
        /// Running since then.
        case running(since: Timestamp?)
        /// Ended.
        indirect case terminated(Termination)
    }

    /// How a container ended (core/v1 ContainerStateTerminated).
    public struct Termination: Sendable, Hashable {
        /// The process's exit code.
        public var exitCode: Int64 = 0
        /// The signal that ended it, or 0.
        public var signal: Int64 = 0
        /// For example `OOMKilled`, `Error`, `Completed`.
        public var reason = ""
        /// What the container left as its termination message.
        public var message = ""
        /// When it began.
        public var started: Timestamp?
        /// When it ended.
        public var finished: Timestamp?
        /// Which run of the container ended: the beginning of the runtime's identifier, as `crictl ps` shows it. So
        /// much tells runs apart, and fits into a string without memory of its own.
        public var containerID = ""
    }

    /// The condition `Ready` is true.
    public var isReady: Bool { conditions.contains { $0.type == "Ready" && $0.status == "True" } }

    /// The restarts of all its containers.
    public var restartCount: Int64 { containers.reduce(0) { $0 + $1.restartCount } }

    /// Reads the pod that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var spec = Spec()
        var status = Status()
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "spec": try spec.read(&reader, interner)
            case "status": try status.read(&reader, interner)
            default: try reader.skipValue()
            }
        }
        self.metadata = metadata
        nodeName = spec.nodeName
        usesHostNetwork = spec.usesHostNetwork
        phase = status.phase
        reason = status.reason
        message = status.message
        hostIP = status.hostIP
        addresses = status.podIPs.first.isEmpty ? Addresses(first: status.podIP) : status.podIPs
        started = status.started
        qosClass = status.qosClass
        conditions = status.conditions
        readinessChanged = status.readinessChanged
        containers = Self.joined(status.initial, status.ordinary, status.ephemeral)
    }

    /// Most pods have ordinary containers only, whose list is kept as it is.
    private static func joined(
        _ initial: [Container], _ ordinary: [Container], _ ephemeral: [Container]
    ) -> [Container] {
        initial.isEmpty && ephemeral.isEmpty ? ordinary : initial + ordinary + ephemeral
    }

    /// A pod's addresses: nearly always one, which needs no memory of its own.
    struct Addresses: Sendable {
        /// Empty if there is none.
        var first = ""
        var others: [String] = []

        var all: [String] { first.isEmpty ? [] : [first] + others }

        mutating func append(_ address: String) {
            if first.isEmpty { first = address } else { others.append(address) }
        }
    }
}
