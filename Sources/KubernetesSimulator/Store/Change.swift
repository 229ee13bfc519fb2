/// One step of an object's life, as watches see it.
final class Change: Sendable {
    enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    let kind: Kind
    let resource: Resource
    let revision: UInt64
    /// The object after the change; for a deletion its last state, under the deletion's resourceVersion.
    let object: StoredObject
    /// The object before the change; nil for an addition.
    let previous: StoredObject?

    init(_ kind: Kind, _ resource: Resource, _ object: StoredObject, previous: StoredObject?) {
        self.kind = kind
        self.resource = resource
        self.object = object
        self.previous = previous
        revision = object.resourceVersion
    }
}
