internal import DequeModule

/// All objects of one resource, sorted by key, with their latest changes.
struct ObjectCollection {
    private(set) var objects: [StoredObject] = []
    private(set) var history: Deque<Change> = []
    /// Changes up to here are forgotten: nothing can be read or watched from before.
    private(set) var horizon: UInt64

    init(horizon: UInt64) { self.horizon = horizon }

    subscript(key: String) -> StoredObject? {
        let index = index(of: key)
        return index < objects.count && objects[index].key == key ? objects[index] : nil
    }

    /// The first object whose key is not before `key`.
    func index(of key: String) -> Int {
        var low = 0
        var high = objects.count
        while low < high {
            let middle = (low + high) / 2
            if objects[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func record(_ change: Change, historyLimit: Int) {
        set(change.object.key, to: change.kind == .deleted ? nil : change.object)
        history.append(change)
        while history.count > historyLimit, let oldest = history.popFirst() { horizon = oldest.revision }
    }

    /// Forgets all changes up to `revision`.
    mutating func forget(upTo revision: UInt64) {
        while let oldest = history.first, oldest.revision <= revision { history.removeFirst() }
        horizon = max(horizon, revision)
    }

    /// Changes after `revision`, oldest first; nil if some of them are forgotten.
    func changes(after revision: UInt64) -> Deque<Change>.SubSequence? {
        guard revision >= horizon else { return nil }
        var start = history.endIndex
        while start > history.startIndex, history[start - 1].revision > revision { start -= 1 }
        return history[start...]
    }

    /// The collection as it was at `revision`; nil if that is forgotten.
    func rolledBack(to revision: UInt64) -> ObjectCollection? {
        guard let undone = changes(after: revision) else { return nil }
        var past = self
        for change in undone.reversed() { past.set(change.object.key, to: change.previous) }
        return past
    }

    private mutating func set(_ key: String, to object: StoredObject?) {
        let index = index(of: key)
        let isPresent = index < objects.count && objects[index].key == key
        switch (isPresent, object) {
        case (true, let object?): objects[index] = object
        case (true, nil): objects.remove(at: index)
        case (false, let object?): objects.insert(object, at: index)
        case (false, nil): break
        }
    }
}
