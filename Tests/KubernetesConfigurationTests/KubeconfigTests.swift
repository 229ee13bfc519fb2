import CurlTransport
import KubernetesConfiguration
import Testing

@Suite("What a kubeconfig says")
struct KubeconfigTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("a whole entry is understood")
    func wholeEntry() async throws {
        let configuration = try folder.load(
            Samples.kubeconfig(
                cluster: """
                    server: "https://rancher.example/k8s/clusters/c-1", tls-server-name: inner.example,
                    certificate-authority-data: \(Samples.base64(Samples.certificate("ca"))),
                    proxy-url: "socks5://127.0.0.1:1080", disable-compression: true
                    """,
                user: """
                    client-certificate-data: \(Samples.base64(Samples.certificate("me"))),
                    client-key-data: \(Samples.base64(Samples.privateKey("mine"))), token: abc,
                    as: jane, as-uid: "42", as-groups: [dev, ops], as-user-extra: {scopes: [view]}
                    """))
        #expect(configuration.server.description == "https://rancher.example/k8s/clusters/c-1")
        #expect(configuration.namespace == "team")
        #expect(configuration.proxy == .url("socks5://127.0.0.1:1080"))
        #expect(configuration.origin == "context \"dev\" of \(folder.path)/home/.kube/config")
        #expect(
            configuration.impersonation
                == Impersonation(user: "jane", uid: "42", groups: ["dev", "ops"], extra: ["scopes": ["view"]]))
        let credentials = try await configuration.credentials.credentials()
        #expect(
            credentials
                == Credentials(authorization: .bearer(token: "abc"), clientCertificate: Samples.pair("me", "mine")))
        #expect(
            try configuration.tlsSettings(for: credentials)
                == TLSSettings(
                    trust: Samples.trust("ca"), clientCertificate: Samples.pair("me", "mine"),
                    serverName: "inner.example"))
    }

    @Test("what is not written has kubectl's defaults")
    func defaults() async throws {
        let configuration = try folder.load(
            """
            current-context: c
            contexts: [{name: c, context: {cluster: k}}]
            clusters: [{name: k, cluster: {server: "https://host"}}]
            """)
        #expect(configuration.namespace == "default")
        #expect(configuration.proxy == .environment)
        #expect(configuration.impersonation == nil)
        #expect(try configuration.tlsSettings() == TLSSettings(trust: .system))
        #expect(try await configuration.credentials.credentials() == Credentials())
    }

    @Test("a user name and a password are basic authorization")
    func basic() async throws {
        let configuration = try folder.load(Samples.kubeconfig(user: "username: me, password: pass"))
        #expect(
            try await configuration.credentials.credentials()
                == Credentials(authorization: .basic(user: "me", password: "pass")))
    }

    // MARK: Verification of the server

    @Test(
        "a server's certificate is checked unless true is written in the cluster entry that is used",
        arguments: [
            ("", TLSSettings.Trust.system),
            (", insecure-skip-tls-verify: false", .system),
            (", insecure-skip-tls-verify: null", .system),
            (", insecure-skip-tls-verify: ~", .system),
            (", insecure-skip-tls-verify: true", .anything),
        ])
    func insecure(field: String, expected: TLSSettings.Trust) throws {
        let text = Samples.kubeconfig(cluster: "server: \"https://host\"\(field)")
        #expect(try folder.load(text).tlsSettings().trust == expected)
    }

    @Test("another cluster's insecure-skip-tls-verify is of no consequence")
    func insecureElsewhere() throws {
        let text =
            Samples.kubeconfig()
            .replacing("clusters:\n", with: "clusters:\n- {name: lab, cluster: {insecure-skip-tls-verify: true}}\n")
            + "insecure-skip-tls-verify: true\npreferences: {insecure-skip-tls-verify: true}\n"
        #expect(try folder.load(text).tlsSettings().trust == .system)
    }

    @Test(
        "a certificate authority and insecure-skip-tls-verify contradict each other",
        arguments: [
            "certificate-authority: ca.crt", "certificate-authority-data: \(Samples.base64(Samples.certificate("ca")))",
        ])
    func insecureWithAuthority(field: String) throws {
        let text = Samples.kubeconfig(cluster: "server: \"https://host\", insecure-skip-tls-verify: true, \(field)")
        let place = ConfigurationPlace(
            file: "\(folder.path)/home/.kube/config", entry: "cluster \"main\"", key: "insecure-skip-tls-verify")
        #expect(
            throws: ConfigurationError.invalid(
                place, problem: "is true although a certificate authority is given; remove one of the two")
        ) { try folder.load(text) }
    }

    @Test("--insecure-skip-tls-verify sets the entry's authority aside, --certificate-authority replaces it")
    func trustOptions() throws {
        let text = Samples.kubeconfig(
            cluster: "server: \"https://h\", certificate-authority-data: \(Samples.base64(Samples.certificate("ca")))")
        try folder.write("other.crt", Samples.certificate("other"))
        #expect(try folder.load(text) { $0.insecureSkipTLSVerify = true }.tlsSettings().trust == .anything)
        #expect(
            try folder.load(text) { $0.certificateAuthority = "other.crt" }.tlsSettings().trust
                == Samples.trust("other"))
        #expect(throws: ConfigurationError.self) {
            try folder.load(text) {
                $0.certificateAuthority = "other.crt"
                $0.insecureSkipTLSVerify = true
            }
        }
    }

    // MARK: Files and data

    @Test("relative paths start from the folder of the file that they stand in")
    func relativePaths() async throws {
        try folder.write("home/.kube/pki/ca.crt", Samples.certificate("ca"))
        try folder.write("home/me.crt", Samples.certificate("me"))
        let key = try folder.write("elsewhere/me.key", Samples.privateKey("mine"))
        try folder.write("home/.kube/token", "\n abc \n")
        let configuration = try folder.load(
            Samples.kubeconfig(
                cluster: "server: \"https://h\", certificate-authority: pki/ca.crt",
                user: "client-certificate: ../me.crt, client-key: \(key), tokenFile: ./token"))
        let credentials = try await configuration.credentials.credentials()
        #expect(
            credentials
                == Credentials(authorization: .bearer(token: "abc"), clientCertificate: Samples.pair("me", "mine")))
        #expect(try configuration.tlsSettings().trust == Samples.trust("ca"))
    }

    @Test("data wins over files, which then need not exist")
    func dataWins() async throws {
        let configuration = try folder.load(
            Samples.kubeconfig(
                cluster: """
                    server: "https://h", certificate-authority: none.crt,
                    certificate-authority-data: \(Samples.base64(Samples.certificate("ca")))
                    """,
                user: """
                    client-certificate: none.crt, client-certificate-data: \(Samples.base64(Samples.certificate("me"))),
                    client-key: none.key, client-key-data: \(Samples.base64(Samples.privateKey("mine")))
                    """))
        #expect(try configuration.tlsSettings().trust == Samples.trust("ca"))
        #expect(
            try await configuration.credentials.credentials()
                == Credentials(clientCertificate: Samples.pair("me", "mine")))
    }

    @Test("a certificate as data goes with a key in a file")
    func mixedPair() async throws {
        try folder.write("home/.kube/me.key", Samples.privateKey("mine"))
        let configuration = try folder.load(
            Samples.kubeconfig(
                user: "client-certificate-data: \(Samples.base64(Samples.certificate("me"))), client-key: me.key"))
        #expect(
            try await configuration.credentials.credentials()
                == Credentials(clientCertificate: Samples.pair("me", "mine")))
    }

    @Test("a token file wins over the token beside it, which bridges its absence")
    func tokenAndFile() async throws {
        let text = Samples.kubeconfig(user: "token: old, tokenFile: token")
        let without = try folder.load(text)
        #expect(try await without.credentials.credentials().authorization == .bearer(token: "old"))
        try folder.write("home/.kube/token", "new")
        let with = try folder.load(text)
        #expect(try await with.credentials.credentials().authorization == .bearer(token: "new"))
    }

    // MARK: Options

    @Test("options choose other entries and replace single fields")
    func options() async throws {
        let text =
            Samples.kubeconfig(
                cluster: "server: \"https://host\", tls-server-name: inner",
                user: "token: mine, as: jane")
                + """
                - {name: other, user: {token: theirs}}
                """
        let configuration = try folder.load(text) {
            $0.user = "other"
            $0.namespace = "elsewhere"
        }
        #expect(configuration.namespace == "elsewhere")
        #expect(configuration.impersonation == nil)
        #expect(try configuration.tlsSettings().serverName == "inner")
        #expect(try await configuration.credentials.credentials().authorization == .bearer(token: "theirs"))

        let overridden = try folder.load(text) {
            $0.server = "https://tunnel:8443"
            $0.token = "given"
            $0.impersonation = Impersonation(user: "joe")
        }
        #expect(overridden.server.description == "https://tunnel:8443")
        // The name belonged to the entry's server.
        #expect(try overridden.tlsSettings().serverName == nil)
        #expect(overridden.impersonation == Impersonation(user: "joe"))
        #expect(try await overridden.credentials.credentials().authorization == .bearer(token: "given"))
        #expect(try folder.load(text) { $0.tlsServerName = "outer" }.tlsSettings().serverName == "outer")
    }

    @Test("a context is not needed where a cluster is named, or a server given")
    func withoutContext() throws {
        let text = Samples.kubeconfig().replacing("current-context: dev", with: "")
        #expect(
            try folder.load(text) { $0.cluster = "main" }.origin
                == "cluster \"main\" of \(folder.path)/home/.kube/config")
        #expect(try folder.load(text) { $0.server = "http://h" }.origin == "the server given by --server")
        #expect(
            throws: ConfigurationError.noContext(files: ["\(folder.path)/home/.kube/config"], known: ["dev"])
        ) { try folder.load(text) }
    }

    @Test("broken entries trouble only those who choose them")
    func brokenElsewhere() throws {
        let text = Samples.kubeconfig().replacing(
            "users:\n", with: "users:\n- {name: broken, user: {token: [1], client-key-data: '%'}}\n")
        #expect(try folder.load(text).server.host == "host")
        #expect(throws: ConfigurationError.self) { try folder.load(text) { $0.user = "broken" } }
    }

    @Test("a kubeconfig may be JSON, and may hold fields that are not known")
    func json() throws {
        let configuration = try folder.load(
            """
            {"kind": "Config", "preferences": {"colors": true}, "extensions": [{"name": "x", "extension": {"a": 1}}],
             "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "future": {}}}],
             "clusters": [{"name": "k", "cluster": {"server": "https://host", "future": [1]}}], "future": true}
            """)
        #expect(configuration.server.host == "host")
    }
}
