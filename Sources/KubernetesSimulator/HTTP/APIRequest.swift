internal import HTTPServer

/// A request, understood as far as its path and its method go.
struct APIRequest: Sendable {
    let http: HTTPRequest
    let target: RequestTarget
    let user: AccessRules.User
    /// The API's word for what is to be done; for paths that are no resource's, the method in small letters.
    let verb: String

    init(_ http: HTTPRequest, user: AccessRules.User) {
        self.http = http
        target = RequestTarget(path: http.path) ?? .none
        self.user = user
        verb = Self.verb(http, target)
    }

    private static func verb(_ http: HTTPRequest, _ target: RequestTarget) -> String {
        switch http.method {
        case _ where target == .none: return http.method.lowercased()
        case "GET", "HEAD":
            if isTrue(http.query["watch"]) { return "watch" }
            return target.name.isEmpty ? "list" : "get"
        case "POST": return "create"
        case "PUT": return "update"
        case "PATCH": return "patch"
        case "DELETE": return target.name.isEmpty ? "deletecollection" : "delete"
        default: return http.method.lowercased()
        }
    }

    private static func isTrue(_ value: String?) -> Bool { value == "1" || value == "true" }

    func flag(_ name: String) -> Bool { Self.isTrue(http.query[name]) }

    /// A parameter that is a number; nil if it is absent or empty.
    func number(_ name: String) throws(APIStatus) -> Int? {
        guard let text = http.query[name], !text.isEmpty else { return nil }
        guard let number = Int(text) else { throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax") }
        return number
    }

    /// A resourceVersion; nil if it is absent or empty.
    func resourceVersion() throws(APIStatus) -> UInt64? {
        guard let text = http.query["resourceVersion"], !text.isEmpty else { return nil }
        guard let revision = UInt64(text) else {
            throw .internalError(
                "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return revision
    }

    /// The objects that a list, a watch or a collection's deletion is about.
    func selection(_ resource: Resource) throws(APIStatus) -> Selection {
        var selection = Selection(namespace: target.namespace)
        selection.labels = try LabelSelector(http.query["labelSelector"] ?? "")
        selection.fields = try FieldSelector(http.query["fieldSelector"] ?? "", for: resource)
        return selection
    }

    /// Who is recorded as the writer: the parameter, or else the client program's name.
    var fieldManager: String {
        if let manager = http.query["fieldManager"], !manager.isEmpty { return manager }
        return http.headers["User-Agent"]?.split(separator: "/").first.map(String.init) ?? "unknown"
    }

    /// Whether nothing is to be stored.
    func isDryRun(_ optionsKind: String) throws(APIStatus) -> Bool {
        guard let value = http.query["dryRun"], !value.isEmpty else { return false }
        guard value == "All" else {
            throw .invalid(
                group: "meta.k8s.io", kind: optionsKind, name: "",
                [.unsupported("dryRun", "[]string{\"\(value)\"}", supported: ["All"])])
        }
        return true
    }
}
