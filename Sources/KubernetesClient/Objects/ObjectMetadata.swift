public import JSON
public import Timestamps

/// The part of `metadata` that summaries keep (meta/v1 ObjectMeta).
///
/// `managedFields`, half of a typical pod, and annotations are passed over.
public struct ObjectMetadata: Sendable {
    /// Unique within the namespace.
    public var name = ""
    /// Empty for objects outside namespaces.
    public var namespace = ""
    /// Unique for ever.
    public var uid = ""
    /// The version that was read.
    public var resourceVersion = ""
    /// When it was made.
    public var created: Timestamp?
    /// When its deletion was asked for and its grace period ends; nil while nobody wants it gone.
    public var deletion: Timestamp?
    /// The seconds between the wish for deletion and `deletion`.
    public var deletionGraceSeconds: Int64?
    /// In the order of the object.
    public var labels: [Label] = []
    /// The owner that manages it, for example a ReplicaSet.
    public var controller: OwnerReference?
    /// A watch bookmark's mark that all objects that existed at its start have been sent (KEP-3157).
    var isInitialEventsEnd = false

    /// A label.
    public struct Label: Sendable, Hashable {
        /// Its key, with prefix if it has one.
        public let key: String
        /// Its value.
        public let value: String
    }

    /// An owner.
    public struct OwnerReference: Sendable, Hashable {
        /// Its kind, for example `ReplicaSet`.
        public let kind: String
        /// Its name.
        public let name: String
    }

    /// The value of a label.
    public subscript(label key: String) -> String? { labels.first { $0.key == key }?.value }

    /// Which object, which version.
    public var identity: ObjectIdentity {
        ObjectIdentity(
            key: ObjectKey(namespace: namespace, name: name), uid: uid, resourceVersion: resourceVersion)
    }

    /// Metadata without content.
    public init() {}

    /// Reads the `metadata` object that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "name": name = try reader.text()
            case "namespace": namespace = try reader.text(interner)
            case "uid": uid = try reader.text()
            case "resourceVersion": resourceVersion = try reader.text()
            case "creationTimestamp": created = try reader.readTimestamp()
            case "deletionTimestamp": deletion = try reader.readTimestamp()
            case "deletionGracePeriodSeconds":
                deletionGraceSeconds = try reader.readNull() ? nil : try reader.readInteger()
            case "labels": labels = try Self.readLabels(&reader, interner)
            case "ownerReferences": controller = try Self.readController(&reader, interner)
            case "annotations": isInitialEventsEnd = try Self.readInitialEventsEnd(&reader)
            default: try reader.skipValue()
            }
        }
    }

    private static func readLabels(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> [Label] {
        if try reader.readNull() { return [] }
        // The pods of a deployment have the same labels, written in the same order: read once, kept once.
        let start = reader
        return try interner.decoded(try reader.readRaw()) { () throws(JSONError) in
            var labels: [Label] = []
            var reader = start
            try reader.beginObject()
            while let key = try reader.nextMember() {
                labels.append(Label(key: interner.string(key), value: try reader.text(interner)))
            }
            return labels
        }
    }

    private static func readController(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> OwnerReference? {
        if try reader.readNull() { return nil }
        var controller: OwnerReference?
        try reader.beginArray()
        while try reader.nextElement() {
            var kind = ""
            var name = ""
            var isController = false
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "kind": kind = try reader.text(interner)
                case "name": name = try reader.text(interner)
                case "controller": isController = try reader.flag()
                default: try reader.skipValue()
                }
            }
            if isController { controller = OwnerReference(kind: kind, name: name) }
        }
        return controller
    }

    private static func readInitialEventsEnd(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        if try reader.readNull() { return false }
        var isEnd = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            if key == "k8s.io/initial-events-end" {
                isEnd = try reader.readString(equals: "true")
            } else {
                try reader.skipValue()
            }
        }
        return isEnd
    }
}
