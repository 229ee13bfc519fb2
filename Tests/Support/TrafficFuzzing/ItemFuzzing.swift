internal import Dissection
internal import FilterLanguage
internal import JSON

/// What must hold of items, whatever they were made of.
enum ItemFuzzing {
    private static let fields = ItemField.allCases.map { ($0, $0.rawValue.split(separator: ".").map(String.init)) }
    /// Reading an item's JSON takes ten times as long as making it: one of so many inputs is looked at in all ways.
    private static let closeLooks: UInt64 = 16

    /// - Every message was counted once and is an item.
    /// - An item can be written as JSON and as text.
    /// - Of some: its JSON is JSON, and that of each member alone says the same; a filter that asks the item's native parts
    ///   and one that asks its JSON get the same answer.
    static func check(_ sink: ItemSink, of input: [UInt8]) {
        sink.drain { check($0, sink.counters, of: input) }
    }

    static func check(_ items: [Item], _ counters: DissectionCounters, of input: [UInt8]) {
        precondition(counters.messages == counters.items, "\(counters.messages) messages, \(counters.items) items")
        let isClose =
            input.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 } % closeLooks
            == 0
        let scene = ItemScene()
        var encoder = ItemEncoder(scene)
        for item in items {
            precondition(item.elapsed >= 0 && item.requestSize >= 0 && item.responseSize >= 0, "\(item)")
            _ = item.payload.requestText
            _ = item.payload.responseText
            if isClose {
                let tree = encoder.tree(item)
                check(item, tree, ItemView(item, scene))
                for (name, value) in tree.object ?? [:] {
                    let member = encoder.encode(member: name, of: item).flatMap { try? JSONValue(parsing: $0) }
                    precondition(member == value, "\(name) alone is \(String(describing: member)), else \(value)")
                }
            } else {
                encoder.encode(item) { precondition($0.count > 500, "an item without JSON") }
            }
        }
    }

    private static func check(_ item: Item, _ tree: JSONValue, _ view: ItemView) {
        precondition(tree != .null, "an item whose JSON is none")
        for (field, steps) in fields {
            let inTree = steps.reduce(Optional(tree)) { value, name in value?[name] }
            switch view.answer(field) {
            case .value(let value):
                precondition(value == inTree, "\(field): \(value), in the tree \(String(describing: inTree))")
            case .missing:
                precondition(inTree == nil, "\(field) is missing, in the tree \(String(describing: inTree))")
            case .askTree: break
            }
        }
        for (table, path) in [(ItemTable.requestHeaders, "request"), (.responseHeaders, "response")] {
            for (name, value) in tree[path]?["headers"]?.object ?? [:] {
                guard case .value(let answer) = view.answer(table, name), let joined = answer.string else {
                    preconditionFailure("header \(name) is missing")
                }
                // Names that differ in case only are one header for a filter.
                precondition(joined.contains(value.string ?? ""), "header \(name): \(joined), in the tree \(value)")
            }
        }
    }
}
