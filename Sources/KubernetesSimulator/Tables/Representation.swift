internal import JSON
internal import Timestamps

/// The form in which a client wants objects.
enum Representation: Sendable, Hashable {
    /// What the rows of a table carry beside their cells.
    enum RowObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    case full
    /// `PartialObjectMetadata`: who wants no more saves most of the bytes.
    case metadata
    /// A `Table`: what `kubectl get` prints.
    case table(RowObject)

    /// The kind and apiVersion of one object in this form.
    func type(of resource: Resource) -> (kind: String, apiVersion: String) {
        switch self {
        case .full: (resource.kind, resource.apiVersion)
        case .metadata: ("PartialObjectMetadata", "meta.k8s.io/v1")
        case .table: ("Table", "meta.k8s.io/v1")
        }
    }

    /// The text of one object.
    func encoded(_ object: StoredObject, _ resource: Resource, now: Timestamp) -> [UInt8] {
        switch self {
        case .full: object.bytes
        case .metadata: Self.partial(object.value).encoded()
        case .table(let rowObject):
            Table.json(
                [object], resource, rowObject, metadata: ["resourceVersion": .string(String(object.resourceVersion))],
                now: now
            ).encoded()
        }
    }

    /// The text of a list.
    func encoded(_ objects: [StoredObject], _ resource: Resource, metadata: JSONValue, now: Timestamp) -> [UInt8] {
        switch self {
        case .full: Self.list(objects, resource, metadata)
        case .metadata:
            ([
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                "items": .array(objects.map { Self.partial($0.value) }),
            ] as JSONValue).encoded()
        case .table(let rowObject):
            Table.json(objects, resource, rowObject, metadata: metadata, now: now).encoded()
        }
    }

    static func partial(_ object: JSONValue) -> JSONValue {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.metadata]
    }

    /// Joins the stored texts: no object is parsed, so thousands of pods are listed in milliseconds.
    private static func list(_ objects: [StoredObject], _ resource: Resource, _ metadata: JSONValue) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(objects.reduce(256) { $0 + $1.bytes.count })
        text += "{\"kind\":\"\(resource.kind)List\",\"apiVersion\":\"\(resource.apiVersion)\",\"metadata\":".utf8
        text += metadata.encoded()
        text += ",\"items\":[".utf8
        for (i, object) in objects.enumerated() {
            text += i == 0 ? "{".utf8 : ",{".utf8
            text += object.itemBytesWithoutBrace
        }
        text += "]}\n".utf8
        return text
    }
}
