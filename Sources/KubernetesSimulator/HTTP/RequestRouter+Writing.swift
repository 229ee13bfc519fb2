internal import HTTPServer
internal import JSON
internal import Threading

// Writing: each answer is the object as it is now, in the form that the client wants.
extension RequestRouter {
    func create(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        guard target.name.isEmpty, !resource.isNamespaced || !target.namespace.isEmpty else {
            throw .methodNotAllowed()
        }
        let object = try RequestBody.parse(request.http, kind: resource.kind)
        let options = try writeOptions(request, "CreateOptions", .main)
        let outcome = try simulator.carryOut { registry throws(APIStatus) in
            try registry.create(object, resource, namespace: target.namespace, options)
        }
        return try answer(request, resource, outcome)
    }

    func update(
        _ request: APIRequest, _ resource: Resource, _ scope: ObjectRegistry.WriteOptions.Scope
    ) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        guard !target.name.isEmpty else { throw .methodNotAllowed() }
        let object = try RequestBody.parse(request.http, kind: resource.kind)
        let options = try writeOptions(request, "UpdateOptions", scope)
        let outcome = try simulator.carryOut { registry throws(APIStatus) in
            try registry.update(object, resource, namespace: target.namespace, name: target.name, options)
        }
        return try answer(request, resource, outcome)
    }

    func patch(
        _ request: APIRequest, _ resource: Resource, _ scope: ObjectRegistry.WriteOptions.Scope
    ) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        guard !target.name.isEmpty else { throw .methodNotAllowed() }
        let patch = try Patch(request, resource)
        let options = try writeOptions(request, "PatchOptions", scope)
        let outcome = try simulator.carryOut { registry throws(APIStatus) in
            try registry.patch(patch, resource, namespace: target.namespace, name: target.name, options)
        }
        return try answer(request, resource, outcome)
    }

    func delete(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        let target = request.target
        let options = try deleteOptions(request)
        let outcome = try simulator.carryOut { registry throws(APIStatus) in
            try registry.delete(resource, namespace: target.namespace, name: target.name, options)
        }
        // The real server answers with the object as long as it exists, and always for pods.
        guard outcome.isRemoved && resource.kind != "Pod" else { return try answer(request, resource, outcome) }
        return .status(.deleted(resource, name: target.name, uid: outcome.object.uid))
    }

    func deleteCollection(_ request: APIRequest, _ resource: Resource) throws(APIStatus) -> HTTPResponse {
        guard !resource.isNamespaced || !request.target.namespace.isEmpty else { throw .methodNotAllowed() }
        let options = try deleteOptions(request)
        let list = ObjectRegistry.ListRequest(selection: try request.selection(resource))
        let page = try simulator.state.withLock { state throws(APIStatus) in
            try state.registry.list(resource, list)
        }
        for object in page.objects {
            _ = try simulator.carryOut { registry throws(APIStatus) in
                try registry.delete(resource, namespace: object.namespace, name: object.name, options)
            }
        }
        let metadata: JSONValue = ["resourceVersion": .string(String(page.revision))]
        return .json(
            Representation.full.encoded(
                page.objects, resource, metadata: metadata, now: simulator.configuration.now()))
    }

    private func answer(
        _ request: APIRequest, _ resource: Resource, _ outcome: ObjectRegistry.Outcome
    ) throws(APIStatus) -> HTTPResponse {
        .json(
            try representation(request).encoded(outcome.object, resource, now: simulator.configuration.now()),
            status: outcome.isCreated ? 201 : 200)
    }

    private func writeOptions(
        _ request: APIRequest, _ kind: String, _ scope: ObjectRegistry.WriteOptions.Scope
    ) throws(APIStatus) -> ObjectRegistry.WriteOptions {
        .init(scope: scope, manager: request.fieldManager, isDryRun: try request.isDryRun(kind))
    }

    private func deleteOptions(_ request: APIRequest) throws(APIStatus) -> ObjectRegistry.DeleteOptions {
        var options = ObjectRegistry.DeleteOptions()
        options.gracePeriodSeconds = try request.number("gracePeriodSeconds").map(Int64.init)
        options.isDryRun = try request.isDryRun("DeleteOptions")
        if request.http.body.isEmpty { return options }
        let body = try RequestBody.parse(request.http, kind: "DeleteOptions")
        options.gracePeriodSeconds = body["gracePeriodSeconds"]?.integer ?? options.gracePeriodSeconds
        options.uid = body.at("preconditions", "uid")?.string
        options.resourceVersion = body.at("preconditions", "resourceVersion")?.string
        if body["dryRun"]?.array?.contains("All") ?? false { options.isDryRun = true }
        return options
    }
}
