internal import FoundationEssentials
internal import JSON
internal import KubernetesClient

/// Tells the API server by which authority it knows the webhook: `caBundle` of the MutatingWebhookConfiguration that the
/// manifests make without one. The hub may patch that one object, and make none.
struct WebhookAuthority: Sendable {
    static let configuration = "remora-inject"

    let client: KubernetesClient

    /// Writes it; the object has one webhook.
    func write(_ certificate: String) async throws {
        let bundle = Data(certificate.utf8).base64EncodedString()
        try await client.patch(
            .mutatingWebhookConfigurations,
            .json([["op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": .string(bundle)]]),
            name: Self.configuration)
    }

    /// Whether the cluster has containers that are sidecars by themselves: on by default from 1.29 on.
    func hasNativeSidecars() async throws -> Bool {
        let body = try await client.send(target: "/version").body.collect(limit: 1 << 16)
        let version = try JSONValue(parsing: body)
        // Vendors write 29+.
        let number = { (name: String) in Int(version[name]?.string?.prefix(while: \.isNumber) ?? "") ?? 0 }
        return (number("major"), number("minor")) >= (1, 29)
    }
}

extension APIResource {
    /// admissionregistration.k8s.io/v1 MutatingWebhookConfiguration.
    static let mutatingWebhookConfigurations = APIResource(
        group: "admissionregistration.k8s.io", plural: "mutatingwebhookconfigurations",
        kind: "MutatingWebhookConfiguration", isNamespaced: false)
}
