import CurlTransport
import Hub
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import Testing
import Threading
import Timestamps

@testable import KubernetesClient

/// A namespace with a recorder's script and pods, and hubs on it.
struct HubOnServer: Sendable {
    private static let recorder = """
        function onPodEvent(event, pod, change) {
          if (change && change.kind === "crashed") console.log(change.containerID, change.firstSeen ? "news" : "again");
        }
        """
    let admin: KubernetesClient
    let client: KubernetesClient
    let namespace: String

    init(_ plane: ControlPlane, configuration: ClusterConfiguration, namespace: String? = nil) async throws {
        admin = try KubernetesClient(configuration: plane.configuration())
        client = try KubernetesClient(configuration: configuration)
        var name = namespace
        if name == nil { name = try await admin.createNamespace() }
        self.namespace = try #require(name)
        let scripts: JSONValue = ["0": ["title": "recorder", "code": .string(Self.recorder), "active": true]]
        try await admin.create(
            .configMaps,
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "kubeshark-config-map"],
                "data": ["SCRIPTING_SCRIPTS": .string(scripts.description)],
            ], namespace: self.namespace)
    }

    func start(_ identity: String) -> HubInTest {
        var configuration = HubConfiguration(namespace: namespace, identity: identity)
        configuration.listen = ("127.0.0.1", 0)
        configuration.allowsEverybody = true
        // Other tests have pods on the same server.
        configuration.watchedNamespace = namespace
        return HubInTest(configuration, client)
    }

    /// What a hub of its own process is started with.
    func options(_ plane: ControlPlane, _ identity: String, kubeconfig: String? = nil) -> [String] {
        [
            "--kubeconfig", kubeconfig ?? plane.adminKubeconfig, "--namespace", namespace, "--watch-namespace",
            namespace, "--identity", identity,
        ]
    }

    /// Gives a service account what a hub needs, and nothing else.
    func grant(_ plane: ControlPlane, to account: String) async throws {
        // As manifests/base/hub.yaml does: creating cannot be limited to a name, so the hub may not.
        try await admin.create(
            .configMaps,
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "kubeshark-config-map-status"]],
            namespace: namespace)
        let needs = HubPermissions(namespace: namespace, configMap: "kubeshark-config-map", secret: "kubeshark-secret")
        _ = try await plane.kubectl(
            "apply", "--filename", "-", input: needs.manifest(granting: needs.all, to: account))
    }

    /// The text of a kubeconfig whose token stands in a file.
    func kubeconfig(_ plane: ControlPlane, tokenFile: String) -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test}}]
        clusters: [{name: test, cluster: {server: "\(plane.server)", certificate-authority: "\(plane.certificateAuthority)"}}]
        users: [{name: test, user: {tokenFile: "\(tokenFile)"}}]
        """
    }

    /// A token of an account that is made anew, which voids all tokens of the one before.
    func newToken(_ plane: ControlPlane, _ account: String) async throws -> String {
        _ = try await plane.kubectl("-n", namespace, "delete", "serviceaccount", account, "--ignore-not-found")
        _ = try await plane.kubectl("-n", namespace, "create", "serviceaccount", account)
        return try await plane.token(namespace: namespace, serviceAccount: account)
    }

    /// Puts another text in place of the recorder's.
    func edit(_ code: String) async throws {
        let scripts: JSONValue = ["0": ["title": "recorder", "code": .string(code), "active": true]]
        try await admin.patch(
            .configMaps, .merge(["data": ["SCRIPTING_SCRIPTS": .string(scripts.description)]]), namespace: namespace,
            name: "kubeshark-config-map")
    }

    /// `pod-0` and so on, in turn on these nodes.
    func createPods(_ count: Int, on nodes: [String] = ["none"]) async throws {
        for index in 0..<count {
            try await admin.create(
                .pods,
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string("pod-\(index)")],
                    "spec": [
                        "nodeName": .string(nodes[index % nodes.count]), "automountServiceAccountToken": false,
                        "containers": [["name": "app", "image": "app:1"]],
                    ],
                ], namespace: namespace)
        }
    }

    /// Of what a recorder printed, the runs of which it was told as news.
    static func news(_ output: [String]) -> [String] {
        output.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            return words.last == "news" ? words[words.count - 2] : nil
        }
    }

    /// All runs of which it was told, as news or again.
    static func told(_ output: [String]) -> Set<String> {
        Set(output.compactMap { $0.split(separator: " ").dropLast().last.map(String.init) })
    }

    /// The names of runs that ended, as scripts see them.
    func runs(_ pods: Range<Int>, _ number: Int) -> [String] { pods.map { "run-\($0)-\(number)" } }

    func crash(_ pod: Int, _ number: Int) async throws {
        let run = "run-\(pod)-\(number)"
        let status: JSONValue = [
            "status": [
                "phase": "Running",
                "containerStatuses": [
                    [
                        "name": "app", "ready": true, "restartCount": .integer(Int64(number)), "image": "app:1",
                        "imageID": "", "containerID": .string("containerd://next-\(run)"),
                        "state": ["running": ["startedAt": "2026-01-01T10:00:00Z"]],
                        "lastState": [
                            "terminated": [
                                "exitCode": 3, "reason": "Error", "containerID": .string("containerd://\(run)"),
                                "finishedAt": .string(Timestamp.now().wholeSecond.description),
                            ]
                        ],
                    ]
                ],
            ]
        ]
        try await admin.patch(
            .pods, .merge(status), namespace: namespace, name: "pod-\(pod)", subresource: "status")
    }
}

/// A hub in this process, and what its script told.
final class HubInTest: Sendable {
    let hub: Hub
    private let lines: Locked<[String]>
    private let task: Task<Void, any Error>

    init(_ configuration: HubConfiguration, _ client: KubernetesClient) {
        let lines = Locked<[String]>([])
        self.lines = lines
        let console = HubConsole { message in
            if message.line.level == .output { lines.withLock { $0.append(message.line.text) } }
        }
        let hub = Hub(configuration, client: client, console: console, log: HubLog(write: { _ in }))
        self.hub = hub
        task = Task { try await hub.run() }
    }

    /// The runs that its script was told of as news, in order.
    var told: [String] { HubOnServer.news(lines.withLock { $0 }) }

    func hasTold(_ runs: [String]) async -> Bool { await eventually { Set(self.told).isSuperset(of: runs) } }

    func readiness() async -> String {
        guard let port = hub.port, let transport = try? CurlTransport(name: "test"),
            let response = try? await transport.send(
                HTTPRequest(url: "http://127.0.0.1:\(port)/readyz?verbose", proxy: .none)),
            let body = try? await response.body.collect(limit: 1 << 16)
        else { return "" }
        return String(decoding: body, as: UTF8.self)
    }

    func isReady() async -> Bool { await readiness().hasSuffix("readyz check passed\n") }
    func becomesReady() async -> Bool { await eventually { await self.isReady() } }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }
}
