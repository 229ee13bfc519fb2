import CurlTransport
import YAML

/// Material that passes for certificates and keys as far as this module looks, and ready-made kubeconfigs.
enum Samples {
    /// PEM text whose body is base64 of something that begins like ASN.1 and holds `content`.
    static func pem(_ label: String, _ content: String) -> String {
        let der = [0x30, 0x82] + Array(content.utf8)
        return "-----BEGIN \(label)-----\n\(Base64.encode(der))\n-----END \(label)-----\n"
    }

    static func certificate(_ content: String) -> String { pem("CERTIFICATE", content) }
    static func privateKey(_ content: String) -> String { pem("PRIVATE KEY", content) }
    static func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func pair(_ certificate: String, _ key: String) -> TLSSettings.ClientCertificate {
        TLSSettings.ClientCertificate(
            certificate: Array(Self.certificate(certificate).utf8), privateKey: Array(privateKey(key).utf8))
    }

    static func trust(_ content: String) -> TLSSettings.Trust { .authorities(Array(certificate(content).utf8)) }

    /// A kubeconfig with one context, whose cluster and user have these fields in flow style.
    static func kubeconfig(cluster: String = "server: \"https://host:6443\"", user: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: dev
        contexts:
        - name: dev
          context: {cluster: main, user: me, namespace: team}
        clusters:
        - name: main
          cluster: {\(cluster)}
        users:
        - name: me
          user: {\(user)}

        """
    }
}
