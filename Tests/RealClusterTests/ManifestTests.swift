import FoundationEssentials
import InformerOracle
import JSON
import RealCluster
import Testing

@testable import KubernetesClient

/// `manifests/base/hub.yaml`, as `kubectl apply` takes it.
@Suite("The manifests, against a real API server", .realCluster, .serialized)
struct ManifestTests {
    private static let file =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/manifests/base/hub.yaml"

    @Test("8.2#10: applying the manifests again erases no script and no status")
    func appliedAgain() async throws {
        let plane = try await ControlPlane.shared()
        let client = try KubernetesClient(configuration: plane.configuration())
        let first = try await plane.kubectl("apply", "--filename", Self.file)
        #expect(first.contains("deployment.apps/remora-hub created"), "\(first)")
        let scripts = #"{"0":{"title":"mine","code":"var a;","active":true}}"#
        for (name, key, value) in [
            ("kubeshark-config-map", "SCRIPTING_SCRIPTS", scripts),
            ("kubeshark-config-map-status", "summary", "1 running"),
        ] {
            try await client.patch(
                .configMaps, .merge(["data": [key: .string(value)]]), namespace: "remora", name: name)
        }
        let again = try await plane.kubectl("apply", "--filename", Self.file)
        #expect(!again.contains("created") && !again.contains("error"), "\(again)")
        let map = try await client.get(ConfigMap.self, namespace: "remora", name: "kubeshark-config-map")
        #expect(map.data["SCRIPTING_SCRIPTS"] == scripts)
        let status = try await client.get(ConfigMap.self, namespace: "remora", name: "kubeshark-config-map-status")
        #expect(status.data["summary"] == "1 running")
    }

    @Test("the account of the manifests lacks nothing that doctor asks for, and may do nothing else with secrets")
    func permissions() async throws {
        let plane = try await ControlPlane.shared()
        _ = try await plane.kubectl("apply", "--filename", Self.file)
        let account = "system:serviceaccount:remora:remora-hub"
        func may(_ arguments: String...) async -> Bool {
            let words = ["auth", "can-i", "--as", account, "--namespace", "remora"] + arguments
            return (try? await plane.kubectl(words)) != nil
        }
        #expect(await eventually { await may("list", "pods", "--all-namespaces") })
        #expect(await may("watch", "secrets/kubeshark-secret"))
        for words in [
            ["get", "secrets/other"], ["list", "secrets"], ["create", "pods"], ["create", "pods/exec"],
            ["delete", "configmaps/kubeshark-config-map"], ["update", "configmaps/kubeshark-config-map"],
        ] {
            let isAllowed =
                (try? await plane.kubectl(["auth", "can-i", "--as", account, "-n", "remora"] + words)) != nil
            #expect(!isAllowed, "\(words)")
        }
    }
}
