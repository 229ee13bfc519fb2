internal import JSON
package import KubernetesClient
internal import Timestamps

/// Earlier versions of the scripts, in a config map of their own beside the scripts'.
///
/// Remora's tools record what they wrote and, if it was not recorded yet, what they found: so an edit by another tool is
/// in the history before anything replaces it.
package struct ScriptHistory: Sendable {
    let client: KubernetesClient
    let namespace: String

    /// The history of config maps of a namespace.
    package init(client: KubernetesClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    /// The name of the history's config map.
    package static func name(for configMap: String) -> String { configMap + "-history" }

    /// Others write the history too, after the same conflicts.
    private static let attempts = 5

    /// The revisions, oldest first.
    package func revisions(of configMap: String) async throws -> [ScriptRevision] {
        try await read(configMap).map { RevisionLog($0).revisions } ?? []
    }

    private func read(_ configMap: String) async throws -> JSONValue? {
        do {
            return try await client.get(.configMaps, namespace: namespace, name: Self.name(for: configMap))
        } catch let error as APIError where error.status?.code == 404 {
            return nil
        }
    }

    /// Records a change. What it could not record it says in words: a change is not undone for want of a history.
    func record(
        before: ScriptSet?, after: ScriptSet, author: String, note: String, configMap: String
    ) async -> [String] {
        let name = Self.name(for: configMap)
        for attempt in 1...Self.attempts {
            do {
                let existing = try await read(configMap)
                var log = existing.map(RevisionLog.init) ?? RevisionLog()
                var isComplete = true
                if let before, !before.scripts.isEmpty, log.latest?.hash != before.revision {
                    isComplete = log.append {
                        ScriptRevision(
                            number: $0, hash: before.revision, time: nil, author: "", note: "found", scripts: before)
                    }
                }
                isComplete =
                    log.append {
                        ScriptRevision(
                            number: $0, hash: after.revision, time: .now(), author: author, note: note,
                            scripts: after)
                    } && isComplete
                var object = existing ?? new(name, of: configMap)
                log.write(to: &object)
                if existing == nil {
                    try await client.create(.configMaps, object, namespace: namespace)
                } else {
                    try await client.update(.configMaps, object, namespace: namespace, name: name)
                }
                return isComplete
                    ? [] : ["the scripts are too large for the history in the config map \(name): not recorded there"]
            } catch let error as APIError where error.status?.code == 409 && attempt < Self.attempts {
                // Spread, so that writers that met once do not meet again.
                try? await Task.sleep(for: .milliseconds(Int64.random(in: 0...(20 << attempt))))
            } catch {
                return ["written, but not recorded in the history: \(error)"]
            }
        }
        return ["written, but not recorded in the history: others kept writing the config map \(name)"]
    }

    private func new(_ name: String, of configMap: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace),
                "labels": ["remora.dev/history-of": .string(configMap)],
            ],
        ]
    }
}

extension ScriptSet {
    /// These scripts as they were in a revision, for the set of now.
    ///
    /// Each script keeps what the folder sync knows of its file, so that the sync takes the old code for an edit made in
    /// the cluster and does not push the newer file over it. A script that is brought back belongs to no file: the sync
    /// would remove it again with the file that is gone.
    package mutating func restore(_ revision: ScriptRevision) {
        let now = self
        for script in now.scripts where revision.scripts[script.index] == nil { remove(script.index) }
        for script in revision.scripts.scripts {
            var restored = script
            restored.origin = now[script.index]?.origin
            put(restored)
        }
    }
}
