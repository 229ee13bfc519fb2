/// Where dissectors put their items, and what they count. One for each dissecting thread.
package final class ItemSink {
    /// So many items are handed on together, so that a batch for a script is made of them as they are.
    package static let pieceCount = 64

    // Nothing that changes these calls anybody who could come back: checking that costs as much as adding an item.
    /// The latest of the items that were not taken yet, oldest first.
    @exclusivity(unchecked) private var items: [Item] = []
    /// Those before them, in full pieces.
    private var pieces: [[Item]] = []
    @exclusivity(unchecked) package var counters = DissectionCounters()
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
        if items.count == Self.pieceCount || items.isEmpty { beginPiece() }
        items.append(item)
        if let duplicateWindow { findOriginal(within: duplicateWindow) }
    }

    /// Marks the latest item if it repeats another one.
    private func findOriginal(within window: Int64) {
        let latest = items.count - 1
        guard let original = duplicates.original(of: items[latest], within: window) else { return }
        counters.duplicates += 1
        items[latest].duplicateOf = original
    }

    private func beginPiece() {
        if !items.isEmpty { pieces.append(items) }
        items = []
        items.reserveCapacity(Self.pieceCount)
    }

    /// How many items were not taken yet.
    package var count: Int { pieces.count * Self.pieceCount + items.count }

    /// Takes what is there: `body` gets one piece after the other, oldest first, each of at most ``pieceCount`` items. Who
    /// keeps a piece copies nothing.
    package func drain(_ body: ([Item]) -> Void) {
        for piece in takePieces() { body(piece) }
    }

    /// Takes what is there, in pieces of at most ``pieceCount`` items.
    package func takePieces() -> [[Item]] {
        guard !items.isEmpty else { return [] }
        defer { (pieces, items) = ([], []) }
        pieces.append(items)
        return pieces
    }

    func countParseError(_ name: String) { counters.parseErrors[name, default: 0] += 1 }
}
