import CurlTransport
import JSON
import Testing
import YAML

@testable import KubernetesConfiguration

@Suite("The same configuration as kubectl's", .enabled(if: Kubectl.path != nil, "kubectl is not installed"))
struct KubectlComparisonTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try folder.write("a/ca.crt", Samples.certificate("a"))
        try folder.write("b/ca.crt", Samples.certificate("b"))
        try folder.write("b/me.crt", Samples.certificate("me"))
        try folder.write("b/me.key", Samples.privateKey("mine"))
        try folder.write(
            "a/config",
            """
            apiVersion: v1
            kind: Config
            clusters:
            - {name: first, cluster: {server: "https://a:6443", certificate-authority: ca.crt}}
            - {name: inline, cluster: &inline {server: "https://inline/prefix", tls-server-name: inner,
               proxy-url: "http://proxy:3128", certificate-authority-data: \(Samples.base64(Samples.certificate("i")))}}
            - {name: open, cluster: {<<: *inline, insecure-skip-tls-verify: yes, certificate-authority-data: ""}}
            contexts:
            - {name: shared, context: {cluster: first, user: token}}
            - {name: inline, context: {cluster: inline, user: certificate, namespace: team}}
            users:
            - {name: token, user: {token: from-a}}
            """)
        try folder.write(
            "b/config",
            """
            apiVersion: v1
            kind: Config
            current-context: shared
            clusters:
            - {name: first, cluster: {server: "https://b:6443", tls-server-name: not-mixed-in}}
            - {name: second, cluster: {server: "https://b:6443", certificate-authority: ./ca.crt}}
            contexts:
            - {name: shared, context: {cluster: second, user: basic, namespace: not-this}}
            - {name: open, context: {cluster: open, user: basic}}
            - {name: second, context: {cluster: second, user: impersonating, namespace: "017"}}
            users:
            - {name: token, user: {token: from-b}}
            - {name: basic, user: {username: me, password: "0x10"}}
            - {name: certificate, user: {client-certificate: me.crt, client-key: ../b/me.key}}
            - name: impersonating
              user: {token: t, as: jane, as-uid: "1", as-groups: [dev, ops], as-user-extra: {scopes: [a, b]}}
            """)
    }

    @Test(
        "of merged files, every context means the same",
        arguments: [nil, "shared", "inline", "open", "second"], ["a/config:b/config", "b/config:none:a/config"])
    func contexts(context: String?, list: String) async throws {
        let files = list.split(separator: ":").map { "\(folder.path)/\($0)" }.joined(separator: ":")
        var options = ConfigurationOptions()
        options.context = context
        let host = folder.host(["KUBECONFIG": files])
        let kubectl = try await Kubectl.view(context: context, host)
        let configuration = try ClusterConfiguration.load(options, host: host)
        let credentials = try await configuration.credentials.credentials()

        let cluster = try #require(kubectl["clusters"]?[0]?["cluster"])
        #expect(configuration.server.description == cluster["server"]?.string)
        let proxy = cluster["proxy-url"]?.string
        #expect(configuration.proxy == proxy.map(ProxySettings.url) ?? .environment)
        let user = try #require(kubectl["users"]?[0]?["user"])
        let pair = certificate(user)
        #expect(
            try configuration.tlsSettings(for: credentials)
                == TLSSettings(
                    trust: trust(cluster), clientCertificate: pair, serverName: cluster["tls-server-name"]?.string))

        #expect(credentials == Credentials(authorization: authorization(user), clientCertificate: pair))
        #expect(configuration.impersonation == impersonation(user))
        let namespace = kubectl["contexts"]?[0]?["context"]?["namespace"]?.string
        #expect(configuration.namespace == namespace ?? "default")
    }

    private func trust(_ cluster: JSONValue) -> TLSSettings.Trust {
        if cluster["insecure-skip-tls-verify"]?.boolean == true { return .anything }
        return bytes(cluster, "certificate-authority").map(TLSSettings.Trust.authorities) ?? .system
    }

    private func certificate(_ user: JSONValue) -> TLSSettings.ClientCertificate? {
        guard let certificate = bytes(user, "client-certificate"), let key = bytes(user, "client-key") else {
            return nil
        }
        return TLSSettings.ClientCertificate(certificate: certificate, privateKey: key)
    }

    /// Files are read by kubectl, too (`--flatten`).
    private func bytes(_ entry: JSONValue, _ key: String) -> [UInt8]? {
        entry["\(key)-data"]?.string.flatMap(Base64.decode)
    }

    private func authorization(_ user: JSONValue) -> Credentials.Authorization {
        if let token = user["token"]?.string { return .bearer(token: token) }
        guard let name = user["username"]?.string else { return .none }
        return .basic(user: name, password: user["password"]?.string ?? "")
    }

    private func impersonation(_ user: JSONValue) -> Impersonation? {
        user["as"]?.string.map { name in
            Impersonation(
                user: name, uid: user["as-uid"]?.string, groups: user["as-groups"]?.array?.compactMap(\.string) ?? [],
                extra: ["scopes": user["as-user-extra"]?["scopes"]?.array?.compactMap(\.string) ?? []])
        }
    }
}

/// The real kubectl, if it is on this machine.
private enum Kubectl {
    static let path: String? = {
        let cached = HostEnvironment.current.homeFolder.map { "\($0)/.cache/remora-k8s/1.20.2/kubectl" }
        return ["/usr/bin/kubectl", "/usr/local/bin/kubectl", cached].compactMap { $0 }
            .first(where: ExecutableSearch.isExecutable)
    }()

    /// What it makes of the configuration that `host` leads to.
    static func view(context: String?, _ host: HostEnvironment) async throws -> JSONValue {
        let process = PluginProcess(
            executable: try #require(path),
            arguments: ["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]
                + (context.map { ["--context", $0] } ?? []),
            environment: host.variables, isInteractive: false, timeLimit: .seconds(120))
        let ending = await process.run()
        return try JSONValue(parsing: ending.outcome.get())
    }
}
