import CurlTransport
import KubernetesConfiguration
import Testing

@Suite("Files that are rotated")
struct FileRotationTests {
    let folder: TestFolder
    let time = TestClock()

    init() throws { folder = try TestFolder() }

    /// Lays a volume out as the kubelet does: files are links into `..data`, which leads to a version's folder.
    private func mountVolume() throws {
        try writeVersion("..1", token: "one", authority: "ca-one")
        try folder.link("serviceaccount/..data", to: "..1")
        for name in ["token", "ca.crt"] { try folder.link("serviceaccount/\(name)", to: "..data/\(name)") }
    }

    private func writeVersion(_ name: String, token: String, authority: String) throws {
        try folder.write("serviceaccount/\(name)/token", token)
        try folder.write("serviceaccount/\(name)/ca.crt", Samples.certificate(authority))
    }

    private func loadInPod() throws -> ClusterConfiguration {
        let variables = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        return try ClusterConfiguration.load(host: folder.host(variables, clock: time.clock))
    }

    private func token(_ configuration: ClusterConfiguration) async throws -> String? {
        guard case .bearer(let token) = try await configuration.credentials.credentials().authorization else {
            return nil
        }
        return token
    }

    @Test("a swapped ..data link takes effect after a second, for the token and the authority")
    func volumeSwap() async throws {
        try mountVolume()
        let configuration = try loadInPod()
        #expect(try await token(configuration) == "one")

        try writeVersion("..2", token: "two", authority: "ca-two")
        try folder.link("serviceaccount/..data", to: "..2")
        time.advance(by: .milliseconds(999))
        #expect(try await token(configuration) == "one")
        #expect(try configuration.tlsSettings().trust == Samples.trust("ca-one"))
        time.advance(by: .milliseconds(1))
        #expect(try await token(configuration) == "two")
        #expect(try configuration.tlsSettings().trust == Samples.trust("ca-two"))
    }

    @Test("a refused token is read again at once, and only for the refusal of the one that is held")
    func refusal() async throws {
        try mountVolume()
        let configuration = try loadInPod()
        let old = try await configuration.credentials.credentials()
        try writeVersion("..2", token: "two", authority: "ca-two")
        try folder.link("serviceaccount/..data", to: "..2")

        await configuration.credentials.refused(Credentials(authorization: .bearer(token: "another")))
        #expect(try await token(configuration) == "one")
        await configuration.credentials.refused(old)
        #expect(try await token(configuration) == "two")

        // A late refusal of the old one is no reason to read the file again.
        try folder.write("serviceaccount/..2/token", "three")
        await configuration.credentials.refused(old)
        #expect(try await token(configuration) == "two")
    }

    @Test("while a file is away, empty or damaged, the last good one serves")
    func lastGood() async throws {
        try mountVolume()
        let configuration = try loadInPod()
        for damage in ["", "\n", "two words", "naïve"] {
            try folder.write("serviceaccount/..1/token", damage)
            try folder.write("serviceaccount/..1/ca.crt", damage)
            time.advance(by: .seconds(2))
            #expect(try await token(configuration) == "one")
            #expect(try configuration.tlsSettings().trust == Samples.trust("ca-one"))
        }
        try folder.remove("serviceaccount/..1")
        time.advance(by: .seconds(2))
        await configuration.credentials.refused(Credentials(authorization: .bearer(token: "one")))
        #expect(try await token(configuration) == "one")

        try writeVersion("..1", token: "back", authority: "ca-back")
        time.advance(by: .seconds(2))
        #expect(try await token(configuration) == "back")
        #expect(try configuration.tlsSettings().trust == Samples.trust("ca-back"))
    }

    @Test("a client certificate and its key change together")
    func clientCertificate() async throws {
        try folder.write("home/.kube/me.crt", Samples.certificate("one"))
        try folder.write("home/.kube/me.key", Samples.privateKey("one"))
        let configuration = try folder.load(
            Samples.kubeconfig(user: "client-certificate: me.crt, client-key: me.key"), clock: time.clock)
        let old = try await configuration.credentials.credentials()
        #expect(old.clientCertificate == Samples.pair("one", "one"))

        try folder.write("home/.kube/me.crt", Samples.certificate("two"))
        try folder.write("home/.kube/me.key", Samples.privateKey("two"))
        #expect(try await configuration.credentials.credentials() == old)
        await configuration.credentials.refused(old)
        #expect(try await configuration.credentials.credentials().clientCertificate == Samples.pair("two", "two"))
        try folder.write("home/.kube/me.key", Samples.privateKey("three"))
        time.advance(by: .seconds(1))
        #expect(try await configuration.credentials.credentials().clientCertificate == Samples.pair("two", "three"))
    }
}
