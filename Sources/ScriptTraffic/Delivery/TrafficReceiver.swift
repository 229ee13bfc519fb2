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
}

/// Hands items and packets to the scripts of an engine, each to those that want it.
package final class EngineReceiver: TrafficReceiver {
    private let engine: ScriptEngine
    private let filters: Locked<ItemFilters>

    /// Delivers to an engine.
    package init(_ engine: ScriptEngine) {
        self.engine = engine
        filters = Locked(ItemFilters(engine: engine))
    }

    package func isWanted(_ hook: ScriptHook) -> Bool { engine.hooks.contains(hook) }

    package func deliverLive(_ packets: PacketBatch) { engine.deliver(packets) }

    package func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int? {
        let scripts = filters.withLock { $0.scripts(for: item) }
        guard !scripts.isEmpty else { return nil }
        let text = text()
        engine.deliver(.itemCaptured(text), to: scripts)
        return text.count
    }
}
