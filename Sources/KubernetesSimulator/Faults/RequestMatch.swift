/// Which requests a fault hits: those that agree with every part that is given.
public struct RequestMatch: Sendable, Equatable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; nil for all.
    public var verb: String?
    /// `pods` or `leases.coordination.k8s.io`; nil for all.
    public var resource: String?
    /// The namespace of the request's path; nil for all, empty for requests to the whole cluster.
    public var namespace: String?
    /// The object's name; nil for all.
    public var name: String?
    /// How the path begins; nil for all.
    public var pathPrefix: String?

    /// Every part is optional; with none, every request is hit.
    public init(
        verb: String? = nil, resource: String? = nil, namespace: String? = nil, name: String? = nil,
        pathPrefix: String? = nil
    ) {
        self.verb = verb
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.pathPrefix = pathPrefix
    }

    /// Whether the request is hit.
    func matches(_ request: APIRequest) -> Bool {
        (verb == nil || verb == request.verb)
            && (resource == nil || resource == request.target.qualifiedResource)
            && (namespace == nil || namespace == request.target.namespace)
            && (name == nil || name == request.target.name)
            && (pathPrefix.map(request.http.path.hasPrefix) ?? true)
    }

    /// Whether an open watch is hit; its path is no longer known.
    func matches(_ watch: WatchRequest) -> Bool {
        (verb == nil || verb == "watch")
            && (resource == nil || resource == watch.resource.qualified)
            && (namespace == nil || namespace == watch.selection.namespace)
    }
}
