public import CurlTransport

/// How a cluster's server is recognized; a file that is rotated takes effect within seconds.
public struct ClusterTLS: Sendable {
    /// Whom to trust, and where that is written.
    enum Trust: Sendable {
        case system
        case authorities([UInt8])
        case certificate([UInt8])
        case file(WatchedFiles<[UInt8]>)
        case anything
    }

    let trust: Trust
    /// The name expected in the server's certificate; nil takes it from the URL.
    public let serverName: String?

    /// Files of certificates are read up to this size; the largest system bundles have a quarter of it.
    static let byteLimit = 1 << 20

    init(trust: Trust, serverName: String? = nil) {
        self.trust = trust
        self.serverName = serverName
    }

    /// Trust that never changes.
    public init(_ settings: TLSSettings) {
        trust =
            switch settings.trust {
            case .system: .system
            case .authorities(let bytes): .authorities(bytes)
            case .certificate(let bytes): .certificate(bytes)
            case .anything: .anything
            }
        serverName = settings.serverName
    }

    /// The settings for a connection made now. Throws only if a file could never be read.
    public func settings(
        clientCertificate: TLSSettings.ClientCertificate? = nil
    ) throws(ConfigurationError) -> TLSSettings {
        let current: TLSSettings.Trust =
            switch trust {
            case .system: .system
            case .authorities(let bytes): .authorities(bytes)
            case .certificate(let bytes): .certificate(bytes)
            case .file(let file): .authorities(try file.current())
            case .anything: .anything
            }
        return TLSSettings(trust: current, clientCertificate: clientCertificate, serverName: serverName)
    }

    /// Trust in the authorities of a file that is read again when it changes.
    static func trust(in file: WatchedFile, clock: HostClock) -> Trust {
        .file(
            WatchedFiles([file], byteLimit: byteLimit, clock: clock) { contents throws(ConfigurationError) in
                if let problem = PEM.problemWithCertificates(contents[0]) { throw file.invalid(problem) }
                return contents[0]
            })
    }
}

extension ConfigurationError {
    /// An authority is named although anything is to be accepted. kubectl refuses it too: whoever names an authority
    /// believes that it is checked.
    static func trustConflict(at place: ConfigurationPlace) -> ConfigurationError {
        .invalid(
            place.field("insecure-skip-tls-verify"),
            problem: "is true although a certificate authority is given; remove one of the two")
    }
}
