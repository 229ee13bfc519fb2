public import CurlTransport
public import JSON
public import KubernetesConfiguration

/// Why a request to the API server did not succeed.
public enum APIError: Error, Sendable {
    /// The server answered, and not with success.
    case status(APIStatus, APIRequestSummary)
    /// The server could not be reached, or the exchange broke.
    case transport(TransportError, APIRequestSummary)
    /// The server's answer is not the JSON that it should be.
    case malformed(JSONError, APIRequestSummary)
    /// The request names no object: sent all the same, it would be about the whole collection.
    case noName(APIRequestSummary)
    /// The credentials or the certificates for the request could not be had.
    case configuration(ConfigurationError)

    /// Whether the same request may succeed later without anyone changing it.
    public var isRetryable: Bool {
        switch self {
        case .status(let status, _): status.code == 429 || status.code >= 500 || status.code == 409
        case .transport(let error, _): error.isRetryable
        case .malformed, .configuration: true
        case .noName: false
        }
    }

    /// The server's status, if it answered.
    public var status: APIStatus? { if case .status(let status, _) = self { status } else { nil } }
}

/// Which request an error is about.
public struct APIRequestSummary: Sendable, Equatable, CustomStringConvertible {
    /// As RBAC calls it: get, list, watch, create, update, patch, delete.
    public let verb: String
    /// The resource's name in RBAC rules, with its group.
    public let resource: String
    /// The object or the namespace concerned, empty for the whole cluster.
    public let object: String
    /// The server's address.
    public let server: String

    /// `list pods in namespace shop`.
    public var description: String { object.isEmpty ? "\(verb) \(resource)" : "\(verb) \(resource) \(object)" }
}

extension APIError: CustomStringConvertible {
    /// What happened, to what, and what to do about it.
    public var description: String {
        switch self {
        case .transport(let error, let request): "cannot \(request): \(error)"
        case .malformed(let error, let request):
            "cannot \(request): the answer of \(request.server) is malformed (\(error)); is it an API server?"
        case .configuration(let error): "\(error)"
        case .noName(let request): "cannot \(request): the name or the namespace is empty, \".\" or \"..\""
        case .status(let status, let request):
            "cannot \(request): \(status.message.isEmpty ? "the server answers \(status.code)" : status.message)"
                + Self.advice(for: status, request).map { "; \($0)" }.joined()
        }
    }

    private static func advice(for status: APIStatus, _ request: APIRequestSummary) -> [String] {
        switch status.code {
        case 401:
            ["\(request.server) does not accept these credentials: renew them, or name others in the kubeconfig"]
        case 403:
            [
                "grant the verb \(request.verb) on \(request.resource) by a Role and a RoleBinding"
                    + " (or the cluster-wide kinds), and see what is allowed with: kubectl auth can-i --list"
            ]
        case 404 where status.reason != "NotFound" || status.message.contains("could not find the requested resource"):
            ["this server does not have \(request.resource): see what it has with: kubectl api-resources"]
        case 409 where status.reason == "Conflict": ["someone else changed it: read it again and repeat the change"]
        case 413: ["the object is too large"]
        case 429: ["the server is busy: try again later"]
        case 503, 504: ["the server is not ready: try again later"]
        default: []
        }
    }
}
