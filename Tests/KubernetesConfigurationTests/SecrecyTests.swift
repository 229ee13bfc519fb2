import CurlTransport
import Testing

@testable import KubernetesConfiguration

@Suite("Nothing that can be printed shows a secret")
struct SecrecyTests {
    static let marker = ErrorMessageTests.marker

    /// All that someone could print of a value, by accident or to debug.
    private func printed(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return [String(describing: value), String(reflecting: value), "\(value)", dumped].joined(separator: "\n")
    }

    private func hidesSecrets(_ text: String) -> Bool {
        // The bytes of a key are printed as numbers.
        let asNumbers = Array(Self.marker.utf8).map(String.init).joined(separator: ", ")
        let dumpedNumbers = Array(Self.marker.utf8).map { "- \($0)\n" }.joined(separator: " ")
        return ![Self.marker, asNumbers, dumpedNumbers, Samples.base64(Self.marker)].contains { text.contains($0) }
    }

    @Test("credentials, alone and within other values")
    func credentials() {
        let all = [
            Credentials(authorization: .bearer(token: Self.marker)),
            Credentials(authorization: .basic(user: "me", password: Self.marker)),
            Credentials(clientCertificate: Samples.pair("me", Self.marker)),
        ]
        for credentials in all {
            #expect(hidesSecrets(printed(credentials)))
            #expect(hidesSecrets(printed(credentials.authorization)))
            #expect(hidesSecrets(printed([Optional(credentials)])))
            #expect(hidesSecrets(printed(Result<Credentials, ConfigurationError>.success(credentials))))
            #expect(hidesSecrets(printed(FixedCredentials(credentials))))
        }
    }

    @Test("configurations with every kind of credential, after they were used")
    func configurations() async throws {
        let folder = try TestFolder()
        try folder.write("home/.kube/token", Self.marker)
        let certificate = Samples.base64(Samples.certificate("me"))
        let key = Samples.base64(Samples.privateKey(Self.marker))
        let plugin = """
            exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh,
                   args: [-c, "echo $1", "\(Self.marker)", '{"kind": "ExecCredential",
                          "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "\(Self.marker)"}}'],
                   env: [{name: PASSWORD, value: \(Self.marker)}]}
            """
        let users = [
            "token: \(Self.marker)", "tokenFile: token", "username: me, password: \(Self.marker)",
            "client-certificate-data: \(certificate), client-key-data: \(key)", plugin,
        ]
        for user in users {
            let configuration = try folder.load(Samples.kubeconfig(user: user))
            let credentials = try await configuration.credentials.credentials()
            #expect(credentials != Credentials())
            #expect(hidesSecrets(printed(configuration)))
            #expect(hidesSecrets(printed(configuration.credentials)))
        }
    }

    @Test("options and the host's variables")
    func options() {
        var options = ConfigurationOptions()
        options.token = Self.marker
        options.server = "https://me:\(Self.marker)@host"
        #expect(hidesSecrets(printed(options)))
        #expect(hidesSecrets(printed(HostEnvironment(variables: ["PASSWORD": Self.marker], homeFolder: "/"))))
    }

    @Test("failures of plugins, but for what they say themselves")
    func pluginFailures() async throws {
        let folder = try TestFolder()
        let scripts = [
            "echo '{\"token\": \"\(Self.marker)\"}'", "echo \(Self.marker)", "echo \(Self.marker); exit 1",
            "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"\(Self.marker)\"}'",
        ]
        for script in scripts {
            let user = """
                exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh,
                       args: [-c, '\(script.replacing("'", with: "''"))'], env: [{name: A, value: \(Self.marker)}]}
                """
            let configuration = try folder.load(Samples.kubeconfig(user: user))
            let error = await #expect(throws: ConfigurationError.self) {
                try await configuration.credentials.credentials()
            }
            #expect(error.map { hidesSecrets(printed($0)) } == true)
        }
    }
}
