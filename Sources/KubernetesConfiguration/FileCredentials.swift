internal import CurlTransport

/// Credentials of a user entry or a service account, which may stand in files that are rotated.
final class FileCredentials: CredentialSource, CustomReflectable {
    /// Where the `Authorization` header comes from.
    enum AuthorizationSource: Sendable {
        case fixed(Credentials.Authorization)
        case tokenFile(WatchedFiles<String>, otherwise: String?)
    }

    /// Where the client certificate comes from.
    enum CertificateSource: Sendable {
        case none
        case fixed(TLSSettings.ClientCertificate)
        case files(WatchedFiles<TLSSettings.ClientCertificate>)
    }

    private let authorization: AuthorizationSource
    private let certificate: CertificateSource

    /// Tokens are read up to this size: API servers refuse headers that are longer.
    static let tokenByteLimit = 1 << 20

    /// Gives what these sources hold at each moment.
    init(_ authorization: AuthorizationSource, _ certificate: CertificateSource = .none) {
        self.authorization = authorization
        self.certificate = certificate
    }

    var customMirror: Mirror { Mirror(self, children: []) }

    func credentials() async throws(ConfigurationError) -> Credentials { try current() }

    /// What the files hold now; they are local and small, so that this does not wait.
    func current() throws(ConfigurationError) -> Credentials {
        Credentials(authorization: try currentAuthorization(), clientCertificate: try currentCertificate())
    }

    func refused(_ credentials: Credentials) async {
        if case .tokenFile(let file, _) = authorization, let token = file.lastValue,
            credentials.authorization == .bearer(token: token)
        {
            file.expire()
        }
        if case .files(let files) = certificate, files.lastValue == credentials.clientCertificate { files.expire() }
    }

    private func currentAuthorization() throws(ConfigurationError) -> Credentials.Authorization {
        switch authorization {
        case .fixed(let authorization): return authorization
        case .tokenFile(let file, let otherwise):
            do {
                return .bearer(token: try file.current())
            } catch {
                guard let otherwise else { throw error }
                return .bearer(token: otherwise)
            }
        }
    }

    private func currentCertificate() throws(ConfigurationError) -> TLSSettings.ClientCertificate? {
        switch certificate {
        case .none: nil
        case .fixed(let certificate): certificate
        case .files(let files): try files.current()
        }
    }

    /// What a file holds that has nothing but a token in it.
    static func token(in file: WatchedFile, clock: HostClock) -> WatchedFiles<String> {
        WatchedFiles([file], byteLimit: tokenByteLimit, clock: clock) { contents throws(ConfigurationError) in
            let token = String(String(decoding: contents[0], as: UTF8.self).trimmingSpaces())
            if token.isEmpty { throw file.invalid("is empty; it should hold a token") }
            if let problem = problem(withToken: token) { throw file.invalid(problem) }
            return token
        }
    }

    /// Nil if `token` can stand in a header; a line break would start another header.
    static func problem(withToken token: String) -> String? {
        token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            ? nil : "holds a space, a line break or a character outside ASCII, which no token has"
    }
}
