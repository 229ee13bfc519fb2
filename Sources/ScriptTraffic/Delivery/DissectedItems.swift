internal import Dissection
internal import ScriptRuntime

/// Items of a capture on their way to scripts, written when one of them looks.
struct DissectedItems: CapturedItems {
    let byteCount: Int
    private let items: [Item]
    private let scene: ItemScene

    init(_ items: [Item], _ scene: ItemScene) {
        self.items = items
        self.scene = scene
        byteCount = items.reduce(0) { $0 + DissectedItem.byteCount($1, scene) }
    }

    var count: Int { items.count }

    func json(at index: Int) -> [UInt8] { DissectedItem(items[index], scene).json() }
    func item(at index: Int) -> (any CapturedItem)? { DissectedItem(items[index], scene) }
}

/// One of them.
private struct DissectedItem: CapturedItem {
    private let item: Item
    private let scene: ItemScene

    init(_ item: Item, _ scene: ItemScene) {
        self.item = item
        self.scene = scene
    }

    static func byteCount(_ item: Item, _ scene: ItemScene) -> Int {
        512 + min(item.requestSize + item.responseSize, scene.bodyLimit * 2)
    }

    var byteCount: Int { Self.byteCount(item, scene) }

    func json() -> [UInt8] {
        var encoder = ItemEncoder(scene)
        return encoder.encode(item) { $0 }
    }

    func json(of member: String) -> [UInt8]? {
        var encoder = ItemEncoder(scene)
        return encoder.encode(member: member, of: item)
    }
}
