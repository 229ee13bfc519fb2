internal import CurlTransport

/// The configuration that every pod finds in itself.
enum ServiceAccount {
    /// The configuration of the pod that this runs in; nil if this is no pod.
    ///
    /// - Parameter lookedFor: takes a line that says what is missing.
    static func configuration(
        _ options: ConfigurationOptions, _ host: HostEnvironment, lookedFor: inout [String]
    ) throws(ConfigurationError) -> ClusterConfiguration? {
        guard let address = host.variable("KUBERNETES_SERVICE_HOST"),
            let portText = host.variable("KUBERNETES_SERVICE_PORT")
        else {
            lookedFor.append("a pod's service account: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
            return nil
        }
        guard let port = Int(portText), let server = ClusterURL(scheme: .https, host: address, port: port) else {
            throw .invalid(
                ConfigurationPlace(key: "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT"),
                problem: "\"\(address)\" and \"\(portText)\" make no address")
        }
        let folder = host.serviceAccountFolder
        return ClusterConfiguration(
            server: server,
            namespace: namespace(options, host),
            tls: try tls(options, host),
            credentials: try credentials(options, host),
            impersonation: try options.impersonation?.checked(at: ConfigurationPlace(key: "--as")),
            origin: "the service account in \(folder)")
    }

    private static func tls(
        _ options: ConfigurationOptions, _ host: HostEnvironment
    ) throws(ConfigurationError) -> ClusterTLS {
        if options.insecureSkipTLSVerify {
            guard options.certificateAuthority == nil else { throw .trustConflict(at: ConfigurationPlace()) }
            return ClusterTLS(trust: .anything, serverName: options.tlsServerName)
        }
        let file =
            options.certificateAuthorityFile(host)
            ?? WatchedFile(path: "\(host.serviceAccountFolder)/ca.crt", namedBy: nil)
        let tls = ClusterTLS(trust: ClusterTLS.trust(in: file, clock: host.clock), serverName: options.tlsServerName)
        _ = try tls.settings()
        return tls
    }

    private static func credentials(
        _ options: ConfigurationOptions, _ host: HostEnvironment
    ) throws(ConfigurationError) -> any CredentialSource {
        if let authorization = try options.authorization() {
            return FixedCredentials(Credentials(authorization: authorization))
        }
        let file = WatchedFile(path: "\(host.serviceAccountFolder)/token", namedBy: nil)
        let credentials = FileCredentials(
            .tokenFile(FileCredentials.token(in: file, clock: host.clock), otherwise: nil))
        _ = try credentials.current()
        return credentials
    }

    private static func namespace(_ options: ConfigurationOptions, _ host: HostEnvironment) -> String {
        if let namespace = options.namespace ?? host.variable("POD_NAMESPACE") { return namespace }
        // A name has at most 63 bytes; more room, so that white space is no trouble.
        let contents = try? FileContents(path: "\(host.serviceAccountFolder)/namespace", limit: 1 << 10)
        let name = contents.map { String(String(decoding: $0.bytes, as: UTF8.self).trimmingSpaces()) } ?? ""
        return name.isEmpty ? ClusterConfiguration.standardNamespace : name
    }
}
