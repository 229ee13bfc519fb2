internal import DequeModule
internal import JSON

/// What etcd is to a real server: objects, one counter for all changes, and a window of history. No rules, no I/O.
///
/// A value: a copy is a backup.
struct ObjectStore {
    /// The number of the latest change.
    private(set) var revision: UInt64
    private let historyLimit: Int
    private let start: UInt64
    private var collections: [String: ObjectCollection] = [:]

    /// - Parameters:
    ///   - revision: the counter's first value; no history exists from before.
    ///   - historyLimit: how many changes of each resource are remembered.
    init(revision: UInt64, historyLimit: Int) {
        self.revision = revision
        self.historyLimit = historyLimit
        start = revision
    }

    func collection(_ resource: Resource) -> ObjectCollection {
        collections[resource.qualified] ?? ObjectCollection(horizon: start)
    }

    func object(_ resource: Resource, key: String) -> StoredObject? {
        collections[resource.qualified]?[key]
    }

    /// Stores an object under the next revision.
    mutating func put(_ object: JSONValue, _ resource: Resource) -> Change {
        revision += 1
        let stored = StoredObject(object, resource, resourceVersion: revision)
        let previous = self.object(resource, key: stored.key)
        return record(Change(previous == nil ? .added : .modified, resource, stored, previous: previous))
    }

    /// Removes an object; its last state gets the deletion's revision.
    mutating func remove(_ object: StoredObject, _ resource: Resource) -> Change {
        revision += 1
        let last = StoredObject(object.value, resource, resourceVersion: revision)
        return record(Change(.deleted, resource, last, previous: object))
    }

    /// Forgets all history: watches and continue tokens from before are too old.
    mutating func compact() {
        for name in collections.keys { collections[name]?.forget(upTo: revision) }
    }

    private mutating func record(_ change: Change) -> Change {
        collections[change.resource.qualified, default: ObjectCollection(horizon: start)]
            .record(change, historyLimit: historyLimit)
        return change
    }
}
