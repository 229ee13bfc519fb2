internal import HTTPServer
internal import JSON
internal import Threading

/// Questions to the server about tokens and permissions: posted as objects, answered at once, never stored.
struct Review {
    private enum Kind: String {
        case token = "TokenReview"
        case ownAccess = "SelfSubjectAccessReview"
        case access = "SubjectAccessReview"
    }

    private let kind: Kind
    private let apiVersion: String

    /// Nil if the path asks no such question.
    init?(_ target: RequestTarget) {
        guard target.version == "v1" else { return nil }
        switch (target.group, target.plural) {
        case ("authentication.k8s.io", "tokenreviews"): kind = .token
        case ("authorization.k8s.io", "selfsubjectaccessreviews"): kind = .ownAccess
        case ("authorization.k8s.io", "subjectaccessreviews"): kind = .access
        default: return nil
        }
        apiVersion = "\(target.group)/v1"
    }

    func answer(_ request: APIRequest, _ simulator: KubernetesSimulator) throws(APIStatus) -> HTTPResponse {
        let body = try RequestBody.parse(request.http, kind: kind.rawValue)
        let spec = body["spec"] ?? [:]
        let access = simulator.state.withLock { $0.access }
        let status =
            switch kind {
            case .token: Self.tokenStatus(spec, access)
            case .ownAccess: Self.accessStatus(spec, request.user, access)
            case .access: Self.accessStatus(spec, .init(name: spec["user"]?.string ?? ""), access)
            }
        return .json(
            [
                "kind": .string(kind.rawValue), "apiVersion": .string(apiVersion),
                "metadata": ["creationTimestamp": .null], "spec": spec, "status": status,
            ], status: 201)
    }

    private static func tokenStatus(_ spec: JSONValue, _ access: AccessRules) -> JSONValue {
        let token = spec["token"]?.string ?? ""
        let wanted = spec["audiences"]?.array?.compactMap(\.string) ?? []
        if let user = access.tokens[token] { return authenticated(user, wanted) }
        guard let reviewed = access.reviewedTokens[token] else {
            return ["user": [:], "error": "invalid bearer token"]
        }
        let common = wanted.isEmpty ? reviewed.audiences : wanted.filter(reviewed.audiences.contains)
        if common.isEmpty {
            let list = wanted.map { "\"\($0)\"" }.joined(separator: " ")
            return ["user": [:], "error": .string("token audiences are not valid for any of [\(list)]")]
        }
        return authenticated(reviewed.user, common)
    }

    private static func authenticated(_ user: AccessRules.User, _ audiences: [String]) -> JSONValue {
        var details: JSONValue = ["username": .string(user.name)]
        if !user.uid.isEmpty { details["uid"] = .string(user.uid) }
        details["groups"] = .array(user.groups.map(JSONValue.string))
        var status: JSONValue = ["authenticated": true, "user": details]
        if !audiences.isEmpty { status["audiences"] = .array(audiences.map(JSONValue.string)) }
        return status
    }

    private static func accessStatus(_ spec: JSONValue, _ user: AccessRules.User, _ access: AccessRules) -> JSONValue {
        let asked = spec["resourceAttributes"] ?? [:]
        let group = asked["group"]?.string ?? ""
        var resource = asked["resource"]?.string ?? ""
        if !group.isEmpty { resource += ".\(group)" }
        if let subresource = asked["subresource"]?.string, !subresource.isEmpty { resource += "/\(subresource)" }
        let isAllowed = access.allows(
            user, verb: asked["verb"]?.string ?? "", resource: resource, namespace: asked["namespace"]?.string ?? "")
        return ["allowed": .boolean(isAllowed)]
    }
}
