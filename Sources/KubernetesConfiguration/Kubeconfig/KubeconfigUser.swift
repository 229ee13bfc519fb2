internal import CurlTransport

/// A user entry with the options laid over it, checked.
struct KubeconfigUser: Sendable {
    let credentials: any CredentialSource
    let impersonation: Impersonation?

    /// Reads an entry; `fields` has none where the options alone say what is needed.
    init(
        _ fields: KubeconfigFields, _ options: ConfigurationOptions, _ host: HostEnvironment, cluster: KubeconfigCluster
    ) throws(ConfigurationError) {
        let entryImpersonation = try Self.impersonation(fields)
        let optionImpersonation = try options.impersonation?.checked(at: ConfigurationPlace(key: "--as"))
        impersonation = optionImpersonation ?? entryImpersonation
        credentials = try Self.credentials(fields, options, host, cluster)
    }

    private static func credentials(
        _ fields: KubeconfigFields, _ options: ConfigurationOptions, _ host: HostEnvironment,
        _ cluster: KubeconfigCluster
    ) throws(ConfigurationError) -> any CredentialSource {
        let certificate = try certificate(fields, host)
        if let authorization = try options.authorization() {
            return try checked(FileCredentials(.fixed(authorization), certificate))
        }
        if let provider = try fields.fields("auth-provider") { throw removed(provider) }
        guard let plugin = try fields.fields("exec") else {
            return try checked(FileCredentials(try authorization(fields, host), certificate))
        }
        if let other = try waysToAuthorize(fields).first { throw ambiguous(fields.place, ["exec", other]) }
        if case .none = certificate {} else { throw ambiguous(fields.place, ["exec", "client-certificate"]) }
        return PluginCredentials(
            try CredentialPlugin(plugin, host, cluster: cluster, timeLimit: options.pluginTimeLimit),
            clock: host.clock)
    }

    /// Reads the files once, so that what is wrong with them is said at the start.
    private static func checked(_ credentials: FileCredentials) throws(ConfigurationError) -> FileCredentials {
        _ = try credentials.current()
        return credentials
    }

    // MARK: Authorization

    private static func authorization(
        _ fields: KubeconfigFields, _ host: HostEnvironment
    ) throws(ConfigurationError) -> FileCredentials.AuthorizationSource {
        let ways = try waysToAuthorize(fields)
        guard ways.count <= 1 else { throw ambiguous(fields.place, ways) }
        let token = try fields.string("token")
        if let token, let problem = FileCredentials.problem(withToken: token) {
            throw .invalid(fields.place.field("token"), problem: problem)
        }
        if let path = try fields.path("tokenFile") {
            let file = WatchedFile(path: path, namedBy: fields.place.field("tokenFile"))
            // As for client-go, the file counts, and the token bridges the time until it can be read.
            return .tokenFile(FileCredentials.token(in: file, clock: host.clock), otherwise: token)
        }
        if let token { return .fixed(.bearer(token: token)) }
        let user = try fields.string("username")
        let password = try fields.string("password")
        guard user != nil || password != nil else { return .fixed(.none) }
        return .fixed(.basic(user: user ?? "", password: password ?? ""))
    }

    /// The ways to authorize that the entry has, but for plugins; a token and a file of it are one way.
    private static func waysToAuthorize(_ fields: KubeconfigFields) throws(ConfigurationError) -> [String] {
        var ways: [String] = []
        if try fields.string("token") != nil {
            ways.append("token")
        } else if try fields.string("tokenFile") != nil {
            ways.append("tokenFile")
        }
        let userAndPassword = [try fields.string("username"), try fields.string("password")]
        if userAndPassword != [nil, nil] { ways.append("username") }
        return ways
    }

    private static func ambiguous(_ place: ConfigurationPlace, _ ways: [String]) -> ConfigurationError {
        .invalid(place, problem: "has more than one way to authenticate (\(ways.joined(separator: ", "))); keep one")
    }

    /// kubectl had these built in until version 1.26.
    private static func removed(_ provider: KubeconfigFields) -> ConfigurationError {
        let name = (try? provider.string("name")) ?? "?"
        let plugin =
            switch name {
            case "gcp": "gke-gcloud-auth-plugin"
            case "azure": "kubelogin (Azure)"
            case "oidc": "kubelogin (kubectl oidc-login)"
            default: "one of your provider"
            }
        return .invalid(
            provider.place,
            problem:
                "\"\(name)\" was removed from Kubernetes clients in version 1.26; use an exec plugin instead: \(plugin)"
        )
    }

    // MARK: Certificate

    private static func certificate(
        _ fields: KubeconfigFields, _ host: HostEnvironment
    ) throws(ConfigurationError) -> FileCredentials.CertificateSource {
        let certificate = try Part(fields, "client-certificate")
        let key = try Part(fields, "client-key")
        guard let certificate else {
            if key == nil { return .none }
            throw .invalid(fields.place, problem: "has a client-key without a client-certificate")
        }
        guard let key else { throw .invalid(fields.place, problem: "has a client-certificate without a client-key") }

        let files = [certificate.file, key.file].compactMap { $0 }
        let interpret: @Sendable ([[UInt8]]) throws(ConfigurationError) -> TLSSettings.ClientCertificate = {
            contents throws(ConfigurationError) in
            let certificateBytes = certificate.bytes ?? contents[0]
            let keyBytes = key.bytes ?? contents[contents.count - 1]
            if let problem = PEM.problemWithCertificates(certificateBytes) { throw certificate.invalid(problem) }
            if let problem = PEM.problemWithPrivateKey(keyBytes) { throw key.invalid(problem) }
            return TLSSettings.ClientCertificate(certificate: certificateBytes, privateKey: keyBytes)
        }
        if files.isEmpty { return .fixed(try interpret([])) }
        return .files(
            WatchedFiles(files, byteLimit: ClusterTLS.byteLimit, clock: host.clock, interpret: interpret))
    }

    /// A certificate or a key: bytes that stand in the entry, which count first, or a file.
    private struct Part: Sendable {
        let place: ConfigurationPlace
        let bytes: [UInt8]?
        let file: WatchedFile?

        init?(_ fields: KubeconfigFields, _ key: String) throws(ConfigurationError) {
            if let bytes = try fields.base64("\(key)-data") {
                place = fields.place.field("\(key)-data")
                self.bytes = bytes
                file = nil
            } else if let path = try fields.path(key) {
                place = fields.place.field(key)
                bytes = nil
                file = WatchedFile(path: path, namedBy: place)
            } else {
                return nil
            }
        }

        func invalid(_ problem: String) -> ConfigurationError {
            file?.invalid(problem) ?? .invalid(place, problem: problem)
        }
    }

    // MARK: Impersonation

    private static func impersonation(_ fields: KubeconfigFields) throws(ConfigurationError) -> Impersonation? {
        let uid = try fields.string("as-uid")
        let groups = try fields.strings("as-groups")
        let extra = try fields.stringLists("as-user-extra")
        guard let user = try fields.string("as") else {
            guard uid == nil, groups.isEmpty, extra.isEmpty else {
                throw .invalid(
                    fields.place.field("as"), problem: "is missing; a uid, groups or extra need a user with them")
            }
            return nil
        }
        return try Impersonation(user: user, uid: uid, groups: groups, extra: extra)
            .checked(at: fields.place.field("as"))
    }
}
