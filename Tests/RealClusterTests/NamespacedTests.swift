import Glibc
import InformerOracle
import JSON
import RealCluster
import RecordingServer
import RemoraProgram
import Subprocess
import Testing

@testable import KubernetesClient

/// `manifests/overlays/namespaced`, as kustomize makes it for a namespace: the hub of its Deployment, with the rights of its
/// account and no others.
@Suite(
    "A hub with rights in one namespace, against a real API server", .realCluster,
    .enabled(if: ServerProcess.isWanted("kubectl")))
struct NamespacedTests {
    @Test("it is ready, tells of pods, takes an edit, leads, writes its status, and misses no right that it is to have")
    func hub() async throws {
        let plane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            // Scripts that are there already are left as they are.
            let stage = try await HubOnServer(plane, configuration: plane.configuration())
            let (admin, namespace) = (stage.admin, stage.namespace)
            let overlay = try await Self.customized(for: namespace, in: folder)
            _ = try await plane.kubectl("apply", "--filename", "-", input: overlay)
            let token = try folder.write(
                try await plane.token(namespace: namespace, serviceAccount: "remora-hub"), to: "token")
            for name in ["user", "worker"] { try folder.write("\(name)-token", to: name) }
            let hub = HubProcess(
                try await Self.arguments(plane, namespace, folder) + [
                    "--identity", "hub-a", "--kubeconfig",
                    try folder.write(stage.kubeconfig(plane, tokenFile: token), to: "kubeconfig"),
                ])

            // Its certificate stands where it has written its status: so it has done that.
            let hasWritten = await eventually {
                (try? await written(admin, namespace))?.data["summary"] == "1 running"
            }
            #expect(hasWritten, "\(hub.log)")
            let certificate = try folder.write(
                try await written(admin, namespace).data["tls.crt"] ?? "", to: "tls.crt")
            let url = try #require(hub.url)
            func ask(_ token: String) async throws -> RemoraProgram.Result {
                try await RemoraProgram.run([
                    "status", "--hub", url, "--hub-certificate", certificate, "--hub-token-file",
                    "\(folder.path)/\(token)", "--output", "json",
                ])
            }
            try await stage.createPods(2)
            var status: JSONValue?
            let isReady = await eventually {
                status = try? JSONValue(parsing: try await ask("user").output)
                return status?["ready"] == true && status?["pods"] == 2
            }
            #expect(isReady, "\(String(describing: status)) \(hub.log)")
            #expect(status?["leader"] == true && status?["problems"] == [] && status?["notes"] == [])
            #expect(try await ask("worker").status == .exited(1))
            let lease = try await admin.lease(ObjectKey(namespace: namespace, name: "remora-hub"))
            #expect(lease?.holder == "hub-a")

            // Pods of other namespaces are none of its business.
            let other = try await HubOnServer(plane, configuration: plane.configuration())
            try await other.createPods(1)
            try await other.crash(0, 7)
            try await stage.crash(1, 1)
            #expect(await eventually { HubOnServer.news(hub.output) == ["run-1-1"] }, "\(hub.output)")

            try await stage.edit("console.log('edited');")
            #expect(await eventually { hub.output.contains("[hub-0] edited") }, "\(hub.log)")
            #expect(
                await eventually {
                    let events = try? await admin.list(ClusterEvent.self, Selection(namespace: namespace)).objects
                    return events?.contains { $0.reason == "ScriptLoaded" } == true
                }, "\(hub.log)")
            #expect(HubOnServer.news(hub.output) == ["run-1-1"])

