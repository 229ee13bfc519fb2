/// Items that become JSON only if a script looks at them.
public protocol CapturedItems: Sendable {
    /// The number of items.
    var count: Int { get }
    /// About what the items hold of the process's memory.
    var byteCount: Int { get }
    /// An item's JSON in UTF-8, an object. Asked for on a script's thread, once for each script that looks at the item.
    func json(at index: Int) -> [UInt8]
    /// An item by itself, which keeps nothing of the others alive; nil if members cannot be had alone. Asked for on a
    /// script's thread, when a script first looks at a member.
    func item(at index: Int) -> (any CapturedItem)?
}

extension CapturedItems {
    /// Members cannot be had alone.
    public func item(at index: Int) -> (any CapturedItem)? { nil }
}

/// An item of which a script looks at some members only.
public protocol CapturedItem: Sendable {
    /// About what it holds of the process's memory.
    var byteCount: Int { get }
    /// Its JSON, as ``CapturedItems/json(at:)``.
    func json() -> [UInt8]
    /// The JSON of one member, equal to what ``json()`` says of it; nil if it has no such member.
    func json(of member: String) -> [UInt8]?
}

/// Items on their way to `onItemCaptured`, in the order in which they were captured.
///
/// A batch costs one hand-over however many items it holds, and an item that no script looks at is never written. Each
/// script gets objects of its own.
public struct ItemBatch: Sendable {
    /// A hand-over takes about a microsecond, which 64 small hooks hide. More would keep more memory alive for an item
    /// that a script keeps without looking at it.
    public static let capacity = 64

    let items: any CapturedItems
    /// Those of the items that are still to be shown.
    private(set) var range: Range<Int>

    /// A batch of all items; of more than ``capacity`` there should be several batches.
    public init(_ items: any CapturedItems) {
        self.items = items
        range = 0..<items.count
    }

    /// The number of items.
    public var count: Int { range.count }
    /// Whether there are none.
    public var isEmpty: Bool { range.isEmpty }

    /// What the batch weighs in a queue.
    var byteCount: Int { 64 + items.byteCount }

    /// Without its first items.
    func dropping(_ count: Int) -> ItemBatch {
        var rest = self
        rest.range = min(range.lowerBound + max(0, count), range.upperBound)..<range.upperBound
        return rest
    }
}
