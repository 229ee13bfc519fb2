import KubernetesConfiguration
import Testing

/// A golden table: what a person reads when a configuration is wrong.
@Suite("Errors that say what to do")
struct ErrorMessageTests {
    /// Stands wherever a secret could stand; no message may repeat it.
    static let marker = "S3CRET-MARKER"

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var kubeconfig: String?
        var files: [String: String] = [:]
        var variables: [String: String] = [:]
        var options: @Sendable (inout ConfigurationOptions) -> Void = { _ in }
        /// With `DIR` for the test's folder and `CONFIG` for the kubeconfig's path.
        let message: String

        var testDescription: String { name }
    }

    private static let secret = "token: \(marker)"
    private static let goodCertificate = Samples.base64(Samples.certificate(marker))
    private static let goodKey = Samples.base64(Samples.privateKey(marker))

    private static func user(_ name: String, _ fields: String, _ files: [String: String] = [:], _ message: String)
        -> Case
    {
        Case(
            name: name, kubeconfig: Samples.kubeconfig(user: fields), files: files,
            message: "CONFIG, user \"me\"" + message)
    }

    private static func cluster(
        _ name: String, _ fields: String, _ files: [String: String] = [:], _ message: String
    ) -> Case {
        Case(
            name: name, kubeconfig: Samples.kubeconfig(cluster: fields, user: secret), files: files,
            message: "CONFIG, cluster \"main\"" + message)
    }

    private static func exec(_ name: String, _ fields: String, _ message: String) -> Case {
        user(name, "exec: {\(fields)}", [:], ", exec" + message)
    }

    static let sources: [Case] = [
        Case(
            name: "nothing at all",
            message: """
                found no way to reach a Kubernetes cluster. Looked for:
                  - --kubeconfig: not given
                  - KUBECONFIG: not set
                  - DIR/home/.kube/config: no such file
                  - --server: not given
                  - a pod's service account: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set
                Name a kubeconfig with --kubeconfig or KUBECONFIG, give --server, or run in a pod with a service account.
                """),
        Case(
            name: "a kubeconfig that is missing", options: { $0.kubeconfig = "nope" },
            message: "cannot read DIR/nope: no such file"),
        Case(
            name: "a kubeconfig that is a folder", files: ["folder/file": ""], options: { $0.kubeconfig = "folder" },
            message: "cannot read DIR/folder: is a folder, not a file"),
        Case(
            name: "a list without any file", variables: ["KUBECONFIG": "DIR/a:DIR/b"],
            message: "cannot read DIR/a: no such file (named by KUBECONFIG)"),
        Case(
            name: "broken YAML", kubeconfig: "a: 1\nb: [\(marker)\n",
            message: "CONFIG, line 3, column 1: while parsing a flow sequence: did not find expected ',' or ']'"),
        Case(
            name: "a key that stands twice", kubeconfig: "users: []\nusers: []\n",
            message: "CONFIG, line 2, column 1: the key \"users\" stands twice in this mapping"),
        Case(
            name: "another object", kubeconfig: "kind: Secret\ndata: {a: \(marker)}\n",
            message: "CONFIG, kind: is \"Secret\", so this is no kubeconfig (kind: Config)"),
        Case(
            name: "no mapping", kubeconfig: marker, message: "CONFIG: should be a mapping, and is a string"),
        Case(
            name: "a token with a line break",
            options: {
                $0.server = "http://h"; $0.token = "\(marker)\r\nX-Evil: 1"
            },
            message: "--token: holds a space, a line break or a character outside ASCII, which no token has"),
        Case(
            name: "a server without a scheme", options: { $0.server = "10.0.0.1:6443" },
            message: "--server: has no scheme; write it as in https://10.0.0.1:6443"),
        Case(
            name: "a service address that is none",
            variables: ["KUBERNETES_SERVICE_HOST": "a/b", "KUBERNETES_SERVICE_PORT": "tcp://1"],
            message: "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: \"a/b\" and \"tcp://1\" make no address"),
    ]

    static let entries: [Case] = [
        Case(
            name: "no current context", kubeconfig: "contexts: [{name: a, context: {}}, {name: b, context: {}}]\n",
            message: """
                no context is chosen in CONFIG: give --context, or set one with `kubectl config use-context NAME`. \
                Known contexts: "a", "b".
                """),
        Case(
            name: "a misspelled context", kubeconfig: Samples.kubeconfig(user: secret), options: { $0.context = "Dve" },
            message: "--context: there is no context \"Dve\"; did you mean \"dev\"? Known contexts: \"dev\"."),
        Case(
            name: "an unlike context", kubeconfig: Samples.kubeconfig(user: secret),
            options: { $0.context = "production" },
            message: "--context: there is no context \"production\". Known contexts: \"dev\"."),
        Case(
            name: "a current context that does not exist", kubeconfig: "current-context: x\n",
            message: "CONFIG, current-context: there is no context \"x\". There are no contexts."),
        Case(
            name: "many contexts",
            kubeconfig: "contexts: [\((1...14).map { "{name: cluster-\($0)}" }.joined(separator: ", "))]\n",
            options: { $0.context = "cluster-111" },
            message: """
                --context: there is no context "cluster-111"; did you mean "cluster-11"? Known contexts: "cluster-1", \
                "cluster-2", "cluster-3", "cluster-4", "cluster-5", "cluster-6", "cluster-7", "cluster-8", "cluster-9", \
                "cluster-10", "cluster-11", "cluster-12" and 2 more.
                """),
        Case(
            name: "a cluster that does not exist",
            kubeconfig:
                "current-context: c\ncontexts: [{name: c, context: {cluster: kin}}]\nclusters: [{name: kind}]\n",
            message: """
                CONFIG, context "c", cluster: there is no cluster "kin"; did you mean "kind"? Known clusters: "kind".
                """),
        Case(
            name: "a context without a cluster",
            kubeconfig: "current-context: c\ncontexts: [{name: c, context: {user: u}}]\n",
            message: "CONFIG, context \"c\", cluster: is missing; it names a cluster entry"),
        Case(
            name: "a user that does not exist", kubeconfig: Samples.kubeconfig(user: secret),
            options: { $0.user = "you" },
            message: "--user: there is no user \"you\". Known users: \"me\"."),
        Case(
            name: "an entry that stands twice", kubeconfig: "users: [{name: a}, {name: b}, {name: a}]\n",
            message: "CONFIG, user \"a\": stands twice in this file"),
        Case(
            name: "an entry without a name", kubeconfig: "users: [{user: {token: \(marker)}}]\n",
            message: "CONFIG, users[0]: has no name"),
        Case(
            name: "entries that are no list", kubeconfig: "users: {a: \(marker)}\n",
            message: "CONFIG, users: should be a list, and is a mapping"),
    ]

    static let clusters: [Case] = [
        cluster("no server", "tls-server-name: x", [:], ", server: is missing; it is the address of the API server"),
        cluster(
            "a server with a password", "server: \"https://me:\(marker)@host\"", [:],
            ", server: holds a user name or password; put them into the user entry instead"),
        cluster(
            "a server that is a number", "server: 10", [:],
            ", server: should be a string, and is a number; put it in quotes"),
        cluster(
            "a quoted boolean", "server: \"https://h\", insecure-skip-tls-verify: \"true\"", [:],
            ", insecure-skip-tls-verify: should be true or false, and is a string"),
        cluster(
            "insecure with an authority",
            "server: \"https://h\", insecure-skip-tls-verify: true, certificate-authority: x", [:],
            ", insecure-skip-tls-verify: is true although a certificate authority is given; remove one of the two"),
        cluster(
            "bad base64", "server: \"https://h\", certificate-authority-data: \"\(marker)!\"", [:],
            ", certificate-authority-data: is not base64; make it with `base64 -w0 FILE`"),
        cluster(
            "data that is no certificate", "server: \"https://h\", certificate-authority-data: \(goodKey)", [:],
            ", certificate-authority-data: holds no certificate in PEM form (no line -----BEGIN CERTIFICATE-----)"),
        cluster(
            "a file that is no certificate", "server: \"https://h\", certificate-authority: ca.crt",
            ["home/.kube/ca.crt": marker],
            ", certificate-authority: DIR/home/.kube/ca.crt holds no certificate in PEM form"
                + " (no line -----BEGIN CERTIFICATE-----)"),
        cluster(
            "a damaged certificate", "server: \"https://h\", certificate-authority: ca.crt",
            ["home/.kube/ca.crt": "-----BEGIN CERTIFICATE-----\n\(marker)\n-----END CERTIFICATE-----\n"],
            ", certificate-authority: DIR/home/.kube/ca.crt holds a certificate whose base64 text is damaged"),
        cluster(
            "a certificate in DER form", "server: \"https://h\", certificate-authority: ca.crt",
            ["home/.kube/ca.crt": "0\u{1}\(marker)"],
            ", certificate-authority: DIR/home/.kube/ca.crt is a certificate in DER form;"
                + " convert it with `openssl x509 -inform der -outform pem`"),
        Case(
            name: "a missing authority",
            kubeconfig: Samples.kubeconfig(cluster: "server: \"https://h\", certificate-authority: ca.crt"),
            message: "cannot read DIR/home/.kube/ca.crt: no such file"
                + " (named by CONFIG, cluster \"main\", certificate-authority)"),
        Case(
            name: "an authority that is a folder",
            kubeconfig: Samples.kubeconfig(cluster: "server: \"https://h\", certificate-authority: /usr"),
            message: "cannot read /usr: is a folder, not a file"
                + " (named by CONFIG, cluster \"main\", certificate-authority)"),
        cluster(
            "a proxy of an unknown kind", "server: \"https://h\", proxy-url: \"ftp://me:\(marker)@proxy\"", [:],
            ", proxy-url: has the scheme \"ftp\"; a proxy speaks http, https or socks5"),
        cluster(
            "a proxy without a scheme", "server: \"https://h\", proxy-url: \"proxy:3128\"", [:],
            ", proxy-url: has no scheme; write it as in http://proxy.example:3128"),
    ]

    static let users: [Case] = [
        user(
            "a token that is a number", "token: 0123", [:],
            ", token: should be a string, and is a number; put it in quotes"),
        user(
            "a token with a space", "token: \"\(marker) x\"", [:],
            ", token: holds a space, a line break or a character outside ASCII, which no token has"),
        user(
            "a token and a password", "token: \(marker), username: me, password: \(marker)", [:],
            ": has more than one way to authenticate (token, username); keep one"),
        user(
            "an empty token file", "tokenFile: t", ["home/.kube/t": " \n"],
            ", tokenFile: DIR/home/.kube/t is empty; it should hold a token"),
        Case(
            name: "a missing token file", kubeconfig: Samples.kubeconfig(user: "tokenFile: t"),
            message: "cannot read DIR/home/.kube/t: no such file (named by CONFIG, user \"me\", tokenFile)"),
        user(
            "a certificate without a key", "client-certificate-data: \(goodCertificate)", [:],
            ": has a client-certificate without a client-key"),
        user(
            "a key without a certificate", "client-key-data: \(goodKey)", [:],
            ": has a client-key without a client-certificate"),
        user(
            "bad base64 in a key", "client-certificate-data: \(goodCertificate), client-key-data: \(marker)", [:],
            ", client-key-data: is not base64; make it with `base64 -w0 FILE`"),
        user(
            "a certificate in the key's place",
            "client-certificate-data: \(goodCertificate), client-key-data: \(goodCertificate)", [:],
            ", client-key-data: holds no private key in PEM form (no line -----BEGIN PRIVATE KEY-----)"),
        user(
            "a key with a passphrase", "client-certificate-data: \(goodCertificate), client-key: k",
            ["home/.kube/k": Samples.pem("ENCRYPTED PRIVATE KEY", marker)],
            ", client-key: DIR/home/.kube/k is a key with a passphrase, which cannot be asked for;"
                + " remove it with `openssl pkey -in OLD -out NEW`"),
        user(
            "a key with a passphrase in OpenSSL's old form",
            "client-certificate-data: \(goodCertificate), client-key: k",
            [
                "home/.kube/k":
                    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n\(goodKey)\n-----END RSA PRIVATE KEY-----\n"
            ],
            ", client-key: DIR/home/.kube/k is a key with a passphrase, which cannot be asked for;"
                + " remove it with `openssl pkey -in OLD -out NEW`"),
        user(
            "groups without a user", "token: \(marker), as-groups: [a]", [:],
            ", as: is missing; a uid, groups or extra need a user with them"),
        user(
            "a group with a line break", "as: a, as-groups: [\"b\\r\\nX-Evil: 1\"]", [:],
            ", as: has a line break or another control character in its name, groups or extra"),
        user(
            "groups that are no list", "token: \(marker), as: a, as-groups: a", [:],
            ", as-groups: should be a list of strings, and is a string"),
        user(
            "extra that is no list", "token: \(marker), as: a, as-user-extra: {k: [1]}", [:],
            ", as-user-extra.k: should be a list of strings, and is a list"),
        user(
            "a removed provider", "auth-provider: {name: gcp, config: {access-token: \(marker)}}", [:],
            ", auth-provider: \"gcp\" was removed from Kubernetes clients in version 1.26;"
                + " use an exec plugin instead: gke-gcloud-auth-plugin"),
        user(
            "a plugin and a token", "token: \(marker), exec: {command: x}", [:],
            ": has more than one way to authenticate (exec, token); keep one"),
        user(
            "a plugin and a certificate",
            "client-certificate-data: \(goodCertificate), client-key-data: \(goodKey), exec: {command: x}", [:],
            ": has more than one way to authenticate (exec, client-certificate); keep one"),
        exec(
            "a plugin without a version", "command: x",
            ".apiVersion: is missing; it should be client.authentication.k8s.io/v1 or"
                + " client.authentication.k8s.io/v1beta1"),
        exec(
            "a plugin of a withdrawn version", "command: x, apiVersion: client.authentication.k8s.io/v1alpha1",
            ".apiVersion: is \"client.authentication.k8s.io/v1alpha1\"; it should be client.authentication.k8s.io/v1 or"
                + " client.authentication.k8s.io/v1beta1, which newer plugins speak"),
        exec(
            "a plugin without a command", "apiVersion: client.authentication.k8s.io/v1",
            ".command: is missing; it names the program to run"),
        exec(
            "a plugin without a mode", "command: x, apiVersion: client.authentication.k8s.io/v1",
            ".interactiveMode: is missing, which v1 requires; it should be one of Never, IfAvailable, Always"),
        exec(
            "a plugin of an unknown mode",
            "command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: never",
            ".interactiveMode: is \"never\"; it should be one of Never, IfAvailable, Always"),
        exec(
            "an argument that is no string",
            "command: x, apiVersion: client.authentication.k8s.io/v1beta1, args: [\(marker), 5]",
            ".args: should be a list of strings, and is a list"),
        exec(
            "a variable without a name",
            "command: x, apiVersion: client.authentication.k8s.io/v1beta1, env: [{value: \(marker)}]",
            ".env[0].name: is missing or cannot be a variable's name"),
        exec(
            "a variable with a zero byte",
            "command: x, apiVersion: client.authentication.k8s.io/v1beta1, env: [{name: A, value: \"\(marker)\\0\"}]",
            ".env[0].value: has a NUL character in it"),
    ]

    @Test("the message names the place and what to do, and no secret", arguments: sources + entries + clusters + users)
    func messages(wrong: Case) throws {
        let folder = try TestFolder()
        let config = try wrong.kubeconfig.map { try folder.write("home/.kube/config", $0) }
        for (name, text) in wrong.files { try folder.write(name, text) }
        var options = ConfigurationOptions()
        wrong.options(&options)
        let variables = wrong.variables.mapValues { $0.replacing("DIR", with: folder.path) }

        let error = #expect(throws: ConfigurationError.self) {
            try ClusterConfiguration.load(options, host: folder.host(variables))
        }
        let message = error?.description
            .replacing(config ?? "no kubeconfig", with: "CONFIG").replacing(folder.path, with: "DIR")
        #expect(message == wrong.message)
        #expect(message?.contains(Self.marker) == false)
    }
}
