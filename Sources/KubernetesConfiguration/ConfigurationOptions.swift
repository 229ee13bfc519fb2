/// What a person or an embedding program asks for; named after kubectl's options, which mean the same.
public struct ConfigurationOptions: Sendable {
    /// `--kubeconfig`: this file and no other.
    public var kubeconfig: String?
    /// `--context`: the context instead of the current one.
    public var context: String?
    /// `--cluster`: the cluster entry instead of the context's.
    public var cluster: String?
    /// `--user`: the user entry instead of the context's.
    public var user: String?
    /// `--namespace`: the namespace instead of the context's.
    public var namespace: String?
    /// `--server`: the address instead of the cluster entry's; alone, it works without any kubeconfig.
    public var server: String?
    /// `--token`: a bearer token instead of the user entry's way to authorize.
    public var token: String?
    /// `--certificate-authority`: a file instead of the cluster entry's authority.
    public var certificateAuthority: String?
    /// `--insecure-skip-tls-verify`: accept any certificate. False leaves it to the cluster entry.
    public var insecureSkipTLSVerify = false
    /// `--tls-server-name`: the name expected in the server's certificate.
    public var tlsServerName: String?
    /// `--as`, `--as-uid`, `--as-group`: instead of the user entry's.
    public var impersonation: Impersonation?
    /// How long a credential plugin may take. Cloud providers' plugins take seconds, with retries up to half a minute;
    /// one that has a person to ask gets at least ``interactivePluginTimeLimit``.
    public var pluginTimeLimit: Duration = .seconds(60)

    /// The least time for a plugin that may ask a person: they have to read, switch to a browser and type.
    public static let interactivePluginTimeLimit: Duration = .seconds(300)

    /// Asks for nothing in particular: what kubectl would use.
    public init() {}
}

extension ConfigurationOptions {
    /// The file of `--certificate-authority`.
    func certificateAuthorityFile(_ host: HostEnvironment) -> WatchedFile? {
        certificateAuthority.map { path in
            let place = ConfigurationPlace(key: "--certificate-authority")
            return WatchedFile(path: KubeconfigFields.absolute(path, from: host.workingFolder), namedBy: place)
        }
    }

    /// What `--token` says.
    func authorization() throws(ConfigurationError) -> Credentials.Authorization? {
        guard let token else { return nil }
        if let problem = FileCredentials.problem(withToken: token) {
            throw .invalid(ConfigurationPlace(key: "--token"), problem: problem)
        }
        return .bearer(token: token)
    }
}

extension ConfigurationOptions: CustomStringConvertible, CustomReflectable {
    private var shown: [(label: String?, value: Any)] {
        let texts = [
            ("kubeconfig", kubeconfig), ("context", context), ("cluster", cluster), ("user", user),
            ("namespace", namespace), ("certificateAuthority", certificateAuthority),
            ("tlsServerName", tlsServerName), ("as", impersonation?.user), ("token", token.map { _ in "(given)" }),
        ]
        return texts.compactMap { label, value in value.map { (label, $0) } }
    }

    /// The options that are set; of a token, only that there is one.
    public var description: String {
        "ConfigurationOptions(\(shown.map { "\($0.label ?? ""): \($0.value)" }.joined(separator: ", ")))"
    }

    /// The options that are set; of a token, only that there is one.
    public var customMirror: Mirror { Mirror(self, children: shown) }
}
