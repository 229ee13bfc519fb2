/// What a TLS connection trusts, and who it says it is.
///
/// Material is held as PEM bytes, so that a rotated file takes effect by making new settings: connections made with
/// other settings are never reused.
public struct TLSSettings: Sendable, Hashable {
    /// Which certificate authorities may have signed the server's certificate.
    public enum Trust: Sendable, Hashable {
        /// Those that the operating system trusts.
        case system
        /// These and no others, as PEM bytes (one certificate or several).
        case authorities([UInt8])
        /// A server whose chain begins with or leads to this one certificate, as PEM bytes, whatever name it is for.
        case certificate([UInt8])
        /// Any certificate at all. Only for someone who wrote down that they want it.
        case anything
    }

    /// A client certificate and its private key, each as PEM bytes.
    public struct ClientCertificate: Sendable, Hashable {
        /// The certificate, with its chain if it has one.
        public let certificate: [UInt8]
        /// The private key, not encrypted.
        public let privateKey: [UInt8]

        /// Pairs a certificate with its key.
        public init(certificate: [UInt8], privateKey: [UInt8]) {
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    /// Whom to trust.
    public var trust: Trust
    /// Who we are, if the server is to know by certificate.
    public var clientCertificate: ClientCertificate?
    /// The name sent as SNI and expected in the server's certificate; nil takes it from the URL.
    public var serverName: String?

    /// The system's authorities and no client certificate, unless said otherwise.
    public init(trust: Trust = .system, clientCertificate: ClientCertificate? = nil, serverName: String? = nil) {
        self.trust = trust
        self.clientCertificate = clientCertificate
        self.serverName = serverName
    }
}
