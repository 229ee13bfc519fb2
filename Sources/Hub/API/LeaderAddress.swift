/// Where the leading hub's API is: it stands in the lease, so that stand-bys can pass on what they are asked.
struct LeaderAddress: Sendable, Equatable {
    let host: String
    let port: Int
    let isSecure: Bool
    /// The leader's own certificate, PEM: it is reached by its address, for which a certificate seldom is.
    var certificate: String?

    private static let urlKey = "remora.dev/api"
    private static let certificateKey = "remora.dev/certificate"

    init(host: String, port: Int, isSecure: Bool, certificate: String? = nil) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
        self.certificate = certificate
    }

    /// Reads a lease's annotations; nil if they name none.
    init?(_ annotations: [String: String]) {
        guard let url = annotations[Self.urlKey], let scheme = url.firstRange(of: "://"),
            let colon = url.lastIndex(of: ":"), colon > scheme.upperBound,
            let port = UInt16(url[url.index(after: colon)...])
        else { return nil }
        let name = url[..<scheme.lowerBound]
        guard name == "http" || name == "https" else { return nil }
        let host = url[scheme.upperBound..<colon]
        self.init(
            host: String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host), port: Int(port),
            isSecure: name == "https", certificate: annotations[Self.certificateKey].flatMap { $0.isEmpty ? nil : $0 })
    }

    /// Without a path.
    var url: String { "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// For a lease. Empty values take a former leader's place, since annotations are merged.
    static func annotations(_ address: LeaderAddress?) -> [String: String] {
        [urlKey: address?.url ?? "", certificateKey: address?.certificate ?? ""]
    }
}
