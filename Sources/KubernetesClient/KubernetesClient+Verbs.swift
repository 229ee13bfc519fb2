public import JSON

/// How a patch is meant (RFC 6902, RFC 7386, and Kubernetes' server-side apply).
public enum Patch: Sendable {
    /// JSON merge patch: members replace, null removes, lists are replaced whole.
    case merge(JSONValue)
    /// JSON patch: a list of operations; fails as a whole.
    case json([JSONValue])
    /// Server-side apply: the object with the fields that `fieldManager` wants. With `force` fields are taken over from
    /// other managers, otherwise theirs are a conflict (409).
    case apply(JSONValue, fieldManager: String, force: Bool)

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .json: "application/json-patch+json"
        // JSON is YAML.
        case .apply: "application/apply-patch+yaml"
        }
    }

    var body: JSONValue {
        switch self {
        case .merge(let value), .apply(let value, fieldManager: _, force: _): value
        case .json(let operations): .array(operations)
        }
    }
}

/// On which terms an object is deleted (meta/v1 DeleteOptions).
public struct DeleteOptions: Sendable {
    /// Only if the object has this uid.
    public var uid: String?
    /// Only if the object is at this version.
    public var resourceVersion: String?
    /// How long a pod may take to end; nil: as it says itself.
    public var gracePeriodSeconds: Int64?

    /// Without conditions unless given.
    public init(uid: String? = nil, resourceVersion: String? = nil, gracePeriodSeconds: Int64? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.gracePeriodSeconds = gracePeriodSeconds
    }

    var body: JSONValue {
        var options: JSONValue = ["kind": "DeleteOptions", "apiVersion": "v1"]
        options["gracePeriodSeconds"] = gracePeriodSeconds.map(JSONValue.integer)
        if uid != nil || resourceVersion != nil {
            var preconditions: JSONValue = [:]
            preconditions["uid"] = uid.map(JSONValue.string)
            preconditions["resourceVersion"] = resourceVersion.map(JSONValue.string)
            options["preconditions"] = preconditions
        }
        return options
    }
}

extension KubernetesClient {
    /// An object larger than this is not read: etcd stores up to 1.5 MB, which JSON escapes can make six times as long.
    private static let objectByteLimit = 32 << 20

    /// One object.
    public func get(_ resource: APIResource, namespace: String? = nil, name: String) async throws -> JSONValue {
        try await perform(.object("get", "GET", resource, namespace: namespace, name: name))
    }

    /// One object as a summary.
    public func get<Object: WatchedObject>(
        _ type: Object.Type, namespace: String? = nil, name: String
    ) async throws -> Object {
        let request = APIRequest.object("get", "GET", Object.resource, namespace: namespace, name: name)
        let response = try await open(request)
        let body = try await collect(response, limit: Self.objectByteLimit, for: response.request)
        return try decode(response.request) { () throws(JSONError) in
            let result = body.withUnsafeBytes { bytes in
                Result { () throws(JSONError) in
                    var reader = JSONReader(bytes)
                    return try Object(from: &reader, interner: StringInterner())
                }
            }
            return try result.get()
        }
    }

    /// All selected objects as summaries, and the version of the collection at that moment. Read in pages; if the server
    /// has forgotten the moment of the first page, it is read anew, so that the result is of one moment.
    public func list<Object: WatchedObject>(
        _ type: Object.Type, resource: APIResource = Object.resource, _ selection: Selection = Selection(),
        pageSize: Int = 500
    ) async throws -> (objects: [Object], version: ResourceVersion?) {
        var objects: [Object] = []
        var request = ListPageRequest(limit: pageSize)
        let interner = StringInterner()
        while true {
            do {
                let response = try await open(.page(request, of: resource, selection))
                let body = try await collect(response, limit: .max, for: response.request)
                let page = try decode(response.request) { () throws(JSONError) in
                    try ListPage<Object>(body: body, interner: interner)
                }
                objects += page.items.map(\.object)
                guard let token = page.continueToken else { return (objects, page.version) }
                request.continueToken = token
            } catch let error as APIError where error.status?.isExpired == true && request.continueToken != nil {
                // Once more without pages: this collection changes faster than they can be turned.
                objects = []
                request = ListPageRequest()
            }
        }
    }

    /// The first objects of a selection, at most `limit`: enough to know whether it can be read at all.
    public func firstPage<Object: WatchedObject>(
        _ type: Object.Type, resource: APIResource = Object.resource, _ selection: Selection = Selection(), limit: Int
    ) async throws -> [Object] {
        let response = try await open(.page(ListPageRequest(limit: limit), of: resource, selection))
        let body = try await collect(response, limit: .max, for: response.request)
        let page = try decode(response.request) { () throws(JSONError) in
            try ListPage<Object>(body: body, interner: StringInterner())
        }
        return page.items.map(\.object)
    }

    /// Creates an object and returns it as stored.
    @discardableResult
    public func create(_ resource: APIResource, _ object: JSONValue, namespace: String? = nil) async throws -> JSONValue
    {
        try await perform(.collection("create", "POST", resource, namespace: namespace, body: object.encoded()))
    }

    /// Replaces an object. If `object` holds a resourceVersion, only that version is replaced (409 otherwise).
    @discardableResult
    public func update(
        _ resource: APIResource, _ object: JSONValue, namespace: String? = nil, name: String,
        subresource: String? = nil
    ) async throws -> JSONValue {
        try await perform(
            .object(
                "update", "PUT", resource, namespace: namespace, name: name, subresource: subresource,
                body: object.encoded()))
    }

    /// Changes parts of an object.
    @discardableResult
    public func patch(
        _ resource: APIResource, _ patch: Patch, namespace: String? = nil, name: String, subresource: String? = nil
    ) async throws -> JSONValue {
        var request = APIRequest.object(
            "patch", "PATCH", resource, namespace: namespace, name: name, subresource: subresource,
            body: patch.body.encoded())
        request.contentType = patch.contentType
        if case .apply(_, let fieldManager, let force) = patch {
            request.query = [("fieldManager", fieldManager), ("force", force ? "true" : "false")]
        }
        return try await perform(request)
    }

    /// Deletes an object. Returns what the server says: a Status, or the object if it only begins to end.
    @discardableResult
    public func delete(
        _ resource: APIResource, namespace: String? = nil, name: String, options: DeleteOptions = DeleteOptions()
    ) async throws -> JSONValue {
        try await perform(
            .object(
                "delete", "DELETE", resource, namespace: namespace, name: name, body: options.body.encoded()))
    }

    /// Sends a request and reads its answer as a tree.
    private func perform(_ request: APIRequest) async throws -> JSONValue {
        let response = try await open(request)
        let body = try await collect(response, limit: Self.objectByteLimit, for: response.request)
        return try decode(response.request) { () throws(JSONError) in try JSONValue(parsing: body) }
    }
}
