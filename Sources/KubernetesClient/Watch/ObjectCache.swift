/// The informer's copy of the collection: applies what a watch and lists bring, and tells what that changed.
///
/// Versions go forward only: what is older than the known version of an object is passed over and counted. An object
/// that is deleted and made again between two looks is a deletion and an addition, known by its uid.
struct ObjectCache<Object: WatchedObject>: Sendable {
    private(set) var objects: [ObjectKey: Object] = [:]
    /// Events that told of nothing new: repetitions, and versions older than the known one.
    private(set) var outdatedEvents = 0

    /// The server told that the object exists in this version. Appends what that changed.
    mutating func update(_ object: Object, into changes: inout [InformerChange<Object>]) {
        let identity = object.identity
        // Put there first and back if it was wrong, which is rare: one look-up instead of two.
        guard let known = objects.updateValue(object, forKey: identity.key) else {
            changes.append(.added(object))
            return
        }
        let knownIdentity = known.identity
        if identity.resourceVersion == knownIdentity.resourceVersion && identity.uid == knownIdentity.uid
            || isOlder(identity, than: knownIdentity)
        {
            objects[identity.key] = known
            outdatedEvents += 1
        } else if identity.uid == knownIdentity.uid {
            changes.append(.modified(object, from: known))
        } else {
            changes.append(.deleted(known))
            changes.append(.added(object))
        }
    }

    /// The server told that the object is gone; `object` is its last version. Appends what that changed.
    mutating func delete(_ object: Object, into changes: inout [InformerChange<Object>]) {
        let identity = object.identity
        guard let known = objects[identity.key], known.identity.uid == identity.uid,
            !isOlder(identity, than: known.identity)
        else {
            outdatedEvents += 1
            return
        }
        objects[identity.key] = nil
        changes.append(.deleted(object))
    }

    /// These objects, and no others, exist: what changed by that, deletions first.
    ///
    /// A list is the truth of its moment, so versions are not compared by age: a server that was restored from a backup
    /// has older ones.
    mutating func replace(with list: [Object]) -> [InformerChange<Object>] {
        var old = objects
        objects.removeAll(keepingCapacity: true)
        objects.reserveCapacity(list.count)
        var deletions: [InformerChange<Object>] = []
        var changes: [InformerChange<Object>] = []
        if old.isEmpty { changes.reserveCapacity(list.count) }
        for object in list {
            let identity = object.identity
            objects[identity.key] = object
            guard let known = old.removeValue(forKey: identity.key) else {
                changes.append(.added(object))
                continue
            }
            if known.identity.uid != identity.uid {
                deletions.append(.deleted(known))
                changes.append(.added(object))
            } else if known.identity.resourceVersion != identity.resourceVersion {
                changes.append(.modified(object, from: known))
            }
        }
        deletions += old.values.map { .deleted($0) }
        return deletions.isEmpty ? changes : deletions + changes
    }

    private func isOlder(_ a: ObjectIdentity, than b: ObjectIdentity) -> Bool {
        guard let a = ResourceVersion(a.resourceVersion), let b = ResourceVersion(b.resourceVersion) else {
            return false
        }
        return a.isOlder(than: b)
    }
}
