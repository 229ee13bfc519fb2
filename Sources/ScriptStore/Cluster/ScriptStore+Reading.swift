internal import JSON
package import KubernetesClient

extension ScriptStore {
    /// Reads the scripts. Without a config map there are none.
    package func read() async throws -> StoreSnapshot { try await read(orEmpty: false) }

    /// Further config maps may be exchanged between the reading of the index and theirs; then a newer index is there.
    private static let readAttempts = 5

    func read(orEmpty: Bool) async throws -> StoreSnapshot {
        var attempt = 1
        while true {
            let (name, configMap) = try await findConfigMap()
            guard let configMap else {
                return StoreSnapshot(scripts: ScriptSet(), configMapName: name, configMap: nil, shards: [])
            }
            do {
                return try await snapshot(of: configMap, name)
            } catch let error as ScriptSetError {
                switch error {
                case .missingShard, .wrongShard:
                    if attempt < Self.readAttempts {
                        attempt += 1
                        try await Task.sleep(for: .milliseconds(50))
                        continue
                    }
                default: break
                }
                guard orEmpty else { throw StoreError.unreadable(error, configMap: name) }
                return StoreSnapshot(
                    scripts: ScriptSet(nextTo: configMap), configMapName: name, configMap: configMap, shards: [],
                    isUnreadable: true)
            }
        }
    }

    private func snapshot(of configMap: JSONValue, _ name: String) async throws -> StoreSnapshot {
        let data = StoreSnapshot.data(of: configMap)
        let shards = try await shardTexts(data)
        let scripts = try ScriptSet(data: data, shards: Dictionary(uniqueKeysWithValues: shards))
        return StoreSnapshot(scripts: scripts, configMapName: name, configMap: configMap, shards: shards)
    }

    /// The scripts of a config map that a watch delivered, with those of the further config maps that it names.
    ///
    /// - Throws: `ScriptSetError`, or an `APIError` of reading a further config map.
    package func scripts(of configMap: ConfigMap) async throws -> ScriptSet {
        let shards = try await shardTexts(configMap.data)
        return try ScriptSet(data: configMap.data, shards: Dictionary(uniqueKeysWithValues: shards))
    }

    private func shardTexts(_ data: [String: String]) async throws -> [(name: String, text: String)] {
        var texts: [(name: String, text: String)] = []
        for shard in try ShardIndex(parsing: data[ConfigMapKey.shards]).shards
        where !texts.contains(where: { $0.name == shard.name }) {
            do {
                let map = try await client.get(ConfigMap.self, namespace: location.namespace, name: shard.name)
                texts.append((shard.name, map.data[ConfigMapKey.scripts] ?? ""))
            } catch let error as APIError where error.status?.code == 404 {
                throw ScriptSetError.missingShard(name: shard.name)
            }
        }
        return texts
    }

    // MARK: Finding the objects

    /// The config map, or the name under which it is to be created.
    func findConfigMap() async throws -> (name: String, object: JSONValue?) {
        try await find(.configMaps, name: location.configMapName, usualName: StoreLocation.usualConfigMapName) {
            $0["data"]?[ConfigMapKey.scripts] != nil
        }
    }

    /// An object by its name, else by the usual name, else by its label.
    func find(
        _ resource: APIResource, name: String?, usualName: String, isPlausible: (JSONValue) -> Bool
    ) async throws -> (name: String, object: JSONValue?) {
        do {
            return (
                name ?? usualName,
                try await client.get(resource, namespace: location.namespace, name: name ?? usualName)
            )
        } catch let error as APIError where error.status?.code == 404 {
            if let name { return (name, nil) }
        }
        for selector in StoreLocation.labelSelectors {
            let names = try await labelledNames(resource, selector)
            var found: [(name: String, object: JSONValue)] = []
            for name in names {
                let object = try await client.get(resource, namespace: location.namespace, name: name)
                if isPlausible(object) { found.append((name, object)) }
            }
            if let only = found.first, found.count == 1 { return only }
            if found.count > 1 {
                throw StoreError.ambiguous(names: found.map(\.name).sorted(), namespace: location.namespace)
            }
        }
        return (usualName, nil)
    }

    /// Whoever may not list has to name the object.
    private func labelledNames(_ resource: APIResource, _ selector: String) async throws -> [String] {
        do {
            let selection = Selection(namespace: location.namespace, labelSelector: selector)
            return try await client.firstPage(ObjectSummary.self, resource: resource, selection, limit: 20)
                .map(\.identity.key.name)
        } catch let error as APIError where error.status?.code == 403 {
            return []
        }
    }
}

extension ScriptSet {
    /// No scripts, for a config map whose scripts cannot be read: with what else it says.
    fileprivate init(nextTo configMap: JSONValue) {
        let unreadable = [ConfigMapKey.scripts, ConfigMapKey.shards]
        let data = StoreSnapshot.data(of: configMap).filter { !unreadable.contains($0.key) }
        self = (try? ScriptSet(data: data)) ?? ScriptSet()
    }
}

extension ScriptStore {
    /// The name of the config map to watch: of the one there is, else the one that would be created.
    package func watchedConfigMapName() async -> String {
        if let name = location.configMapName { return name }
        while !Task.isCancelled {
            if let name = try? await findConfigMap().name { return name }
            try? await Task.sleep(for: .seconds(5))
        }
        return StoreLocation.usualConfigMapName
    }
}

extension ScriptStore {
    /// The config map's name, and the revision of its scripts; empty if they cannot be read.
    package func nameAndRevision() async throws -> (name: String, revision: String) {
        let snapshot = try await read(orEmpty: true)
        return (snapshot.configMapName, snapshot.isUnreadable ? "" : snapshot.scripts.revision)
    }
}
