import CurlTransport
import FaultProxy
import InformerOracle
import JSON
import KubernetesConfiguration
import KubernetesSimulator
import Testing

@testable import KubernetesClient

/// An informer of config maps, followed by an oracle, that reaches a simulated API server through a fault proxy.
struct Stage {
    let simulator: KubernetesSimulator
    let proxy: FaultProxy
    let client: KubernetesClient
    let oracle: InformerOracle<ObjectSummary>
    let seed: UInt64

    var informer: Informer<ObjectSummary> { oracle.informer }
    var health: InformerHealth { oracle.informer.health }

    /// Short enough to be waited for. On HTTP/1.1 a dead peer is then noticed within 8 s.
    static var quickSettings: ReflectorSettings {
        var settings = ReflectorSettings()
        settings.unsharedWatchLifetime = .seconds(4) ... .seconds(5)
        settings.overdueAfter = .seconds(3)
        settings.healthyAfter = .seconds(2)
        settings.relistSpread = .milliseconds(100)
        settings.initialEventsPatience = .seconds(2)
        settings.pageSize = 7
        return settings
    }

    /// Sets the stage, runs `body`, and in the end holds everyone to the truth.
    static func run(
        seed: UInt64 = 0, speaking wireProtocol: FaultProxy.WireProtocol = .opaque, objects: Int = 20,
        settings: ReflectorSettings = quickSettings, subscriberLimit: Int = 4096, subscriberDelay: Duration = .zero,
        waitsForSync: Bool = true, configure: (inout SimulatorConfiguration) -> Void = { _ in },
        prepare: (KubernetesSimulator, FaultProxy) async throws -> Void = { _, _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        var configuration = SimulatorConfiguration()
        configuration.bookmarkInterval = .milliseconds(300)
        configure(&configuration)
        let simulator = KubernetesSimulator(configuration)
        for i in 0..<objects { try simulator.create(Self.configMap("initial-\(i)", "0")) }
        let port = try #require(try await simulator.start().split(separator: ":").last.flatMap { Int($0) })
        try await FaultProxy.withProxy(upstreamPort: port, speaking: wireProtocol) { proxy in
            try await prepare(simulator, proxy)
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(
                    server: ClusterURL(parsing: "http://127.0.0.1:\(proxy.port)"), proxy: .none))
            let oracle = InformerOracle(
                Informer<ObjectSummary>(client: client, resource: .configMaps, settings: settings),
                limit: subscriberLimit, delay: subscriberDelay)
            let stage = Stage(simulator: simulator, proxy: proxy, client: client, oracle: oracle, seed: seed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await oracle.run() }
                if waitsForSync { try await oracle.informer.waitUntilSynced() }
                try await body(stage)
                try await stage.expectTruth()
                group.cancelAll()
            }
        }
        await simulator.stop()
    }

    /// Picture, cache and server agree, and no guarantee was broken on the way.
    func expectTruth(_ location: SourceLocation = #_sourceLocation) async throws {
        let disagreement = try await oracle.disagreement { try simulator.snapshot("configmaps") }
        #expect(disagreement == nil, "seed \(seed)", sourceLocation: location)
        #expect(oracle.violations == [], "seed \(seed)", sourceLocation: location)
    }

    static func configMap(_ name: String, _ value: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "namespace": "default"], "data": ["value": .string(value)],
        ]
    }

    /// Creates, changes and deletes at random.
    func churn(_ count: Int, round: UInt64 = 0) throws {
        var random = SplitMix64(seed: seed &* 1000 &+ round)
        for i in 0..<count {
            let name = "churn-\(Int.random(in: 0..<15, using: &random))"
            let exists = (try? simulator.get("configmaps", namespace: "default", name: name)) != nil
            switch (exists, Int.random(in: 0..<3, using: &random)) {
            case (false, _): try simulator.create(Self.configMap(name, "\(i)"))
            case (true, 0): try simulator.delete("configmaps", namespace: "default", name: name)
            case (true, _):
                try simulator.modify("configmaps", namespace: "default", name: name) {
                    $0["data"] = ["value": .string("\(round)-\(i)")]
                }
            }
        }
    }

    /// Waits until a watch is open at the server.
    func watchIsOpen() async -> Bool { await eventually { simulator.watchCount("configmaps") > 0 } }

    /// Makes open watches go wrong until that shows. Once is enough, unless the connection was just about to end.
    func provoke(
        _ fault: WatchFault, until isVisible: @escaping () -> Bool, _ location: SourceLocation = #_sourceLocation
    ) async {
        for _ in 0..<10 {
            _ = await watchIsOpen()
            simulator.disturbWatches(fault)
            if await eventually(within: .seconds(8), isVisible) { return }
        }
        #expect(isVisible(), "\(fault) has no effect", sourceLocation: location)
    }

    /// Whole lists that the server saw: pages after the first, and questions whether a version is known, do not count.
    var lists: Int {
        simulator.requests.count {
            $0.verb == "list" && $0.query["continue"] == nil && $0.query["resourceVersionMatch"] == nil
        }
    }
}
