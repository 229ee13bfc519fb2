internal import HTTPServer
internal import Threading

extension RequestRouter {
    /// Opens a watch. It is registered before the header leaves, so that whoever has seen the header misses nothing.
    func watch(
        _ request: APIRequest, _ resource: Resource, _ faults: [WatchFault]
    ) throws(APIStatus) -> HTTPResponse {
        let session = WatchSession(try watchRequest(request, resource), faults, simulator)
        return HTTPResponse(
            headers: ["Content-Type": "application/json", "Cache-Control": "no-cache, private"],
            body: .stream { writer in try await session.run(writer) })
    }

    private func watchRequest(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> WatchRequest {
        var selection = try request.selection(resource)
        if !request.target.name.isEmpty {
            selection.fields = try FieldSelector("metadata.name=\(request.target.name)", for: resource)
        }
        let timeout = try request.number("timeoutSeconds")
        return WatchRequest(
            resource: resource, selection: selection, representation: try representation(request),
            start: try start(request), allowsBookmarks: request.flag("allowWatchBookmarks"),
            timeout: timeout.map { .seconds($0) } ?? simulator.configuration.defaultWatchTimeout)
    }

    private func start(_ request: APIRequest) throws(APIStatus) -> WatchRequest.Start {
        let revision = try request.resourceVersion() ?? 0
        let match = request.http.query["resourceVersionMatch"] ?? ""
        let wantsInitialEvents = request.flag("sendInitialEvents")
        if simulator.configuration.offersStreamingLists && wantsInitialEvents {
            guard match == "NotOlderThan" else {
                throw Self.invalidOptions(
                    "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            }
            return .streamingList(notOlderThan: revision)
        }
        if !match.isEmpty { throw Self.invalidOptions("resourceVersionMatch is forbidden for watch") }
        return revision == 0 ? .mostRecent : .after(revision)
    }

    private static func invalidOptions(_ rule: String) -> APIStatus {
        .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", [.forbidden("resourceVersionMatch", rule)])
    }
}
