internal import FoundationEssentials
internal import JSON
internal import KubernetesClient
internal import ServerTLS

/// The authority that signs the certificates of all hubs of an installation, so that who trusts it trusts whichever leads.
///
/// It stands in a secret that the manifests make without data: the first hub fills it, the others take
/// what is there. Whoever empties it has a new authority made at the next start of a hub.
struct HubAuthority: Sendable {
    /// Ten years: it is replaced by hand, since pods that were made before know it.
    static let validity: Duration = .seconds(3_650 * 86_400)

    let client: KubernetesClient
    let namespace: String
    let secret: String

    /// Reads the authority, and makes it if the secret is empty.
    ///
    /// - Throws: `APIError` if the secret is not there or may not be read or written; ``ServerTLSError``.
    func take() async throws -> ServerCertificate {
        while true {
            var object = try await client.get(.secrets, namespace: namespace, name: secret)
            if let chain = Self.text(object["data"]?["tls.crt"]), let key = Self.text(object["data"]?["tls.key"]) {
                return ServerCertificate(chain: chain, privateKey: key)
            }
            let made = try ServerCertificate.authority(name: "remora-hub.\(namespace)", validity: Self.validity)
            object["data"] = ["tls.crt": Self.base64(made.chain), "tls.key": Self.base64(made.privateKey)]
            do {
                // Of the version that was read: of two hubs that start at once one is first.
                try await client.update(.secrets, object, namespace: namespace, name: secret)
                return made
            } catch let error as APIError where error.status?.code == 409 {
                continue
            }
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard let bytes = value?.string.flatMap({ Data(base64Encoded: $0) }), !bytes.isEmpty else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func base64(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }
}
