internal import HTTPServer
internal import JSON
internal import Threading

/// Takes a request to the code that answers it: who is it, may they, does it go wrong on purpose, and what is it about.
struct RequestRouter: Sendable {
    let simulator: KubernetesSimulator

    func answer(_ http: HTTPRequest) async -> HTTPResponse {
        if simulator.configuration.offersControl && http.path.hasPrefix(SimulatorControl.pathPrefix) {
            return SimulatorControl(simulator: simulator).answer(http)
        }
        do throws(APIStatus) {
            let access = simulator.state.withLock { $0.access }
            let user = try access.user(authorization: http.headers["Authorization"])
            let request = APIRequest(http, user: user)
            let faults = simulator.state.withLock { state in
                state.log.record(LoggedRequest(request))
                return state.faults.take(for: request)
            }
            return await answer(request, faults, access)
        } catch {
            return .status(error)
        }
    }

    private func answer(_ request: APIRequest, _ faults: [RequestFault], _ access: AccessRules) async -> HTTPResponse {
        for fault in faults {
            switch fault {
            case .delay(let duration): try? await Task.sleep(for: duration)
            case .status(let status): return .status(status)
            case .answer(let status, let contentType, let body):
                return HTTPResponse(
                    status: status, headers: ["Content-Type": contentType], body: .bytes(Array(body.utf8)))
            case .hang:
                await Self.untilCancelled()
                return HTTPResponse(body: .disconnect)
            case .hangAfterHeader:
                return HTTPResponse(
                    headers: ["Content-Type": "application/json"], body: .stream { _ in await Self.untilCancelled() })
            case .disconnect: return HTTPResponse(body: .disconnect)
            case .truncate(let count): return Self.truncated(checkedDispatch(request, access, []), after: count)
            case .watch(let faults): return checkedDispatch(request, access, faults)
            }
        }
        return checkedDispatch(request, access, [])
    }

    private static func untilCancelled() async {
        // No client waits for a year; a cancelled sleep returns at once.
        try? await Task.sleep(for: .seconds(365 * 86_400))
    }

    private static func truncated(_ response: HTTPResponse, after count: Int) -> HTTPResponse {
        guard case .bytes(let bytes) = response.body else { return response }
        var response = response
        response.body = .stream { writer in
            try await writer.write(Array(bytes.prefix(count)))
            writer.disconnect()
        }
        return response
    }

    private func checkedDispatch(
        _ request: APIRequest, _ access: AccessRules, _ faults: [WatchFault]
    ) -> HTTPResponse {
        do throws(APIStatus) {
            try check(request, access)
            if request.target == .none { return try Discovery.answer(request.http, simulator) }
            return try dispatch(request, faults)
        } catch {
            return .status(error)
        }
    }

    private func check(_ request: APIRequest, _ access: AccessRules) throws(APIStatus) {
        let target = request.target
        var resource = target.qualifiedResource
        if !target.subresource.isEmpty { resource += "/\(target.subresource)" }
        if !access.allows(request.user, verb: request.verb, resource: resource, namespace: target.namespace) {
            throw .forbidden(request)
        }
    }

    private func dispatch(_ request: APIRequest, _ faults: [WatchFault]) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        if let review = Review(target) {
            guard request.verb == "create" else { throw .methodNotAllowed() }
            return try review.answer(request, simulator)
        }
        let catalog = ResourceCatalog.standard
        guard let resource = catalog.resource(group: target.group, version: target.version, plural: target.plural)
        else { throw .noSuchResource() }
        if !target.subresource.isEmpty { return try answerSubresource(request, resource) }
        switch request.verb {
        case "list": return try list(request, resource)
        case "watch": return try watch(request, resource, faults)
        case "get": return try get(request, resource)
        case "create": return try create(request, resource)
        case "update": return try update(request, resource, .main)
        case "patch": return try patch(request, resource, .main)
        case "delete": return try delete(request, resource)
        case "deletecollection": return try deleteCollection(request, resource)
        default: throw .methodNotAllowed()
        }
    }

    private func answerSubresource(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        switch (request.target.subresource, request.verb) {
        case ("status", "get") where resource.hasStatus: return try get(request, resource)
        case ("status", "update") where resource.hasStatus: return try update(request, resource, .status)
        case ("status", "patch") where resource.hasStatus: return try patch(request, resource, .status)
        case ("log", "get") where resource.kind == "Pod": return try log(request, resource)
        default: throw .noSuchResource()
        }
    }
}

extension LoggedRequest {
    init(_ request: APIRequest) {
        verb = request.verb
        resource = request.target.plural.isEmpty ? "" : request.target.qualifiedResource
        namespace = request.target.namespace
        name = request.target.name
        path = request.http.path
        query = Dictionary(
            request.http.query.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        userAgent = request.http.headers["User-Agent"] ?? ""
        user = request.user.name
    }
}

extension APIStatus {
    static func forbidden(_ request: APIRequest) -> APIStatus {
        let target = request.target
        if target == .none {
            var status = APIStatus(
                code: 403, reason: "Forbidden",
                message: "forbidden: User \"\(request.user.name)\" cannot \(request.verb) path \"\(request.http.path)\""
            )
            status.hasDetails = true
            return status
        }
        let resource = target.subresource.isEmpty ? target.plural : "\(target.plural)/\(target.subresource)"
        let scope = target.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(target.namespace)\""
        let subject = target.name.isEmpty ? target.qualifiedResource : "\(target.qualifiedResource) \"\(target.name)\""
        var status = APIStatus(
            code: 403, reason: "Forbidden",
            message: "\(subject) is forbidden: User \"\(request.user.name)\" cannot \(request.verb) resource "
                + "\"\(resource)\" in API group \"\(target.group)\" \(scope)")
        status.name = target.name
        status.group = target.group
        status.kind = target.plural
        return status
    }
}
