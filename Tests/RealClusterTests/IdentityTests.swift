import CurlTransport
import FaultProxy
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import Testing
import Threading

@testable import KubernetesClient

/// Tokens and permissions that come and go while an informer runs.
@Suite("Identities, against a real API server", .realCluster)
struct IdentityTests {
    /// How a new token gets into its file, and whether the file is looked at before the server refuses the old one.
    enum Replacement: CaseIterable, Sendable {
        /// Written by hand; nobody looks before the 401.
        case unnoticed
        /// Published as a kubelet does.
        case published
    }

    @Test("a token that was replaced costs at most one refused request and no list", arguments: Replacement.allCases)
    func token(replacement: Replacement) async throws {
        try await ScratchFolder.run { folder in
            let refusals = Locked(0)
            try await ClusterStage.run(
                identity: { plane, namespace in
                    try await Self.allowReading(plane, namespace, "--serviceaccount=\(namespace):watcher")
                    try await Self.publish(try await Self.newToken(plane, namespace), replacement, folder)
                    let kubeconfig = try folder.write(
                        Self.kubeconfig(plane, user: "tokenFile: \(folder.path)/token"), to: "kubeconfig")
                    // A clock that stands still never asks for another look at the file.
                    let now = HostClock.system.now()
                    let clock = replacement == .unnoticed ? HostClock { now } : .system
                    var configuration = try plane.configuration(kubeconfig: kubeconfig, clock: clock)
                    configuration.credentials = CountedCredentials(configuration.credentials, refusals: refusals)
                    return configuration
                }
            ) { stage in
                let old = try await stage.client.configuration.credentials.credentials()
                try await stage.disconnect()
                // An account made anew is another one: tokens of the old one are void.
                let new = try await Self.newToken(stage.controlPlane, stage.namespace)
                #expect(await Self.becomesInvalid(old, at: stage.controlPlane))
                try await stage.churn(20)
                try await Self.publish(new, replacement, folder)
                try await stage.reconnect()
                try await stage.expectTruth()
                #expect(stage.lists == 1)
                #expect(stage.health.statistics.restarts[.forbidden] == nil)
                let count = refusals.withLock { $0 }
                #expect(replacement == .unnoticed ? count == 1 : count <= 1, "\(count) refusals")
                let current = try await stage.client.configuration.credentials.credentials()
                #expect(current.authorization == .bearer(token: new))
            }
        }
    }

    @Test("permission that is taken away is told of, and found again within 30 s when it is back")
    func permission() async throws {
        try await ScratchFolder.run { folder in
            try await ClusterStage.run(
                identity: { plane, namespace in
                    try await Self.allowReading(plane, namespace, "--user=\(namespace)")
                    let text = try await plane.kubeconfig(user: namespace)
                    return try plane.configuration(kubeconfig: folder.write(text, to: "kubeconfig"))
                }
            ) { stage in
                let plane = stage.controlPlane
                let question = AccessReview(verb: "watch", resource: .configMaps, namespace: stage.namespace)
                let user = try KubernetesClient(
                    configuration: plane.configuration(kubeconfig: "\(folder.path)/kubeconfig"))
                #expect(try await user.mayI(question).isAllowed)
                _ = try await plane.kubectl("--namespace", stage.namespace, "delete", "rolebinding", "reader")
                #expect(await eventually { (try? await user.mayI(question).isAllowed) == false })

                #expect(await stage.isWatching())
                try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
                try await stage.churn(20)
                let words = #"configmaps is forbidden: User "\#(stage.namespace)" cannot watch"#
                #expect(await eventually { stage.health.lastError?.contains(words) == true })
                #expect(stage.health.lastError?.contains("grant the verb watch on configmaps") == true)

                try await Self.bind(plane, stage.namespace, "--user=\(stage.namespace)")
                let granted = ContinuousClock.now
                try await stage.expectTruth()
                print("permission given back: noticed after \(ContinuousClock.now - granted)")
                #expect(stage.lists == 1)
                #expect(stage.health.statistics.restarts[.forbidden, default: 0] >= 1)
                #expect(await eventually { stage.health.lastError == nil })
            }
        }
    }

    // MARK: What the tests have in common

    private static func allowReading(_ plane: ControlPlane, _ namespace: String, _ subject: String) async throws {
        _ = try await plane.kubectl(
            "--namespace", namespace, "create", "role", "reader", "--verb=get,list,watch", "--resource=configmaps")
        try await bind(plane, namespace, subject)
    }

    private static func bind(_ plane: ControlPlane, _ namespace: String, _ subject: String) async throws {
        _ = try await plane.kubectl(
            "--namespace", namespace, "create", "rolebinding", "reader", "--role=reader", subject)
    }

    /// A token of the service account `watcher`, which is made (anew) for it.
    private static func newToken(_ plane: ControlPlane, _ namespace: String) async throws -> String {
        _ = try await plane.kubectl(
            "--namespace", namespace, "delete", "serviceaccount", "watcher", "--ignore-not-found")
        _ = try await plane.kubectl("--namespace", namespace, "create", "serviceaccount", "watcher")
        return try await plane.token(namespace: namespace, serviceAccount: "watcher")
    }

    private static func publish(_ token: String, _ replacement: Replacement, _ folder: ScratchFolder) async throws {
        switch replacement {
        case .unnoticed: try folder.write(token, to: "token")
        case .published: try folder.publish(token, as: "token")
        }
    }

    private static func kubeconfig(_ plane: ControlPlane, user: String) -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test}}]
        clusters: [{name: test, cluster: {server: "\(plane.server)", certificate-authority: "\(plane.certificateAuthority)"}}]
        users: [{name: test, user: {\(user)}}]
        """
    }

    /// Waits until the server refuses credentials: it remembers those that were good for 10 s.
    private static func becomesInvalid(_ credentials: Credentials, at plane: ControlPlane) async -> Bool {
        guard var configuration = try? plane.configuration() else { return false }
        configuration.credentials = FixedCredentials(credentials)
        guard let client = try? KubernetesClient(configuration: configuration) else { return false }
        return await eventually {
            do {
                _ = try await client.get(.namespaces, name: "default")
                return false
            } catch {
                return (error as? APIError)?.status?.code == 401
            }
        }
    }
}

/// Credentials that count how often a server refused them.
private struct CountedCredentials: CredentialSource {
    private let source: any CredentialSource
    private let refusals: Locked<Int>

    init(_ source: any CredentialSource, refusals: Locked<Int>) {
        self.source = source
        self.refusals = refusals
    }

    func credentials() async throws(ConfigurationError) -> Credentials { try await source.credentials() }

    func refused(_ credentials: Credentials) async {
        refusals.withLock { $0 += 1 }
        await source.refused(credentials)
    }
}
