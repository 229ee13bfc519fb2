/// Who may do what: everyone everything, but for what is denied here.
public struct AccessRules: Sendable, Equatable {
    /// Somebody who sends requests.
    public struct User: Sendable, Equatable {
        /// Such as `system:serviceaccount:remora:hub`.
        public var name: String
        /// Such as `system:authenticated`.
        public var groups: [String]
        /// The cluster's name for the account; reported by token reviews.
        public var uid: String

        /// A user.
        public init(name: String, groups: [String] = ["system:authenticated"], uid: String = "") {
            self.name = name
            self.groups = groups
            self.uid = uid
        }

        /// Whoever sends no token.
        public static let anonymous = User(name: "system:anonymous", groups: ["system:unauthenticated"])
    }

    /// Something that is denied; parts that are nil fit everything.
    public struct Denial: Sendable, Equatable {
        /// The user's name.
        public var user: String?
        /// The verb, such as `list`.
        public var verb: String?
        /// `pods` or `leases.coordination.k8s.io`, with the subresource as in `pods/log`.
        public var resource: String?
        /// The namespace; empty for requests to the whole cluster.
        public var namespace: String?

        /// Every part is optional.
        public init(user: String? = nil, verb: String? = nil, resource: String? = nil, namespace: String? = nil) {
            self.user = user
            self.verb = verb
            self.resource = resource
            self.namespace = namespace
        }
    }

    /// A token that is good for some audiences only, such as a projected service account token.
    public struct ReviewedToken: Sendable, Equatable {
        /// Whose it is.
        public var user: User
        /// Whom it may be shown to.
        public var audiences: [String]

        /// A token.
        public init(user: User, audiences: [String]) {
            self.user = user
            self.audiences = audiences
        }
    }

    /// Known bearer tokens. With none, everybody is anonymous and let in; with some, any other token, or none, is
    /// answered 401.
    public var tokens: [String: User] = [:]
    /// Tokens that a token review knows beside ``tokens``.
    public var reviewedTokens: [String: ReviewedToken] = [:]
    /// What is denied.
    public var denials: [Denial] = []

    /// Everything is allowed to everybody.
    public init() {}

    /// Who sends this `Authorization` header.
    func user(authorization: String?) throws(APIStatus) -> User {
        if tokens.isEmpty { return .anonymous }
        let token = authorization.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        guard let token, let user = tokens[token] else { throw .unauthorized }
        return user
    }

    /// Whether nothing denies it. The resource is given with its subresource.
    func allows(_ user: User, verb: String, resource: String, namespace: String) -> Bool {
        !denials.contains { denial in
            (denial.user == nil || denial.user == user.name) && (denial.verb == nil || denial.verb == verb)
                && (denial.resource == nil || denial.resource == resource)
                && (denial.namespace == nil || denial.namespace == namespace)
        }
    }
}
