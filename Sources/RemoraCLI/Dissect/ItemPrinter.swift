internal import Dissection
internal import FilterLanguage

/// Prints items that a filter wants, a line each: whole batches at once, so that a line costs no system call.
struct ItemPrinter {
    /// What was there, and what of it was printed.
    struct Totals {
        var items = 0
        var printed = 0
        /// By the names of protocols.
        var protocols: [String: Int] = [:]
        var hasFilter = false
    }

    private let terminal: Terminal
    private let output: DissectCommand.Output
    private let filter: Filter
    private let scene: ItemScene
    private var encoder: ItemEncoder
    private var table = ItemTableRow()
    private var lines: [UInt8] = []
    private(set) var totals = Totals()

    /// Written at once when there is as much.
    private static let pieceBytes = 256 << 10

    init(_ terminal: Terminal, _ output: DissectCommand.Output, _ filter: Filter, node: String) {
        self.terminal = terminal
        self.output = output
        self.filter = filter
        scene = .recording(node: node)
        encoder = ItemEncoder(scene)
        totals.hasFilter = filter.text.contains { !$0.isWhitespace }
    }

    /// Whether as many items were printed as the filter wants.
    var isDone: Bool { filter.limit.map { totals.printed >= $0 } ?? false }

    mutating func print(_ items: [Item]) {
        for item in items {
            totals.items += 1
            totals.protocols[item.payload.protocolDescription.name, default: 0] += 1
            guard !isDone, !totals.hasFilter || filter.matches(ItemView(item, scene)) else { continue }
            totals.printed += 1
            append(item)
            if lines.count >= Self.pieceBytes { flush() }
        }
        flush()
    }

    private mutating func append(_ item: Item) {
        switch output {
        case .json:
            if filter.redacts {
                lines += filter.redacting(encoder.tree(item)).encoded()
            } else {
                encoder.encode(item) { lines += $0 }
            }
        case .wide: lines += Array(table.row(item, terminal).utf8)
        }
        lines.append(0x0a)
    }

    private mutating func flush() {
        guard !lines.isEmpty else { return }
        terminal.print(lines)
        lines.removeAll(keepingCapacity: true)
    }
}