            // Nodes are beyond a namespace: it says so once, and goes on.
            #expect(hub.messages("info").count(where: { $0 == "Nodes are not seen" }) == 1, "\(hub.log)")
            #expect(hub.messages("warning", "error") == [], "\(hub.log)")
            hub.send(SIGTERM)
            #expect(try await hub.ended() == .exited(0))
            #expect(hub.messages("warning", "error") == [], "\(hub.log)")
        }
    }

    @Test("doctor misses nothing for such a hub, and its account has no right beyond the namespace")
    func rights() async throws {
        let plane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            let namespace = try await KubernetesClient(configuration: plane.configuration()).createNamespace()
            let overlay = try await Self.customized(for: namespace, in: folder)
            _ = try await plane.kubectl("apply", "--filename", "-", input: overlay)
            func ask(_ more: String...) async throws -> RemoraProgram.Result {
                try await RemoraProgram.run(
                    [
                        "doctor", "--kubeconfig", plane.adminKubeconfig, "--namespace", namespace, "--service-account",
                        "remora-hub",
                    ] + more)
            }
            // The authorizer learns of roles by a watch of its own.
            #expect(try await eventually { try await ask("--namespaced").status == .exited(0) })
            let answer = try await ask("--namespaced")
            #expect(answer.output == "" && answer.errors.hasSuffix("Nothing is missing.\n"), "\(answer)")
            #expect(answer.errors.contains("note    may not get pods/log in namespace \(namespace)"), "\(answer)")
            // What grants it there grants it there alone.
            let logs = try await ask("--namespaced", "--pod-logs")
            #expect(logs.status == .exited(1))
            #expect(logs.output.contains("kind: Role\n") && !logs.output.contains("ClusterRole"), "\(logs.output)")
            let everywhere = try await ask()
            #expect(everywhere.status == .exited(1))
            for words in ["watch pods in all namespaces", "list nodes", "create tokenreviews"] {
                #expect(everywhere.errors.contains("missing \(words)"), "\(everywhere.errors)")
            }
            let account = "system:serviceaccount:\(namespace):remora-hub"
            for words in [
                ["list", "pods", "--all-namespaces"], ["list", "nodes"], ["list", "secrets"], ["create", "pods"],
                ["get", "pods", "--subresource=log"],
            ] {
                let isAllowed =
                    (try? await plane.kubectl(["auth", "can-i", "--as", account, "-n", namespace] + words)) != nil
                #expect(!isAllowed, "\(words)")
            }
        }
    }

    private func written(_ client: KubernetesClient, _ namespace: String) async throws -> ConfigMap {
        try await client.get(ConfigMap.self, namespace: namespace, name: "kubeshark-config-map-status")
    }

    /// What a kustomization of a user's own makes of the overlay.
    private static func customized(for namespace: String, in folder: ScratchFolder) async throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        // Kustomize takes relative paths alone.
        let up = String(repeating: "../", count: folder.path.split(separator: "/").count)
        try folder.write(
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: \(namespace)
            resources: [\(up)\(root)/manifests/overlays/namespaced]
            """, to: "kustomization.yaml")
        let program = try #require(ServerProcess.find("kubectl"))
        let result = try await Subprocess.run(
            .name("env"), arguments: [program, "kustomize", folder.path], output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput
    }

    /// Those of the Deployment, with the files of the test in place of the pod's.
    private static func arguments(
        _ plane: ControlPlane, _ namespace: String, _ folder: ScratchFolder
    ) async throws -> [String] {
        let deployment = try JSONValue(
            parsing: try await plane.kubectl(
                "-n", namespace, "get", "deployment", "remora-hub", "--output", "json"))
        let container = deployment["spec"]?["template"]?["spec"]?["containers"]?[0]
        var arguments = (container?["args"]?.array ?? []).compactMap(\.string)
        #expect(arguments.first == "hub")
        arguments.removeFirst()
        // Where the API listens, but for the address, is the manifest's business: it speaks TLS.
        #expect(arguments.contains("--listen=:8898"))
        return arguments.filter { !$0.hasPrefix("--listen=") }.map {
            $0.replacing("$(POD_NAMESPACE)", with: namespace).replacing("/tokens/", with: "\(folder.path)/")
                .replacing("/state", with: "\(folder.path)/state")
        } + ["--tls=on"]
    }
}
