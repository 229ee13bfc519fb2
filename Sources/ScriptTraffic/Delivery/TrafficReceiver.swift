package import Dissection
package import FilterLanguage
package import ScriptRuntime
internal import Threading

/// Takes what live traffic brings, and must not wait.
package protocol TrafficReceiver: Sendable {
    /// Whether any script has a hook; for the others nothing needs to be built.
    func isWanted(_ hook: ScriptHook) -> Bool
    /// Takes packets for `onPacketCaptured`.
    func deliverLive(_ packets: PacketBatch)
    /// Takes an item for the scripts that want it; `text` makes its JSON, if one does. Returns the JSON's size; nil if none
    /// does.
    func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int?
    /// Takes items, in pieces as the dissector made them, for the scripts that want them. Returns how many any script
    /// wanted, and about how many bytes these hold.
    func deliverLive(_ pieces: [[Item]], in scene: ItemScene) -> (delivered: Int, bytes: Int)
}

/// What of live traffic scripts want; nothing else is made.
package struct WantedTraffic: Sendable, Equatable {
    /// Some script has `onPacketCaptured`.
    package var packets = false
    /// Some script has `onItemCaptured`.
    package var items = false

    package init(packets: Bool = false, items: Bool = false) {
        self.packets = packets
        self.items = items
    }

    /// What a receiver's scripts want now.
    package init(by receiver: some TrafficReceiver) {
        self.init(packets: receiver.isWanted(.packetCaptured), items: receiver.isWanted(.itemCaptured))
    }
}

/// Hands items and packets to the scripts of an engine, each to those that want it.
package final class EngineReceiver: TrafficReceiver {
    private let engine: ScriptEngine
    private let filters: Locked<ItemFilters>

    /// Delivers to an engine.
    package init(_ engine: ScriptEngine, terms: FilterTerms = .init()) {
        self.engine = engine
        filters = Locked(ItemFilters(engine: engine, terms: terms))
    }

    /// Goes by other terms from now on.
    package func change(_ terms: FilterTerms) { filters.withLock { $0.change(terms) } }

    package func isWanted(_ hook: ScriptHook) -> Bool { engine.hooks.contains(hook) }

    package func deliverLive(_ packets: PacketBatch) { engine.deliver(packets) }

    package func deliverLive(_ pieces: [[Item]], in scene: ItemScene) -> (delivered: Int, bytes: Int) {
        var (delivered, bytes) = (0, 0)
        // A script is woken once for all of its pieces.
        var deliveries: [(scripts: Set<Int>, batches: [ItemBatch])] = []
        for piece in pieces {
            let (groups, count) = filters.withLock { $0.wanted(piece, scene) }
            delivered += count
            for group in groups {
                let items = DissectedItems(group.items, scene)
                bytes += items.byteCount
                if let place = deliveries.firstIndex(where: { $0.scripts == group.scripts }) {
                    deliveries[place].batches.append(ItemBatch(items))
                } else {
                    deliveries.append((group.scripts, [ItemBatch(items)]))
                }
            }
        }
        for delivery in deliveries { engine.deliver(delivery.batches, to: delivery.scripts) }
        return (delivered, bytes)
    }

    package func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int? {
        let scripts = filters.withLock { $0.scripts(for: item) }
        guard !scripts.isEmpty else { return nil }
        let text = text()
        engine.deliver(.itemCaptured(text), to: scripts)
        return text.count
    }
}
