/// Which objects a list or a watch is about.
public struct Selection: Sendable, Hashable {
    /// Only objects of this namespace; nil: of all.
    public var namespace: String?
    /// As `kubectl -l`, for example `app=web,tier!=db`.
    public var labelSelector: String?
    /// As `kubectl --field-selector`, for example `metadata.name=kubeshark-config-map`.
    public var fieldSelector: String?

    /// All objects, unless narrowed.
    public init(namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    /// One object by name.
    public static func named(_ name: String, in namespace: String) -> Selection {
        Selection(namespace: namespace, fieldSelector: "metadata.name=\(name)")
    }

    var query: [(String, String)] {
        [("labelSelector", labelSelector), ("fieldSelector", fieldSelector)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}

/// One page of a list.
struct ListPageRequest: Sendable, Hashable {
    /// At most this many objects; nil: all.
    var limit: Int?
    /// Where the page before ended.
    var continueToken: String?
    /// Not older than this; nil: as of now, which the server reads from its store by quorum.
    var notOlderThan: ResourceVersion?
    /// As of exactly this version. Pages that follow another are of its version by their token.
    var exactly: ResourceVersion?

    var query: [(String, String)] {
        var query: [(String, String)] = []
        if let limit { query.append(("limit", String(limit))) }
        if let continueToken { query.append(("continue", continueToken)) }
        if let notOlderThan {
            query.append(("resourceVersion", notOlderThan.text))
            query.append(("resourceVersionMatch", "NotOlderThan"))
        }
        if let exactly, continueToken == nil {
            query.append(("resourceVersion", exactly.text))
            query.append(("resourceVersionMatch", "Exact"))
        }
        return query
    }
}

/// A watch's terms.
struct WatchRequest: Sendable, Hashable {
    enum Start: Sendable, Hashable {
        /// Changes after this version.
        case after(ResourceVersion)
        /// What there is, then a mark, then changes (KEP-3157).
        case initialEvents
    }

    var start: Start
    /// After this the server ends the watch.
    var lifetime: Duration
    /// A connection from the pool will not do: the last one was found dead.
    var wantsNewConnection = false

    var query: [(String, String)] {
        var query = [
            ("watch", "true"), ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", String(max(1, lifetime.components.seconds))),
        ]
        switch start {
        case .after(let version): query.append(("resourceVersion", version.text))
        case .initialEvents:
            query.append(("sendInitialEvents", "true"))
            query.append(("resourceVersionMatch", "NotOlderThan"))
        }
        return query
    }
}
