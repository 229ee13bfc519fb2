internal import JSON
internal import KubernetesClient

/// Cuts pods off from the network, for `hub.blockPod`.
///
/// A NetworkPolicy chooses pods by label alone, and a pod's labels are those of its siblings. So the pod is labelled, and one
/// policy per namespace denies everything to what has the label. Removing the label lets the pod back in:
/// `kubectl label pod NAME remora.dev/blocked-`. It needs a network plugin that enforces policies.
struct PodIsolation: Sendable {
    static let label = "remora.dev/blocked"
    static let policyName = "remora-blocked"

    let client: KubernetesClient

    /// Once it returns, both objects are in the API server.
    func block(_ name: String, in namespace: String) async throws {
        try await client.patch(
            .networkPolicies, .apply(policy(namespace), fieldManager: "remora-hub", force: true),
            namespace: namespace, name: Self.policyName)
        try await client.patch(
            .pods, .merge(["metadata": ["labels": [Self.label: "true"]]]), namespace: namespace, name: name)
    }

    private func policy(_ namespace: String) -> JSONValue {
        [
            "apiVersion": .string(APIResource.networkPolicies.apiVersion), "kind": "NetworkPolicy",
            "metadata": [
                "name": .string(Self.policyName), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/managed-by": "remora"],
            ],
            "spec": [
                "podSelector": ["matchLabels": [Self.label: "true"]], "policyTypes": ["Ingress", "Egress"],
            ],
        ]
    }
}
