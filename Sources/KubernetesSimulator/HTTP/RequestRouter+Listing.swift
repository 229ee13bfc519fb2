internal import HTTPServer
internal import JSON
internal import Threading

// Reading: one object, or a list of them.
extension RequestRouter {
    func get(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        let representation = try representation(request)
        let target = request.target
        let object = try simulator.state.withLock { state throws(APIStatus) in
            try state.registry.get(resource, namespace: target.namespace, name: target.name)
        }
        return .json(representation.encoded(object, resource, now: simulator.configuration.now()))
    }

    func list(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        let representation = try representation(request)
        let listRequest = try Self.listRequest(request, resource)
        let page = try simulator.state.withLock { state throws(APIStatus) in
            try state.registry.list(resource, listRequest)
        }
        var metadata: JSONValue = ["resourceVersion": .string(String(page.revision))]
        if let token = page.continueToken { metadata["continue"] = .string(token) }
        if let count = page.remainingItemCount { metadata["remainingItemCount"] = .integer(Int64(count)) }
        return .json(
            representation.encoded(page.objects, resource, metadata: metadata, now: simulator.configuration.now()))
    }

    /// A pod's log, or the little that can be said of it.
    func log(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        let lineLimit = try request.number("tailLines")
        let text = try simulator.state.withLock { state throws(APIStatus) in
            let pod = try state.registry.get(resource, namespace: target.namespace, name: target.name)
            return state.podLogs[pod.key] ?? "This is the log of the simulated pod \(pod.name).\n"
        }
        guard let lineLimit else { return .text(text) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        return .text(lines.suffix(lineLimit).map { "\($0)\n" }.joined())
    }

    func representation(_ request: APIRequest) throws(APIStatus) -> Representation {
        try Negotiation.representation(
            accept: request.http.headers["Accept"], includeObject: request.http.query["includeObject"])
    }

    private static func listRequest(
        _ request: APIRequest, _ resource: Resource
    ) throws(APIStatus) -> ObjectRegistry.ListRequest {
        var list = ObjectRegistry.ListRequest()
        list.selection = try request.selection(resource)
        list.limit = try request.number("limit") ?? 0
        let revision = try request.resourceVersion()
        let match = request.http.query["resourceVersionMatch"] ?? ""
        try check(match, revision)
        if let token = request.http.query["continue"], !token.isEmpty {
            if revision ?? 0 > 0 || !match.isEmpty {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            list.version = .continuing(try ContinueToken(parsing: token))
            return list
        }
        list.version = version(revision, match, limit: list.limit)
        return list
    }

    private static func version(_ revision: UInt64?, _ match: String, limit: Int) -> ObjectRegistry.ListRequest.Version
    {
        guard let revision else { return .mostRecent }
        if revision == 0 { return .any }
        // From before resourceVersionMatch: with a limit, a revision meant exactly that one.
        if match == "Exact" || match.isEmpty && limit > 0 { return .exactly(revision) }
        return .notOlderThan(revision)
    }

    private static func check(_ match: String, _ revision: UInt64?) throws(APIStatus) {
        let field = "resourceVersionMatch"
        let cause: APIStatus.Cause
        switch (match, revision) {
        case ("", _): return
        case (_, nil):
            cause = .forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided")
        case ("Exact", 0):
            cause = .forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
        case ("Exact", _), ("NotOlderThan", _): return
        default: cause = .unsupported(field, "\"\(match)\"", supported: ["Exact", "NotOlderThan", ""])
        }
        throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", [cause])
    }
}
