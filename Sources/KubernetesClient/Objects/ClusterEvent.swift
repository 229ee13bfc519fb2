public import JSON
public import Timestamps

/// An event that some component reported about an object (core/v1 Event).
public struct ClusterEvent: WatchedObject {
    /// Where the API serves it.
    public static let resource = APIResource.events

    /// Which event, which version.
    public let identity: ObjectIdentity
    /// What it is about.
    public let object: Reference
    /// Normal or Warning.
    public let type: String
    /// A short word, for example `Unhealthy`.
    public let reason: String
    /// A sentence.
    public let message: String
    /// Who reported it.
    public let source: String
    /// How often it happened so far.
    public let count: Int64
    /// When it last happened.
    public let lastSeen: Timestamp?

    /// The object that an event is about (core/v1 ObjectReference).
    public struct Reference: Sendable, Hashable {
        /// Its kind.
        public var kind = ""
        /// Empty for objects outside namespaces.
        public var namespace = ""
        /// Its name.
        public var name = ""
        /// Its uid.
        public var uid = ""
        /// Which part of it, for example `spec.containers{app}`.
        public var fieldPath = ""

        fileprivate init() {}

        fileprivate init(from reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
            guard try reader.beginObjectOrNull() else { return }
            while let key = try reader.nextMember() {
                switch key {
                case "kind": kind = try reader.text(interner)
                case "namespace": namespace = try reader.text(interner)
                case "name": name = try reader.text(interner)
                case "uid": uid = try reader.text(interner)
                case "fieldPath": fieldPath = try reader.text(interner)
                default: try reader.skipValue()
                }
            }
        }
    }

    /// Reads the event that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var object = Reference()
        var type = ""
        var reason = ""
        var message = ""
        var source = ""
        var count: Int64 = 1
        var lastSeen: Timestamp?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "involvedObject": object = try Reference(from: &reader, interner)
            case "type": type = try reader.text(interner)
            case "reason": reason = try reader.text(interner)
            case "message": message = try reader.text(interner)
            case "reportingComponent":
                let name = try reader.text(interner)
                if !name.isEmpty { source = name }
            case "source": source = try Self.readSource(&reader, interner) ?? source
            case "count": count = max(1, try reader.integer())
            // Events of the newer API have an eventTime in place of a lastTimestamp.
            case "lastTimestamp": lastSeen = try reader.readTimestamp() ?? lastSeen
            case "eventTime":
                let time = try reader.readTimestamp()
                lastSeen = lastSeen ?? time
            default: try reader.skipValue()
            }
        }
        identity = metadata.identity
        self.object = object
        self.type = type
        self.reason = reason
        self.message = message
        self.source = source
        self.count = count
        self.lastSeen = lastSeen
    }

    private static func readSource(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> String? {
        guard try reader.beginObjectOrNull() else { return nil }
        var component: String?
        while let key = try reader.nextMember() {
            if key == "component" {
                component = try reader.text(interner)
            } else {
                try reader.skipValue()
            }
        }
        return component?.isEmpty == true ? nil : component
    }
}
