package import JSON

/// A question to the server: may we do this? (authorization.k8s.io/v1 SelfSubjectAccessReview)
public struct AccessReview: Sendable, Hashable, CustomStringConvertible {
    /// get, list, watch, create, update, patch, delete, …
    public var verb: String
    /// On what.
    public var resource: APIResource
    /// On which part of it, such as `log` of pods; nil: on the objects themselves.
    public var subresource: String?
    /// Where; nil: in every namespace.
    public var namespace: String?
    /// On which object; nil: on all.
    public var name: String?

    /// A question.
    public init(
        verb: String, resource: APIResource, subresource: String? = nil, namespace: String? = nil, name: String? = nil
    ) {
        self.verb = verb
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }

    /// `watch pods in namespace shop`.
    public var description: String {
        let object = name.map { " \($0)" } ?? ""
        let place = namespace.map { " in namespace \($0)" } ?? (resource.isNamespaced ? " in all namespaces" : "")
        return "\(verb) \(resource.qualifiedName)\(subresource.map { "/\($0)" } ?? "")\(object)\(place)"
    }

    /// As reviews about oneself and about others have it (authorization.k8s.io/v1 ResourceAttributes).
    package var attributes: JSONValue {
        var attributes: JSONValue = [
            "verb": .string(verb), "group": .string(resource.group), "version": .string(resource.version),
            "resource": .string(resource.plural),
        ]
        attributes["subresource"] = subresource.map(JSONValue.string)
        attributes["namespace"] = namespace.map(JSONValue.string)
        attributes["name"] = name.map(JSONValue.string)
        return attributes
    }

    var body: JSONValue {
        [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": ["resourceAttributes": attributes],
        ]
    }
}

/// The server's answer to an ``AccessReview``.
public struct AccessDecision: Sendable, Hashable {
    /// Whether it is allowed.
    public let isAllowed: Bool
    /// Why, or why not, if the server says.
    public let reason: String
}

extension KubernetesClient {
    /// Asks whether we are allowed to do something. Everybody may ask.
    public func mayI(_ review: AccessReview) async throws -> AccessDecision {
        let answer = try await create(.selfSubjectAccessReviews, review.body)
        let status = answer["status"]
        return AccessDecision(
            isAllowed: status?["allowed"]?.boolean ?? false, reason: status?["reason"]?.string ?? "")
    }
}
