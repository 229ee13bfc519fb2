internal import Dissection
internal import PacketCapture
internal import ScriptRuntime

/// Packets on their way to scripts: as batches for `onPacketCaptured`, as items for `onItemCaptured`. What no script wants
/// is not made.
struct CapturedTraffic: ~Copyable {
    var batches = PacketBatches()
    private let decoder = LinkDecoder()
    private var dissector: TrafficDissector?
    private let scene: ItemScene
    private var encoder: ItemEncoder
    private var wantsPackets = false

    init(node: String) {
        var scene = ItemScene()
        scene.nodeName = node
        scene.captureSource = "pcap"
        self.scene = scene
        encoder = ItemEncoder(scene)
    }

    /// Asks what scripts want now. Connections that are open when the first one wants items are dissected from there on.
    mutating func refresh(_ feed: RunFeed) {
        wantsPackets = feed.isWanted(.packetCaptured)
        if !feed.isWanted(.itemCaptured) {
            dissector = nil
        } else if dissector == nil {
            dissector = TrafficDissector()
        }
    }

    /// Takes a packet, whose bytes need to live during the call only.
    mutating func take(_ packet: CapturedPacket) {
        let header = dissector?.process(packet)
        guard wantsPackets else { return }
        batches.take(packet, header ?? decoder.decode(packet))
    }

    /// There are no more packets.
    mutating func finish() { dissector?.finish() }

    /// The items that were made since the last time.
    mutating func takeItems() -> [Item] {
        var taken: [Item] = []
        dissector?.drain { items in
            taken = items
            items.removeAll(keepingCapacity: true)
        }
        return taken
    }

    /// An item as filters see it.
    func view(_ item: Item) -> ItemView { ItemView(item, scene) }

    /// An item as hooks see it.
    mutating func text(_ item: Item) -> [UInt8] { encoder.encode(item) { $0 } }
}
