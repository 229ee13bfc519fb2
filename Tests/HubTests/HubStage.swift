import Hub
import JSON
import KubernetesClient
import KubernetesConfiguration
import KubernetesSimulator
import LeaderElection
import ScriptRuntime
import Testing
import Threading

/// A simulated cluster with a config map, and hubs on it.
final class HubStage: Sendable {
    static let namespace = "remora"
    let simulator: KubernetesSimulator
    let client: KubernetesClient

    init(scripts: [String], activeScripts: Bool = true) async throws {
        var configuration = SimulatorConfiguration()
        configuration.podTermination = .byHand
        simulator = KubernetesSimulator(configuration)
        let url = try await simulator.start()
        client = try KubernetesClient(
            configuration: ClusterConfiguration(server: ClusterURL(parsing: url), proxy: .none, origin: "a test"))
        for name in [Self.namespace, "shop"] {
            try simulator.create(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        }
        try simulator.create([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "kubeshark-config-map", "namespace": .string(Self.namespace)],
            "data": ["SCRIPTING_SCRIPTS": .string(Self.text(scripts))],
        ])
    }

    static func text(_ scripts: [String]) -> String {
        var value: JSONValue = [:]
        for (index, code) in scripts.enumerated() {
            value[String(index)] = ["title": .string("s\(index)"), "code": .string(code), "active": true]
        }
        return value.description
    }

    /// Puts other scripts into the config map, as `kubectl edit` does.
    func edit(_ scripts: [String]) throws { try edit("SCRIPTING_SCRIPTS", Self.text(scripts)) }

    func edit(_ key: String, _ value: String) throws {
        try simulator.modify("configmaps", namespace: Self.namespace, name: "kubeshark-config-map") {
            $0["data"]?[key] = .string(value)
        }
    }

    /// Numbers that make an election a matter of a second.
    static let quickElection: LeaseElection.Settings = {
        var settings = LeaseElection.Settings()
        settings.leaseDuration = .seconds(2)
        settings.renewDeadline = .seconds(1)
        settings.retryPeriod = .milliseconds(200)
        settings.actDeadline = .milliseconds(800)
        return settings
    }()

    func start(
        _ identity: String = "hub-a", lease: String? = nil, stateFolder: String? = nil, tokenFile: String? = nil,
        allowsEverybody: Bool = true, change: (inout HubConfiguration) -> Void = { _ in }
    ) -> RunningHub {
        var configuration = HubConfiguration(namespace: Self.namespace, identity: identity)
        configuration.lease = lease
        configuration.election = Self.quickElection
        configuration.stateFolder = stateFolder
        configuration.listen = ("127.0.0.1", 0)
        configuration.tokenFile = tokenFile
        configuration.allowsEverybody = allowsEverybody
        configuration.reflector.relistSpread = .milliseconds(50)
        change(&configuration)
        return RunningHub(configuration, client)
    }

    func stop() async { await simulator.stop() }

    /// Changes who may do what.
    func changeAccess(_ change: (inout AccessRules) -> Void) {
        var rules = AccessRules()
        change(&rules)
        simulator.setAccess(rules)
    }

    /// The Events that somebody reported.
    func events() async throws -> [ClusterEvent] { try await client.list(ClusterEvent.self).objects }
}

/// A hub in this process, and what its scripts printed.
final class RunningHub: Sendable {
    let hub: Hub
    private let printed: Locked<[String]>
    private let logged: Locked<[String]>
    private let task: Task<Void, any Error>

    init(_ configuration: HubConfiguration, _ client: KubernetesClient) {
        let printed = Locked<[String]>([])
        let logged = Locked<[String]>([])
        self.printed = printed
        self.logged = logged
        let console = HubConsole { message in printed.withLock { $0.append(message.text) } }
        let log = HubLog(format: .json, least: .debug) { line in logged.withLock { $0.append(line) } }
        let hub = Hub(configuration, client: client, console: console, log: log)
        self.hub = hub
        task = Task { try await hub.run() }
    }

    /// Everything that scripts printed.
    var output: [String] { printed.withLock { $0 } }
    var log: [String] { logged.withLock { $0 } }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }

    /// Waits until the output holds lines, in any order among others.
    func expect(_ lines: String..., comment: Comment? = nil, location: SourceLocation = #_sourceLocation) async {
        await expect(lines, location: location)
    }

    func expect(_ lines: [String], location: SourceLocation = #_sourceLocation) async {
        let isThere = await eventually { Set(self.output).isSuperset(of: lines) }
        if !isThere {
            Issue.record(
                "missing \(lines.filter { !self.output.contains($0) }); printed: \(output)", sourceLocation: location)
        }
    }

    var port: Int {
        get async throws {
            _ = await eventually { self.hub.port != nil }
            return try #require(hub.port)
        }
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> (status: Int, body: String) {
        _ = try await port
        return try await TestRequest.send("GET", try #require(hub.url), path, headers)
    }
}

/// Whether a condition comes true within a limit that only a failure reaches.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<4_800 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(50))
    }
    return false
}
