import CurlTransport
import KubernetesConfiguration
import Testing

@Suite("Where a configuration is found")
struct LoadingOrderTests {
    let folder: TestFolder
    let inPod = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]

    init() throws { folder = try TestFolder() }

    private func kubeconfig(_ name: String) -> String {
        """
        current-context: \(name)
        contexts: [{name: \(name), context: {cluster: \(name)}}]
        clusters: [{name: \(name), cluster: {server: "https://\(name)"}}]
        """
    }

    private func writeServiceAccount() throws {
        try folder.write("serviceaccount/token", "pod-token\n")
        try folder.write("serviceaccount/ca.crt", Samples.certificate("pod-ca"))
        try folder.write("serviceaccount/namespace", "pod-namespace\n")
    }

    private func load(
        _ variables: [String: String] = [:], _ change: (inout ConfigurationOptions) -> Void = { _ in }
    ) throws -> ClusterConfiguration {
        var options = ConfigurationOptions()
        change(&options)
        return try ClusterConfiguration.load(options, host: folder.host(variables))
    }

    @Test("--kubeconfig, KUBECONFIG, ~/.kube/config, --server, the service account: the first one counts")
    func order() throws {
        try writeServiceAccount()
        #expect(try load(inPod).server.host == "10.96.0.1")
        #expect(try load(inPod) { $0.server = "http://127.0.0.1:8080" }.server.host == "127.0.0.1")
        try folder.write("home/.kube/config", kubeconfig("home"))
        #expect(try load(inPod).server.host == "home")
        try folder.write("variable", kubeconfig("variable"))
        let variables = inPod.merging(["KUBECONFIG": "\(folder.path)/variable"]) { $1 }
        #expect(try load(variables).server.host == "variable")
        try folder.write("option", kubeconfig("option"))
        #expect(try load(variables) { $0.kubeconfig = "option" }.server.host == "option")
    }

    @Test("the file of --kubeconfig must exist")
    func explicitFileMissing() throws {
        try folder.write("home/.kube/config", kubeconfig("home"))
        #expect(
            throws: ConfigurationError.unreadable(file: "\(folder.path)/none", problem: .missing, namedBy: nil)
        ) { try load { $0.kubeconfig = "none" } }
    }

    @Test("an empty KUBECONFIG is as good as none, and so is an empty file at the usual place")
    func emptySources() throws {
        try writeServiceAccount()
        try folder.write("home/.kube/config", kubeconfig("home"))
        #expect(try load(["KUBECONFIG": ""]).server.host == "home")
        try folder.write("home/.kube/config", "apiVersion: v1\nkind: Config\n")
        #expect(try load(inPod).server.host == "10.96.0.1")
    }

    @Test("--server alone needs no kubeconfig, and gets no credentials that were not given")
    func serverAlone() async throws {
        try writeServiceAccount()
        let plain = try load(inPod) { $0.server = "http://127.0.0.1:8080" }
        #expect(plain.origin == "the server given by --server")
        #expect(plain.namespace == "default")
        #expect(try await plain.credentials.credentials() == Credentials())
        let withToken = try load {
            $0.server = "https://host"
            $0.token = "abc"
            $0.insecureSkipTLSVerify = true
        }
        #expect(try await withToken.credentials.credentials().authorization == .bearer(token: "abc"))
        #expect(try withToken.tlsSettings().trust == .anything)
    }

    // MARK: KUBECONFIG lists

    @Test("of several files the first that has an entry counts, and entries are not mixed")
    func mergedList() async throws {
        try folder.write(
            "one/config",
            """
            contexts: [{name: shared, context: {cluster: a, user: u, namespace: one}}]
            clusters: [{name: a, cluster: {server: "https://one", certificate-authority: ca.crt}}]
            """)
        try folder.write(
            "two/config",
            """
            current-context: shared
            contexts: [{name: shared, context: {cluster: b, user: v}}, {name: two, context: {cluster: b, user: u}}]
            clusters:
            - {name: a, cluster: {server: "https://two", tls-server-name: leaked}}
            - {name: b, cluster: {server: "https://b", certificate-authority: ca.crt}}
            users: [{name: u, user: {tokenFile: token}}]
            """)
        try folder.write("three/config", "current-context: other\nusers: [{name: u, user: {token: late}}]\n")
        try folder.write("one/ca.crt", Samples.certificate("one"))
        try folder.write("two/ca.crt", Samples.certificate("two"))
        try folder.write("two/token", "two")
        let list = ["one/config", "none", "\(folder.path)/two/config", "", "one/config", "three/config"]
        let variables = ["KUBECONFIG": list.joined(separator: ":")]

        let current = try load(variables)
        #expect(current.server.description == "https://one")
        #expect(current.namespace == "one")
        #expect(current.origin == "context \"shared\" of \(folder.path)/one/config")
        #expect(try current.tlsSettings() == TLSSettings(trust: Samples.trust("one")))
        #expect(try await current.credentials.credentials().authorization == .bearer(token: "two"))

        let second = try load(variables) { $0.context = "two" }
        #expect(second.server.description == "https://b")
        #expect(try second.tlsSettings() == TLSSettings(trust: Samples.trust("two")))
        #expect(second.namespace == "default")
    }

    @Test("a list of which no file exists is an error, even in a pod with a home")
    func allMissing() throws {
        try writeServiceAccount()
        try folder.write("home/.kube/config", kubeconfig("home"))
        #expect(
            throws: ConfigurationError.unreadable(
                file: "\(folder.path)/x", problem: .missing, namedBy: ConfigurationPlace(key: "KUBECONFIG"))
        ) { try load(inPod.merging(["KUBECONFIG": "x:y"]) { $1 }) }
    }

    @Test("a file of the list that is broken is an error: it may hold what was meant")
    func brokenInList() throws {
        try folder.write("good", kubeconfig("good"))
        try folder.write("broken", "a: [\n")
        #expect(
            throws: ConfigurationError.malformed(
                file: "\(folder.path)/broken", line: 2, column: 1,
                problem: "while parsing a flow node: did not find expected node content")
        ) { try load(["KUBECONFIG": "good:broken"]) }
    }

    // MARK: Service account

    @Test("a pod uses its service account")
    func serviceAccount() async throws {
        try writeServiceAccount()
        let configuration = try load(inPod)
        #expect(configuration.server.description == "https://10.96.0.1")
        #expect(configuration.namespace == "pod-namespace")
        #expect(configuration.origin == "the service account in \(folder.path)/serviceaccount")
        #expect(try configuration.tlsSettings() == TLSSettings(trust: Samples.trust("pod-ca")))
        #expect(
            try await configuration.credentials.credentials() == Credentials(authorization: .bearer(token: "pod-token"))
        )
    }

    @Test("an IPv6 service address gets its brackets")
    func serviceAccountIPv6() throws {
        try writeServiceAccount()
        let variables = ["KUBERNETES_SERVICE_HOST": "fd00:10:96::1", "KUBERNETES_SERVICE_PORT": "6443"]
        #expect(try load(variables).server.description == "https://[fd00:10:96::1]:6443")
    }

    @Test("a pod's namespace comes from --namespace, POD_NAMESPACE, its file, or is default")
    func serviceAccountNamespace() throws {
        try writeServiceAccount()
        let variables = inPod.merging(["POD_NAMESPACE": "variable"]) { $1 }
        #expect(try load(variables) { $0.namespace = "option" }.namespace == "option")
        #expect(try load(variables).namespace == "variable")
        try folder.remove("serviceaccount/namespace")
        #expect(try load(inPod).namespace == "default")
    }

    @Test("a pod without a token says so", arguments: ["token", "ca.crt"])
    func serviceAccountIncomplete(missing: String) throws {
        try writeServiceAccount()
        try folder.remove("serviceaccount/\(missing)")
        #expect(
            throws: ConfigurationError.unreadable(
                file: "\(folder.path)/serviceaccount/\(missing)", problem: .missing, namedBy: nil)
        ) { try load(inPod) }
    }

    @Test("names of entries are not looked for in a service account")
    func entriesNeedAFile() throws {
        try writeServiceAccount()
        #expect(
            throws: ConfigurationError.nothingFound(lookedFor: [
                "--kubeconfig: not given", "KUBECONFIG: not set", "\(folder.path)/home/.kube/config: no such file",
            ])
        ) { try load(inPod) { $0.context = "dev" } }
    }
}
