internal import ArgumentParser
internal import KubernetesClient
internal import KubernetesConfiguration

/// The options by which every command finds its cluster; named as kubectl's.
struct ClusterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The kubeconfig file.", valueName: "file"))
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context.")
    var context: String?

    @Option(help: ArgumentHelp("The API server's URL, in place of the kubeconfig's.", valueName: "url"))
    var server: String?

    @Option(help: "A bearer token, in place of the kubeconfig's credentials.")
    var token: String?

    @Option(name: [.customShort("n"), .long], help: "The namespace; by default that of the context.")
    var namespace: String?

    /// Reads the configuration and makes a client of it.
    func client() throws -> KubernetesClient {
        var options = ConfigurationOptions()
        options.kubeconfig = kubeconfig
        options.context = context
        options.namespace = namespace
        options.server = server
        options.token = token
        return try KubernetesClient(
            configuration: .load(options), userAgent: "remora/\(Remora.version) (linux)")
    }
}
