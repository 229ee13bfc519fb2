import Hub
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import ServerTLS
import Testing

@testable import KubernetesClient

/// The API server asks a hub about pods, over TLS, and trusts it by what the hub itself has written.
@Suite("Workers beside pods, by a real API server", .realCluster)
struct InjectionTests {
    /// As the manifests call it.
    private static let name = "remora-inject"
    private static let resource = APIResource(
        group: "admissionregistration.k8s.io", plural: "mutatingwebhookconfigurations",
        kind: "MutatingWebhookConfiguration", isNamespaced: false)

    @Test("pods that ask get a worker, others do not; without a hub they are made all the same")
    func injection() async throws {
        let plane = try await ControlPlane.shared()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        let (admin, namespace) = (stage.admin, stage.namespace)
        try await admin.create(
            .secrets,
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "remora-hub-authority"],
                "type": "remora.dev/authority",
            ], namespace: namespace)
        var configuration = HubConfiguration(namespace: namespace, identity: "hub-a")
        configuration.listen = ("127.0.0.1", 0)
        configuration.watchedNamespace = namespace
        configuration.certificate = .selfMade(names: ["localhost", "127.0.0.1"])
        configuration.injectedImage = "remora:test"
        let hub = HubInTest(configuration, stage.client)
        #expect(await eventually { hub.hub.port != nil })
        let port = try #require(hub.hub.port)
        try await admin.create(Self.resource, Self.webhook(port: port))
        #expect(
            await eventually {
                let object = try? await admin.get(Self.resource, name: Self.name)
                return object?["webhooks"]?[0]?["clientConfig"]?["caBundle"]?.string?.isEmpty == false
            })

        // A server takes a moment to notice that a webhook's configuration has changed.
        var number = 0
        let isInjected = await eventually {
            number += 1
            let pod = try? await make("asks-\(number)", label: "true", admin, namespace)
            return pod?["spec"]?["containers"]?.array?.compactMap { $0["name"]?.string } == ["app", "remora"]
        }
        #expect(isInjected)
        let pod = try await make("asks-last", label: "true", admin, namespace)
        #expect(pod["spec"]?["containers"]?[1]?["image"] == "remora:test")
        #expect(pod["metadata"]?["annotations"]?["remora.dev/hub-ca"]?.string?.contains("CERTIFICATE") == true)
        #expect(pod["spec"]?["volumes"]?.array?.count == 2)
        let other = try await make("does-not-ask", label: nil, admin, namespace)
        #expect(other["spec"]?["containers"]?.array?.count == 1)

        await hub.stop()
        let without = try await make("alone", label: "true", admin, namespace)
        #expect(without["spec"]?["containers"]?.array?.count == 1)
        try await admin.delete(Self.resource, name: Self.name)
    }

    private func make(
        _ name: String, label: String?, _ client: KubernetesClient, _ namespace: String
    ) async throws -> JSONValue {
        var pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
            "spec": [
                "serviceAccountName": "default", "automountServiceAccountToken": false,
                "containers": [["name": "app", "image": "app:1"]],
            ],
        ]
        if let label { pod["metadata"]?["labels"] = ["remora.dev/inject": .string(label)] }
        return try await client.create(.pods, pod, namespace: namespace)
    }

    /// As in `manifests/overlays/inject`, but by URL: here is no network of services.
    private static func webhook(port: Int) -> JSONValue {
        [
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": ["name": .string(name)],
            "webhooks": [
                [
                    "name": "pods.inject.remora.dev", "admissionReviewVersions": ["v1"],
                    "clientConfig": ["url": .string("https://127.0.0.1:\(port)/inject")],
                    "rules": [
                        [
                            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                            "resources": ["pods"], "scope": "Namespaced",
                        ]
                    ],
                    "objectSelector": ["matchLabels": ["remora.dev/inject": "true"]],
                    "failurePolicy": "Ignore", "sideEffects": "None", "timeoutSeconds": 3,
                ]
            ],
        ]
    }
}
