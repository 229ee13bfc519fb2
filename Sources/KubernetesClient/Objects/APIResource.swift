/// A kind of object that the API serves, and the path at which it does.
///
/// See https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris.
public struct APIResource: Sendable, Hashable {
    /// The API group; empty for the core group.
    public let group: String
    /// The group's version, for example `v1`.
    public let version: String
    /// The name in paths and in RBAC rules: lower case, plural.
    public let plural: String
    /// The name in objects.
    public let kind: String
    /// Whether objects live in namespaces.
    public let isNamespaced: Bool

    /// Describes a resource; those that Remora uses are there as constants.
    public init(group: String = "", version: String = "v1", plural: String, kind: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// As written in an object's `apiVersion`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// As `kubectl` names it: `pods`, `leases.coordination.k8s.io`.
    public var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// The path of the collection in a namespace, or of all namespaces if `namespace` is nil.
    func path(namespace: String?) -> String {
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        guard let namespace, isNamespaced else { return "\(root)/\(plural)" }
        return "\(root)/namespaces/\(namespace.percentEncodedForPath)/\(plural)"
    }

    /// The path of one object.
    func path(namespace: String?, name: String, subresource: String? = nil) -> String {
        let object = "\(path(namespace: namespace))/\(name.percentEncodedForPath)"
        return subresource.map { "\(object)/\($0)" } ?? object
    }
}

extension APIResource {
    /// core/v1 Pod.
    public static let pods = APIResource(plural: "pods", kind: "Pod")
    /// core/v1 ConfigMap.
    public static let configMaps = APIResource(plural: "configmaps", kind: "ConfigMap")
    /// core/v1 Secret.
    public static let secrets = APIResource(plural: "secrets", kind: "Secret")
    /// core/v1 Service.
    public static let services = APIResource(plural: "services", kind: "Service")
    /// core/v1 Event.
    public static let events = APIResource(plural: "events", kind: "Event")
    /// core/v1 Node.
    public static let nodes = APIResource(plural: "nodes", kind: "Node", isNamespaced: false)
    /// core/v1 Namespace.
    public static let namespaces = APIResource(plural: "namespaces", kind: "Namespace", isNamespaced: false)
    /// coordination.k8s.io/v1 Lease.
    public static let leases = APIResource(group: "coordination.k8s.io", plural: "leases", kind: "Lease")
    /// networking.k8s.io/v1 NetworkPolicy.
    public static let networkPolicies = APIResource(
        group: "networking.k8s.io", plural: "networkpolicies", kind: "NetworkPolicy")
    /// authorization.k8s.io/v1 SelfSubjectAccessReview.
    public static let selfSubjectAccessReviews = APIResource(
        group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview",
        isNamespaced: false)
}

extension APIResource {
    /// authentication.k8s.io/v1 TokenReview.
    public static let tokenReviews = APIResource(
        group: "authentication.k8s.io", plural: "tokenreviews", kind: "TokenReview", isNamespaced: false)
    /// authorization.k8s.io/v1 SubjectAccessReview.
    public static let subjectAccessReviews = APIResource(
        group: "authorization.k8s.io", plural: "subjectaccessreviews", kind: "SubjectAccessReview",
        isNamespaced: false)
    /// core/v1 ServiceAccount.
    public static let serviceAccounts = APIResource(plural: "serviceaccounts", kind: "ServiceAccount")
}

extension String {
    /// Names come from outside: whatever they hold, they stay one segment of a path.
    var percentEncodedForPath: String { percentEncoded(keeping: "-._~:") }

    /// For a value in a query.
    var percentEncodedForQuery: String { percentEncoded(keeping: "-._~") }

    private func percentEncoded(keeping marks: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case _ where marks.utf8.contains(byte): bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
