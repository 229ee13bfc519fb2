internal import CurlTransport
internal import JSON
internal import YAML

/// A cluster entry with the options laid over it, checked.
struct KubeconfigCluster: Sendable {
    let server: ClusterURL
    let tls: ClusterTLS
    let proxy: ProxySettings
    /// What a credential plugin may be told about the cluster: `spec.cluster` of its ExecCredential, without the
    /// authority, which is read anew for each run.
    let description: JSONValue

    /// The extension of a cluster entry that is meant for credential plugins.
    private static let pluginExtension = "client.authentication.k8s.io/exec"

    /// Reads an entry; `fields` has none where the options alone say what is needed.
    init(
        _ fields: KubeconfigFields, _ options: ConfigurationOptions, _ host: HostEnvironment
    ) throws(ConfigurationError) {
        server = try Self.server(fields, options)
        // A name that the entry's server goes by says nothing about a server given instead.
        let entryServerName = try options.server == nil ? fields.string("tls-server-name") : nil
        let serverName = options.tlsServerName ?? entryServerName
        tls = ClusterTLS(trust: try Self.trust(fields, options, host), serverName: serverName)
        _ = try tls.settings()
        let proxyURL = try Self.proxy(fields)
        proxy = proxyURL.map(ProxySettings.url) ?? .environment

        var description: JSONValue = ["server": .string(server.description)]
        description["tls-server-name"] = serverName.map(JSONValue.string)
        if case .anything = tls.trust { description["insecure-skip-tls-verify"] = true }
        description["proxy-url"] = proxyURL.map(JSONValue.string)
        description["config"] = try Self.pluginConfiguration(fields)
        self.description = description
    }

    private static func server(
        _ fields: KubeconfigFields, _ options: ConfigurationOptions
    ) throws(ConfigurationError) -> ClusterURL {
        if let text = options.server { return try server(text, at: ConfigurationPlace(key: "--server")) }
        let place = fields.place.field("server")
        guard let text = try fields.string("server") else {
            throw .invalid(place, problem: "is missing; it is the address of the API server")
        }
        return try server(text, at: place)
    }

    private static func server(_ text: String, at place: ConfigurationPlace) throws(ConfigurationError) -> ClusterURL {
        do {
            return try ClusterURL(parsing: text)
        } catch {
            throw .invalid(place, problem: error.description)
        }
    }

    private static func trust(
        _ fields: KubeconfigFields, _ options: ConfigurationOptions, _ host: HostEnvironment
    ) throws(ConfigurationError) -> ClusterTLS.Trust {
        let isInsecure = try fields.boolean("insecure-skip-tls-verify") ?? false
        if let file = options.certificateAuthorityFile(host) {
            if isInsecure || options.insecureSkipTLSVerify { throw .trustConflict(at: fields.place) }
            return ClusterTLS.trust(in: file, clock: host.clock)
        }
        // As with kubectl, whoever asks for no check on the command line need not remove the entry's authority.
        if options.insecureSkipTLSVerify { return .anything }
        if let bytes = try fields.base64("certificate-authority-data") {
            if isInsecure { throw .trustConflict(at: fields.place) }
            if let problem = PEM.problemWithCertificates(bytes) {
                throw .invalid(fields.place.field("certificate-authority-data"), problem: problem)
            }
            return .authorities(bytes)
        }
        if let path = try fields.path("certificate-authority") {
            if isInsecure { throw .trustConflict(at: fields.place) }
            let file = WatchedFile(path: path, namedBy: fields.place.field("certificate-authority"))
            return ClusterTLS.trust(in: file, clock: host.clock)
        }
        return isInsecure ? .anything : .system
    }

    private static func proxy(_ fields: KubeconfigFields) throws(ConfigurationError) -> String? {
        guard let text = try fields.string("proxy-url") else { return nil }
        let place = fields.place.field("proxy-url")
        do throws(ClusterURL.Invalid) {
            let address = try NetworkAddress(parsing: text, example: "http://proxy.example:3128")
            guard ["http", "https", "socks5"].contains(address.scheme) else {
                throw ClusterURL.Invalid(
                    description: "has the scheme \"\(address.scheme)\"; a proxy speaks http, https or socks5")
            }
            return text
        } catch {
            throw .invalid(place, problem: error.description)
        }
    }

    private static func pluginConfiguration(_ fields: KubeconfigFields) throws(ConfigurationError) -> JSONValue? {
        for item in try fields.list("extensions") where try item.string("name") == pluginExtension {
            return item.json("extension")
        }
        return nil
    }
}
