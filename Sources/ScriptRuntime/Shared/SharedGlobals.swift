internal import OrderedCollections
internal import Synchronization
internal import Threading

/// The names that scripts of a process put on `this`, visible to all of them.
///
/// Each script has a heap of its own, so what is shared lives here: primitive values, trees of objects and arrays that
/// all scripts read and write through proxies, and references to functions, which run on the lane of the script that
/// has them. Each read and write is atomic; a read followed by a write, as in `this.n++`, is not, when two scripts do
/// it at the same time.
///
/// A name belongs to the version of a script that set it first, and goes with it. What a version sets while it loads
/// stays with that version until it is in service.
final class SharedGlobals: Sendable {
    typealias Owner = UInt64
    typealias Names = OrderedDictionary<String, SharedValue>

    private struct Entry {
        var value: SharedValue
        let owner: Owner
    }

    private let entries = Locked<OrderedDictionary<String, Entry>>([:])
    private let changes = Atomic<Int>(1)
    let allowance: SharedAllowance

    init(budget: ScriptBudget) { allowance = SharedAllowance(budget: budget) }

    /// Changes whenever a name comes or goes.
    var version: Int { changes.load(ordering: .acquiring) }

    /// The value of a name; nil if there is none. A version that replaces another does not see the other's names.
    func get(_ name: String, ignoring predecessor: Owner?) -> SharedValue? {
        entries.withLock { entries in
            guard let entry = entries[name], entry.owner != predecessor else { return nil }
            return entry.value
        }
    }

    func names(ignoring predecessor: Owner?) -> [String] {
        entries.withLock { entries in entries.filter { $0.value.owner != predecessor }.map(\.key) }
    }

    func set(_ name: String, to value: SharedValue, by owner: Owner) throws(HelperError) {
        try allowance.take(value.weight)
        let old = entries.withLock { entries in
            let old = entries[name]
            entries[name] = Entry(value: value, owner: old?.owner ?? owner)
            return old
        }
        if let old { allowance.giveBack(old.value.weight) } else { noteChange() }
    }

    func remove(_ name: String) {
        guard let old = entries.withLock({ $0.removeValue(forKey: name) }) else { return }
        allowance.giveBack(old.value.weight)
        noteChange()
    }

    /// Puts a version's names in the place of those of the version before it.
    func replace(_ predecessor: Owner?, by owner: Owner, with names: Names) throws(HelperError) {
        try allowance.take(names.values.reduce(0) { $0 + $1.weight })
        let gone = entries.withLock { entries in
            var gone = Self.take(predecessor, from: &entries)
            for (name, value) in names {
                if let old = entries[name] { gone.append(old.value) }
                entries[name] = Entry(value: value, owner: entries[name]?.owner ?? owner)
            }
            return gone
        }
        release(gone)
        noteChange()
    }

    /// Removes the names of a version that has ended.
    func removeAll(of owner: Owner) {
        let gone = entries.withLock { Self.take(owner, from: &$0) }
        guard !gone.isEmpty else { return }
        release(gone)
        noteChange()
    }

    private static func take(_ owner: Owner?, from entries: inout OrderedDictionary<String, Entry>) -> [SharedValue] {
        let gone = entries.filter { $0.value.owner == owner }
        for name in gone.keys { entries[name] = nil }
        return gone.values.map(\.value)
    }

    /// Objects end when nobody refers to them any more. Those that refer to each other in a circle stay for ever, which
    /// the allowance bounds.
    private func release(_ values: [SharedValue]) {
        allowance.giveBack(values.reduce(0) { $0 + $1.weight })
    }

    private func noteChange() { changes.add(1, ordering: .releasing) }
}
