import JSON
import KubernetesClient
import KubernetesConfiguration
import KubernetesSimulator
import YAML

@testable import ScriptStore

/// An API server in memory, with a namespace for scripts.
struct TestCluster: Sendable {
    let simulator: KubernetesSimulator
    let client: KubernetesClient
    static let mapName = "kubeshark-config-map"

    static func run(_ body: (TestCluster) async throws -> Void) async throws {
        let simulator = KubernetesSimulator()
        let url = try await simulator.start()
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(
                server: ClusterURL(parsing: url), proxy: .none, origin: "the simulated cluster"))
        do {
            try await body(TestCluster(simulator: simulator, client: client))
        } catch {
            await simulator.stop()
            throw error
        }
        await simulator.stop()
    }

    /// A store of its own, as each tool has one.
    func store(
        limits: StoreLimits = StoreLimits(), keepsHistory: Bool = false, author: String = "test",
        location: StoreLocation = StoreLocation(namespace: "default")
    ) -> ScriptStore {
        ScriptStore(
            client: client, location: location, limits: limits, author: author, keepsHistory: keepsHistory)
    }

    /// Creates the config map as upstream's chart does.
    func createConfigMap(
        _ data: [String: String] = [:], name: String = mapName, labels: JSONValue = ["app.kubeshark.com/app": "hub"],
        annotations: JSONValue = [:]
    ) throws {
        try simulator.create([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": "default", "labels": labels, "annotations": annotations,
            ],
            "data": .object(.init(uniqueKeysWithValues: data.map { ($0.key, .string($0.value)) })),
        ])
    }

    /// The text entries of a config map; empty if there is none.
    func data(_ name: String = mapName) -> [String: String] {
        let map = try? simulator.get("configmaps", namespace: "default", name: name)
        return (map?["data"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
    }

    /// Edits an entry as `kubectl edit` does.
    func edit(_ key: String, _ change: (String) -> String) throws {
        try simulator.modify("configmaps", namespace: "default", name: Self.mapName) { map in
            let text = change(map["data"]?[key]?.string ?? "")
            map["data"]?[key] = .string(text)
        }
    }

    /// Edits a script's code as the dashboard does.
    func editCode(_ index: Int, _ code: String) throws {
        try edit(ConfigMapKey.scripts) { text in
            var scripts = (try? JSONValue(parsing: text)) ?? [:]
            scripts[String(index)]?["code"] = .string(code)
            return scripts.description
        }
    }

    /// The scripts as a fresh reader sees them.
    func scripts() async throws -> ScriptSet { try await store().read().scripts }

    /// How often the config map was written.
    var writes: Int {
        simulator.requests.count {
            $0.resource == "configmaps" && $0.name != Self.mapName + "-history"
                && ["create", "update", "patch"].contains($0.verb)
        }
    }
}

/// Waits until a condition holds; the limit is only for a test that would otherwise hang.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(240)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
