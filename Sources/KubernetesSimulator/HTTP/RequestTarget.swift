/// What a path of the API points at: `/api/v1/namespaces/default/pods/web-1/log`.
struct RequestTarget: Sendable, Equatable {
    var group = ""
    var version = ""
    /// Empty for paths that are no resource's.
    var plural = ""
    /// Empty for requests to the whole cluster.
    var namespace = ""
    /// Empty for requests to a collection.
    var name = ""
    /// Empty for the object itself.
    var subresource = ""

    /// A path that is no resource's: discovery, health, version.
    static let none = RequestTarget()

    private init() {}

    /// Nil if the path is none of a resource.
    init?(path: String) {
        var parts = path.split(separator: "/").map(String.init)[...]
        switch parts.popFirst() {
        case "api": group = ""
        case "apis":
            guard let group = parts.popFirst() else { return nil }
            self.group = group
        default: return nil
        }
        guard let version = parts.popFirst(), let first = parts.first else { return nil }
        self.version = version
        // The collection of namespaces has paths that look like those of a namespace's contents.
        let isInside =
            first == "namespaces" && parts.count > 2 && !Self.namespaceSubresources.contains(parts.last ?? "")
        if isInside {
            namespace = parts[parts.startIndex + 1]
            parts = parts.dropFirst(2)
        }
        plural = parts.popFirst() ?? ""
        name = parts.popFirst() ?? ""
        subresource = parts.popFirst() ?? ""
        if !parts.isEmpty { return nil }
    }

    /// `pods` or `leases.coordination.k8s.io`.
    var qualifiedResource: String { group.isEmpty ? plural : "\(plural).\(group)" }

    private static let namespaceSubresources = ["status", "finalize"]
}
