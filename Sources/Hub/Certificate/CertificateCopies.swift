internal import JSON
internal import KubernetesClient
internal import Threading

/// Copies what the hub is trusted by into config maps of other namespaces, where workers beside applications mount it.
///
/// The config map `remora-hub-ca` has to be there, and the hub has to be allowed to patch it: whoever wants workers in a
/// namespace applies both.
struct CertificateCopies: Sendable {
    static let configMap = "remora-hub-ca"

    let client: KubernetesClient
    let namespaces: [String]
    let log: HubLog
    private let written = Locked<[String: String]>([:])

    init(client: KubernetesClient, namespaces: [String], log: HubLog) {
        self.client = client
        self.namespaces = namespaces
        self.log = log
    }

    /// Writes it where it is not yet; what fails is tried again the next time.
    func write(_ certificate: String) async {
        for namespace in namespaces where written.withLock({ $0[namespace] }) != certificate {
            let object: JSONValue = [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": .string(Self.configMap), "namespace": .string(namespace)],
                "data": ["ca.crt": .string(certificate)],
            ]
            do {
                try await client.patch(
                    .configMaps, .apply(object, fieldManager: "remora-hub", force: true), namespace: namespace,
                    name: Self.configMap)
                written.withLock { $0[namespace] = certificate }
            } catch {
                log.warning("Certificate could not be copied", [("namespace", namespace), ("err", "\(error)")])
            }
        }
    }
}
