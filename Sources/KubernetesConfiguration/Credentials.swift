public import CurlTransport
public import Timestamps
internal import YAML

/// Who a request says it comes from. Printing it, in whatever way, never shows a secret.
public struct Credentials: Sendable, Hashable {
    /// What the `Authorization` header says.
    public enum Authorization: Sendable, Hashable {
        /// Nothing: there is no such header.
        case none
        /// A token.
        case bearer(token: String)
        /// A user name and a password.
        case basic(user: String, password: String)

        /// The header's value; nil if there is to be none.
        public var headerValue: String? {
            switch self {
            case .none: nil
            case .bearer(let token): "Bearer \(token)"
            case .basic(let user, let password): "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
            }
        }
    }

    /// What the `Authorization` header says.
    public var authorization: Authorization
    /// Who we are by certificate.
    public var clientCertificate: TLSSettings.ClientCertificate?
    /// When the source says that these end; nil if they hold until refused.
    public var expiresAt: Timestamp?

    /// Nobody in particular, unless said otherwise.
    public init(
        authorization: Authorization = .none, clientCertificate: TLSSettings.ClientCertificate? = nil,
        expiresAt: Timestamp? = nil
    ) {
        self.authorization = authorization
        self.clientCertificate = clientCertificate
        self.expiresAt = expiresAt
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Which kinds of credential these are; no secret.
    public var description: String {
        var parts = [authorization.description]
        if clientCertificate != nil { parts.append("client certificate") }
        if let expiresAt { parts.append("until \(expiresAt)") }
        return "Credentials(\(parts.joined(separator: ", ")))"
    }

    /// As ``description``.
    public var debugDescription: String { description }
    /// Has no children, so that `dump` and test failures show no secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Credentials.Authorization: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Which kind this is; no secret.
    public var description: String {
        switch self {
        case .none: "no authorization"
        case .bearer: "bearer token"
        case .basic: "user name and password"
        }
    }

    /// As ``description``.
    public var debugDescription: String { description }
    /// Has no children, so that `dump` and test failures show no secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
