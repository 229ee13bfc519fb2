public import CurlTransport

/// All that a client needs to know to reach a cluster: where it is, how to recognize it, and who we are.
///
/// A value; what is rotated (authorities, tokens, certificates) is read anew through it for as long as it is used.
public struct ClusterConfiguration: Sendable {
    /// The API server.
    public var server: ClusterURL
    /// The namespace that is meant where none is named.
    public var namespace: String
    /// How the server is recognized.
    public var tls: ClusterTLS
    /// By which way requests leave this machine.
    public var proxy: ProxySettings
    /// Who we are.
    public var credentials: any CredentialSource
    /// As whom the requests are to be carried out, if not as the one who sends them.
    public var impersonation: Impersonation?
    /// Where this comes from, for messages: such as `context "dev" of /home/me/.kube/config`.
    public var origin: String

    /// A configuration of your own making.
    public init(
        server: ClusterURL, namespace: String = Self.standardNamespace,
        tls: ClusterTLS = ClusterTLS(TLSSettings()), proxy: ProxySettings = .environment,
        credentials: any CredentialSource = FixedCredentials(), impersonation: Impersonation? = nil,
        origin: String = "the program"
    ) {
        self.server = server
        self.namespace = namespace
        self.tls = tls
        self.proxy = proxy
        self.credentials = credentials
        self.impersonation = impersonation
        self.origin = origin
    }

    /// The namespace of those who choose none.
    public static let standardNamespace = "default"

    /// The settings for a connection made now with these credentials; files are read again when they changed.
    public func tlsSettings(for credentials: Credentials = Credentials()) throws(ConfigurationError) -> TLSSettings {
        try tls.settings(clientCertificate: credentials.clientCertificate)
    }
}

extension ClusterConfiguration: CustomStringConvertible, CustomReflectable {
    /// Where the cluster is and where that is written; no secret.
    public var description: String { "\(server) (\(origin))" }

    /// No more than ``description`` tells, so that `dump` shows no secret either.
    public var customMirror: Mirror { Mirror(self, children: ["server": server.description, "origin": origin]) }
}
