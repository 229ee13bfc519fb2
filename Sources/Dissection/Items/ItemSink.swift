/// Where dissectors put their items, and what they count. One for each dissecting thread.
package final class ItemSink {
    /// The items that were not taken yet, oldest first.
    package private(set) var items: [Item] = []
    package var counters = DissectionCounters()
    /// Within how many nanoseconds an equal item of another stream is a duplicate; nil: nobody looks.
    var duplicateWindow: Int64? {
        didSet { if duplicateWindow == nil { duplicates = DuplicateFinder() } }
    }
    private var duplicates = DuplicateFinder()

    /// An empty sink.
    package init() {}

    /// Adds an exchange or a part of one.
    func add(_ item: consuming Item) {
        counters.items += 1
        if let duplicateWindow, let original = duplicates.original(of: item, within: duplicateWindow) {
            counters.duplicates += 1
            item.duplicateOf = original
        }
        items.append(item)
    }

    /// Takes what is there.
    package func drain(_ body: (inout [Item]) -> Void) {
        guard !items.isEmpty else { return }
        body(&items)
        items.removeAll(keepingCapacity: items.capacity <= 4_096)
    }

    func countParseError(_ name: String) { counters.parseErrors[name, default: 0] += 1 }
}
