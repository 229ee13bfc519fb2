internal import JSON
internal import Timestamps

/// Writes the lines of a watch. Remembers what it wrote last, so that one change is encoded once for all watches that
/// want it alike.
struct WatchEncoder {
    private struct Key: Hashable {
        let kind: Change.Kind
        let revision: UInt64
        let representation: Representation
    }

    private let now: Timestamp
    private var known: [Key: [UInt8]] = [:]

    init(now: Timestamp) { self.now = now }

    mutating func line(_ event: WatchEvent, _ resource: Resource, _ representation: Representation) -> [UInt8] {
        let key = Key(kind: event.kind, revision: event.revision, representation: representation)
        if let line = known[key] { return line }
        let line = Self.line(event.kind.rawValue, object(event, resource, representation))
        known[key] = line
        return line
    }

    private func object(_ event: WatchEvent, _ resource: Resource, _ representation: Representation) -> [UInt8] {
        let isCurrent = event.object.resourceVersion == event.revision
        let object =
            isCurrent
            ? event.object : StoredObject(event.object.value, resource, resourceVersion: event.revision)
        return representation.encoded(object, resource, now: now)
    }

    /// A bookmark: nothing but a resourceVersion, in an object of the resource's kind.
    static func bookmark(
        _ revision: UInt64, _ resource: Resource, _ representation: Representation, endsInitialEvents: Bool = false
    ) -> [UInt8] {
        var metadata: JSONValue = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let (kind, apiVersion) = representation.type(of: resource)
        var object: JSONValue = ["kind": .string(kind), "apiVersion": .string(apiVersion), "metadata": metadata]
        if case .table = representation {
            object["columnDefinitions"] = []
            object["rows"] = []
        }
        return line("BOOKMARK", object.encoded())
    }

    /// An error inside an answer that began with 200.
    static func error(_ status: APIStatus) -> [UInt8] { line("ERROR", status.json.encoded()) }

    private static func line(_ type: String, _ object: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(object.count + 32)
        line += "{\"type\":\"\(type)\",\"object\":".utf8
        line += object
        line += "}\n".utf8
        return line
    }
}
