internal import Digests
internal import JSON
internal import KubernetesClient
internal import Timestamps

extension ScriptStore {
    /// The keys that hold scripts; all of them are written in one update.
    private static let ownKeys: Set<String> = [
        ConfigMapKey.scripts, ConfigMapKey.activeScripts, ConfigMapKey.nextIndex, ConfigMapKey.shards,
    ]

    /// Tells further config maps from those of another installation.
    private static let shardLabel = "remora.dev/scripts-of"

    /// Config maps that no index names are left by a program that died while it published; a younger one may belong to one
    /// that is about to.
    private static let leftoverAge: Duration = .seconds(3600)

    /// Writes a set in place of the one that was read: further config maps first, then the index with all the rest.
    /// Returns what people should know.
    func publish(_ scripts: ScriptSet, over snapshot: StoreSnapshot) async throws -> [String] {
        var object = snapshot.configMap ?? newConfigMap(snapshot.configMapName)
        guard object["immutable"]?.boolean != true else {
            throw StoreError.immutable(kind: "config map", name: snapshot.configMapName)
        }
        let plan = try ShardPlan(
            scripts, otherBytes: StoreSnapshot.bytes(of: object, except: Self.ownKeys), existing: snapshot.shards,
            limits: limits)

        var created: [String] = []
        var index: [ShardIndex.Shard] = []
        do {
            for shard in plan.shards {
                let name: String
                if let existing = shard.existingName {
                    name = existing
                } else {
                    name = Self.shardName(snapshot.configMapName, shard.sha256)
                    try await client.create(
                        .configMaps, shardObject(name, shard.text, of: snapshot.configMapName),
                        namespace: location.namespace)
                    created.append(name)
                }
                index.append(ShardIndex.Shard(name: name, sha256: shard.sha256))
            }
            object["data"] = updated(object["data"], scripts, plan.text, ShardIndex(index))
            if snapshot.configMap == nil {
                try await client.create(.configMaps, object, namespace: location.namespace)
            } else {
                try await client.update(
                    .configMaps, object, namespace: location.namespace, name: snapshot.configMapName)
            }
        } catch let error as APIError where 400..<500 ~= error.status?.code ?? 0 {
            // The server said no, so no index names them; without an answer, or after one of trouble, one may.
            for name in created { try? await deleteShard(name) }
            throw error
        }

        let kept = Set(index.map(\.name))
        for shard in snapshot.shards where !kept.contains(shard.name) { try? await deleteShard(shard.name) }
        if !snapshot.shards.isEmpty || !index.isEmpty { await removeLeftovers(snapshot.configMapName, kept: kept) }
        return warnings(object, snapshot.configMapName, shards: index.count)
    }

    private func updated(
        _ data: JSONValue?, _ scripts: ScriptSet, _ text: String, _ index: ShardIndex
    ) -> JSONValue {
        var data = data ?? [:]
        data[ConfigMapKey.scripts] = .string(text)
        data[ConfigMapKey.nextIndex] = .string(String(scripts.nextIndex))
        // Left as it stands if it says the same: the order of titles is the user's.
        if Set(scripts.activeTitles.titles) != Set(scripts.listedTitles.titles) {
            data[ConfigMapKey.activeScripts] = .string(scripts.activeTitles.text)
        }
        data[ConfigMapKey.shards] = index.shards.isEmpty ? nil : .string(index.text)
        return data
    }

    private func newConfigMap(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(location.namespace),
                "labels": [StoreLocation.createdLabels.key: .string(StoreLocation.createdLabels.value)],
            ],
        ]
    }

    // MARK: Further config maps

    /// A name of its own for each writing: under a name that only depended on the content, one writer could remove as
    /// outdated what another is just about to publish again.
    private static func shardName(_ configMap: String, _ sha256: String) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        let suffix = String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count)] })
        return "\(configMap)-scripts-\(sha256.prefix(8))-\(suffix)"
    }

    private func shardObject(_ name: String, _ text: String, of configMap: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "immutable": true,
            "metadata": [
                "name": .string(name), "namespace": .string(location.namespace),
                "labels": [Self.shardLabel: .string(configMap)],
            ],
            "data": [ConfigMapKey.scripts: .string(text)],
        ]
    }

    private func deleteShard(_ name: String) async throws {
        try await client.delete(.configMaps, namespace: location.namespace, name: name)
    }

    /// Best effort: whoever may not list or delete leaves them.
    private func removeLeftovers(_ configMap: String, kept: Set<String>) async {
        let selection = Selection(namespace: location.namespace, labelSelector: "\(Self.shardLabel)=\(configMap)")
        guard
            let found = try? await client.firstPage(
                ObjectSummary.self, resource: .configMaps, selection, limit: 4 * ShardIndex.shardLimit)
        else { return }
        let border = Timestamp.now().sinceEpoch - Self.leftoverAge
        for map in found where !kept.contains(map.metadata.name) {
            guard let created = map.metadata.created, created.sinceEpoch < border else { continue }
            try? await deleteShard(map.metadata.name)
        }
    }

    // MARK: Warnings

    private func warnings(_ object: JSONValue, _ name: String, shards: Int) -> [String] {
        var warnings: [String] = []
        let bytes = StoreSnapshot.bytes(of: object)
        if Double(bytes) >= limits.warningShare * Double(limits.configMapBytes) {
            let percent = bytes * 100 / limits.configMapBytes
            warnings.append(
                "the config map \(name) is \(percent) % full: \(bytes) of \(limits.configMapBytes) bytes"
                    + (shards > 0 ? "; \(shards) further config maps hold the scripts for which it has no room" : ""))
        }
        if object["data"]?[ConfigMapKey.environment] != nil {
            warnings.append(
                "\(ConfigMapKey.environment) stands in the config map \(name), where everybody can read it: move it to "
                    + "the secret")
        }
        return warnings
    }
}
