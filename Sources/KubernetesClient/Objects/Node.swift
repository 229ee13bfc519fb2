public import JSON
public import Timestamps

/// A node as the operator remembers it (core/v1 Node): addresses, conditions, taints, whether pods may be put on it.
public final class Node: WatchedObject {
    /// Where the API serves it.
    public static let resource = APIResource.nodes

    /// Identity, labels, deletion.
    public let metadata: ObjectMetadata
    /// `spec.unschedulable`: cordoned.
    public let isUnschedulable: Bool
    /// Type and value, for example `InternalIP` and `192.0.2.1`.
    public let addresses: [Address]
    /// For example `Ready`, `MemoryPressure`.
    public let conditions: [Condition]
    /// What keeps pods off it, or drives them away.
    public let taints: [Taint]

    /// Which node, which version.
    public var identity: ObjectIdentity { metadata.identity }

    /// An address (core/v1 NodeAddress).
    public struct Address: Sendable, Hashable {
        /// InternalIP, ExternalIP, Hostname, …
        public var type = ""
        /// The address.
        public var address = ""
    }

    /// A condition (core/v1 NodeCondition).
    public struct Condition: Sendable, Hashable {
        /// For example `Ready`.
        public var type = ""
        /// True, False or Unknown.
        public var status = ""
        /// A short word for the last change.
        public var reason = ""
        /// A sentence to it, such as "node is shutting down".
        public var message = ""
        /// Since when the status is this one.
        public var since: Timestamp?
    }

    /// A taint (core/v1 Taint).
    public struct Taint: Sendable, Hashable {
        /// For example `node.kubernetes.io/memory-pressure`.
        public var key = ""
        /// May be empty.
        public var value = ""
        /// NoSchedule, PreferNoSchedule or NoExecute.
        public var effect = ""
    }

    /// Reads the node that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var isUnschedulable = false
        var addresses: [Address] = []
        var conditions: [Condition] = []
        var taints: [Taint] = []
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "spec":
                guard try reader.beginObjectOrNull() else { break }
                while let key = try reader.nextMember() {
                    switch key {
                    case "unschedulable": isUnschedulable = try reader.flag()
                    case "taints": taints = try Self.readTaints(&reader, interner)
                    default: try reader.skipValue()
                    }
                }
            case "status":
                guard try reader.beginObjectOrNull() else { break }
                while let key = try reader.nextMember() {
                    switch key {
                    case "addresses": addresses = try Self.readAddresses(&reader)
                    case "conditions": conditions = try Self.readConditions(&reader, interner)
                    default: try reader.skipValue()
                    }
                }
            default: try reader.skipValue()
            }
        }
        self.metadata = metadata
        self.isUnschedulable = isUnschedulable
        self.addresses = addresses
        self.conditions = conditions
        self.taints = taints
    }

    private static func readAddresses(_ reader: inout JSONReader) throws(JSONError) -> [Address] {
        guard try reader.beginArrayOrNull() else { return [] }
        var addresses: [Address] = []
        while try reader.nextElement() {
            var address = Address()
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "type": address.type = try reader.text()
                case "address": address.address = try reader.text()
                default: try reader.skipValue()
                }
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func readConditions(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> [Condition] {
        guard try reader.beginArrayOrNull() else { return [] }
        var conditions: [Condition] = []
        while try reader.nextElement() {
            var condition = Condition()
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "type": condition.type = try reader.text(interner)
                case "status": condition.status = try reader.text()
                case "reason": condition.reason = try reader.text(interner)
                case "message": condition.message = try reader.text(interner)
                case "lastTransitionTime": condition.since = try reader.readTimestamp()
                default: try reader.skipValue()
                }
            }
            conditions.append(condition)
        }
        return conditions
    }

    private static func readTaints(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> [Taint] {
        guard try reader.beginArrayOrNull() else { return [] }
        var taints: [Taint] = []
        while try reader.nextElement() {
            var taint = Taint()
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "key": taint.key = try reader.text(interner)
                case "value": taint.value = try reader.text(interner)
                case "effect": taint.effect = try reader.text(interner)
                default: try reader.skipValue()
                }
            }
            taints.append(taint)
        }
        return taints
    }
}
