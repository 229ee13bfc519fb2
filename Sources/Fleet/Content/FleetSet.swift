internal import Digests
package import JSON

/// All that a worker is to run and to know: the active scripts, their `env`, and the config map's other keys.
package struct FleetSet: Sendable, Equatable {
    /// In the order of their indexes, each index once.
    package private(set) var scripts: [FleetScript]
    /// What scripts see as `env`: an object.
    package private(set) var environment: JSONValue
    /// The config map's keys that are not about scripts, with their texts.
    package private(set) var keys: [String: String]
    /// Names all of it.
    package private(set) var manifest: FleetManifest

    /// What a worker has that never heard from a hub.
    package init() { self.init(scripts: [], environment: [:], keys: [:]) }

    /// Of scripts with the same index the last counts.
    package init(scripts: [FleetScript], environment: JSONValue, keys: [String: String]) {
        let byIndex = Dictionary(scripts.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        self.scripts = byIndex.values.sorted { $0.index < $1.index }
        self.environment = environment
        self.keys = keys
        manifest = FleetManifest(
            scripts: byIndex.mapValues(\.digest), environment: Self.digest(environment), keys: Self.digest(keys))
    }

    /// SHA-256 over everything: equal revisions run the same.
    package var revision: String { manifest.revision }

    /// The set after a push that was made for this one; nil if it was made for another, or if what comes out is not
    /// what its revision names.
    package func applying(_ push: FleetPush) -> FleetSet? {
        guard push.base == revision || push.isComplete else { return nil }
        let start = push.isComplete ? FleetSet() : self
        let gone = Set(push.removed).union(push.changed.map(\.index))
        let result = FleetSet(
            scripts: start.scripts.filter { !gone.contains($0.index) } + push.changed,
            environment: push.environment ?? start.environment, keys: push.keys ?? start.keys)
        return result.revision == push.revision ? result : nil
    }

    private static func digest(_ environment: JSONValue) -> String { SHA256Digest(of: environment.encoded()).hex }

    private static func digest(_ keys: [String: String]) -> String {
        var text = ""
        for (key, value) in keys.sorted(by: { $0.key < $1.key }) {
            text += "\(key.utf8.count) \(key)\(value.utf8.count) \(value)"
        }
        return SHA256Digest(of: text).hex
    }
}
