import CurlTransport
import FaultProxy
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import Testing

@testable import KubernetesClient

/// An informer of a namespace's config maps, followed by an oracle, that reaches a real API server through a fault proxy.
struct ClusterStage: Sendable {
    let controlPlane: ControlPlane
    let proxy: FaultProxy
    /// Goes past the proxy: makes changes and tells the truth.
    let admin: KubernetesClient
    /// Goes through the proxy; the informer uses it.
    let client: KubernetesClient
    let namespace: String
    let oracle: InformerOracle<ObjectSummary>
    let seed: UInt64

    var informer: Informer<ObjectSummary> { oracle.informer }
    var health: InformerHealth { oracle.informer.health }
    /// Whole lists that the informer began.
    var lists: Int { health.statistics.lists }

    /// How long the informer may take to find the truth where nothing else is asked for: the longest back-off is 35 s,
    /// and other tests and builds share the machine.
    static let patience: Duration = .seconds(120)

    /// Sets the stage, runs `body`, and in the end holds everyone to the truth.
    ///
    /// - Parameters:
    ///   - controlPlane: nil stands for the one that the process shares.
    ///   - identity: who the informer is, in a namespace; by default the administrator.
    ///   - prepare: what is to happen before the informer runs.
    static func run(
        on controlPlane: ControlPlane? = nil, seed: UInt64 = 0, objects: Int = 20,
        settings: ReflectorSettings = ReflectorSettings(), subscriberLimit: Int = 4096,
        subscriberDelay: Duration = .zero, waitsForSync: Bool = true,
        identity: (ControlPlane, String) async throws -> ClusterConfiguration = { plane, _ in try plane.configuration()
        },
        prepare: (ClusterStage) async throws -> Void = { _ in }, _ body: (ClusterStage) async throws -> Void
    ) async throws {
        var plane = controlPlane
        if plane == nil { plane = try await ControlPlane.shared() }
        let controlPlane = try #require(plane)
        let admin = try KubernetesClient(configuration: controlPlane.configuration())
        let namespace = try await admin.createNamespace()
        try await FaultProxy.withProxy(upstreamPort: controlPlane.port) { proxy in
            var configuration = try await identity(controlPlane, namespace)
            configuration.server = try ClusterURL(parsing: "https://127.0.0.1:\(proxy.port)")
            let client = try KubernetesClient(configuration: configuration)
            let oracle = InformerOracle(
                Informer<ObjectSummary>(
                    client: client, resource: .configMaps, selection: Selection(namespace: namespace),
                    settings: settings),
                limit: subscriberLimit, delay: subscriberDelay)
            let stage = ClusterStage(
                controlPlane: controlPlane, proxy: proxy, admin: admin, client: client, namespace: namespace,
                oracle: oracle, seed: seed)
            try await stage.createInitialObjects(objects)
            try await prepare(stage)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await oracle.run() }
                if waitsForSync { try await oracle.informer.waitUntilSynced() }
                try await body(stage)
                try await stage.expectTruth()
                group.cancelAll()
            }
        }
    }

    /// Picture, cache and server agree, and no guarantee was broken on the way.
    func expectTruth(within patience: Duration = patience, _ location: SourceLocation = #_sourceLocation) async throws {
        let disagreement = try await oracle.disagreement(within: patience) { try await truth() }
        #expect(disagreement == nil, "seed \(seed)", sourceLocation: location)
        #expect(oracle.violations == [], "seed \(seed)", sourceLocation: location)
    }

    /// What the server has: `namespace/name` → version.
    func truth() async throws -> [String: String] {
        let selection = Selection(namespace: namespace)
        let (objects, _) = try await admin.list(ObjectSummary.self, resource: .configMaps, selection)
        return objects.reduce(into: [:]) { $0[$1.identity.key.description] = $1.identity.resourceVersion }
    }

    /// Waits until a watch is open.
    func isWatching() async -> Bool { await eventually(within: Self.patience) { health.phase == .watching } }

    /// Cuts the informer off: what is open is reset, and nothing else is let in before ``reconnect()``.
    func disconnect() async throws {
        #expect(await isWatching())
        try await proxy.refuseConnections()
        try await proxy.inject(.reset(afterBytes: 0), on: .existing)
    }

    /// Puts the network right.
    func reconnect() async throws {
        try await proxy.heal()
        try await proxy.acceptConnections()
    }

    // MARK: Objects

    /// Creates `initial-0`, `initial-1` and so on, several at a time.
    private func createInitialObjects(_ count: Int) async throws {
        let lanes = 4
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<min(lanes, count) {
                group.addTask {
                    for number in stride(from: lane, to: count, by: lanes) {
                        try await create("initial-\(number)", "0")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    func create(_ name: String, _ value: String) async throws {
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
            "data": ["value": .string(value)],
        ]
        try await admin.create(.configMaps, object, namespace: namespace)
    }

    func modify(_ name: String, _ value: String) async throws {
        try await admin.patch(
            .configMaps, .merge(["data": ["value": .string(value)]]), namespace: namespace, name: name)
    }

    func delete(_ name: String) async throws {
        try await admin.delete(.configMaps, namespace: namespace, name: name)
    }

    /// Creates, changes and deletes at random.
    func churn(_ count: Int, round: UInt64 = 0) async throws {
        var random = SplitMix64(seed: seed &* 1000 &+ round)
        var names = Set(try await truth().keys)
        for i in 0..<count {
            let name = "churn-\(Int.random(in: 0..<15, using: &random))"
            let key = "\(namespace)/\(name)"
            switch (names.contains(key), Int.random(in: 0..<3, using: &random)) {
            case (false, _):
                try await create(name, "\(i)")
                names.insert(key)
            case (true, 0):
                try await delete(name)
                names.remove(key)
            case (true, _): try await modify(name, "\(round)-\(i)")
            }
        }
    }
}

extension KubernetesClient {
    /// Creates a namespace for one test.
    func createNamespace() async throws -> String {
        let name = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let object: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
        try await create(.namespaces, object)
        return name
    }
}

extension Trait where Self == ConditionTrait {
    /// The test needs a real API server.
    static var realCluster: Self {
        .enabled("needs a real API server") { try await ControlPlane.isAvailable() }
    }
}
