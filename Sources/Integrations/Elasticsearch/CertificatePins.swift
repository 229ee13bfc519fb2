internal import Crypto
internal import FoundationEssentials
internal import YAML

/// Certificates that were found by their fingerprint.
///
/// The server is asked for its chain without a word about who we are; if the certificate is in it, it becomes the only
/// one that the connections which follow trust.
actor CertificatePins {
    private var known: [String: [UInt8]] = [:]

    /// The certificate (PEM) with a fingerprint, out of the chain that the server shows.
    func certificate(
        _ fingerprint: String, of address: WebAddress, _ http: HTTPClient
    ) async throws(IntegrationError) -> [UInt8] {
        let name = "\(fingerprint) \(address.origin)"
        if let certificate = known[name] { return certificate }
        var probe = HTTPCall("Elasticsearch", "HEAD", address)
        probe.address.path = "/"
        probe.address.query = nil
        probe.address.userInfo = nil
        probe.tls.trust = .anything
        probe.wantsCertificates = true
        let chain = try await http.send(probe).certificates
        guard let certificate = chain.first(where: { Self.fingerprint($0) == fingerprint }) else {
            throw IntegrationError(
                .tls,
                "no trusted TLS connection to \(address.origin): no certificate that it shows has the fingerprint given"
            )
        }
        if known.count > 100 { known.removeAll() }
        known[name] = Array(certificate.utf8)
        return Array(certificate.utf8)
    }

    private static func fingerprint(_ pem: String) -> String? {
        let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        return Base64.decode(lines.joined()).map { Digest.sha256($0) }
    }
}
