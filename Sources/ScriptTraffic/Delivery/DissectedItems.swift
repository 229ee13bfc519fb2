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
        byteCount = items.reduce(0) { $0 + 512 + min($1.requestSize + $1.responseSize, scene.bodyLimit * 2) }
    }

    var count: Int { items.count }

    func json(at index: Int) -> [UInt8] {
        var encoder = ItemEncoder(scene)
        return encoder.encode(items[index]) { $0 }
    }

    func json(of member: String, at index: Int) -> [UInt8]? {
        var encoder = ItemEncoder(scene)
        return encoder.encode(member: member, of: items[index])
    }
}
