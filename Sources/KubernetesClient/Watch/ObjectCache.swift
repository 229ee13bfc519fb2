/// The informer's copy of the collection: applies what a watch and lists bring, and tells what that changed.
///
/// Versions go forward only: what is older than the known version of an object is passed over and counted. An object
/// that is deleted and made again between two looks is a deletion and an addition, known by its uid.
struct ObjectCache<Object: WatchedObject>: Sendable {
    private(set) var objects: [ObjectKey: Object] = [:]
    /// Events that told of nothing new: repetitions, and versions older than the known one.
    private(set) var outdatedEvents = 0

    /// The server told that the object exists in this version.
    mutating func update(_ object: Object) -> [InformerChange<Object>] {
        let identity = object.identity
        guard let known = objects[identity.key] else {
            objects[identity.key] = object
            return [.added(object)]
        }
        let knownIdentity = known.identity
        guard knownIdentity.uid == identity.uid else {
            if isOlder(identity, than: knownIdentity) { return outdated() }
            objects[identity.key] = object
            return [.deleted(known), .added(object)]
        }
        if identity.resourceVersion == knownIdentity.resourceVersion || isOlder(identity, than: knownIdentity) {
            return outdated()
        }
        objects[identity.key] = object
        return [.modified(object, from: known)]
    }

    /// The server told that the object is gone; `object` is its last version.
    mutating func delete(_ object: Object) -> [InformerChange<Object>] {
        let identity = object.identity
        guard let known = objects[identity.key], known.identity.uid == identity.uid,
            !isOlder(identity, than: known.identity)
        else { return outdated() }
        objects[identity.key] = nil
        return [.deleted(object)]
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
        return deletions + changes
    }

    private mutating func outdated() -> [InformerChange<Object>] {
        outdatedEvents += 1
        return []
    }

    private func isOlder(_ a: ObjectIdentity, than b: ObjectIdentity) -> Bool {
        guard let a = ResourceVersion(a.resourceVersion), let b = ResourceVersion(b.resourceVersion) else {
            return false
        }
        return a.isOlder(than: b)
    }
}
