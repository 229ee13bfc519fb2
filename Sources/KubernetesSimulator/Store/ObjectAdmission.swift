internal import JSON

/// Fits what a client sent to where it sent it, and to what is stored there already.
enum ObjectAdmission {
    /// The object, if its kind is the one of the path. Both may be left out.
    static func checkedType(_ object: JSONValue, _ resource: Resource) throws(APIStatus) -> JSONValue {
        guard object.object != nil else {
            throw .badRequest("the object provided is unrecognized: it is no JSON object")
        }
        let kind = object["kind"]?.string ?? resource.kind
        let apiVersion = object["apiVersion"]?.string ?? resource.apiVersion
        guard kind == resource.kind, apiVersion == resource.apiVersion else {
            throw .badRequest(
                "\(kind) in version \"\(apiVersion)\" cannot be handled as a \(resource.kind): "
                    + "this path takes kind \"\(resource.kind)\" in version \"\(resource.apiVersion)\"")
        }
        guard object["metadata"]?.object != nil || object["metadata"] == nil else {
            throw .badRequest("\(kind): metadata must be an object")
        }
        return object
    }

    /// The namespace that the object is to be in; nil for kinds without one.
    static func namespace(
        of metadata: JSONValue, _ resource: Resource, requested: String
    ) throws(APIStatus) -> String? {
        guard resource.isNamespaced else { return nil }
        let own = metadata["namespace"]?.string ?? ""
        if !own.isEmpty && !requested.isEmpty && own != requested {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        let namespace = requested.isEmpty ? own : requested
        return namespace.isEmpty ? "default" : namespace
    }

    /// Checks name, identity and version of an update; a partial one need not say which version it is of.
    static func checkIdentity(
        of metadata: JSONValue, against old: StoredObject, _ resource: Resource, isPartial: Bool = false
    ) throws(APIStatus) {
        if let name = metadata["name"]?.string, !name.isEmpty, name != old.name {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(old.name))")
        }
        _ = try namespace(of: metadata, resource, requested: old.namespace)
        if let uid = metadata["uid"]?.string, !uid.isEmpty, uid != old.uid {
            throw .conflict(
                resource, old.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
        }
        let version = metadata["resourceVersion"]?.string ?? ""
        if version.isEmpty {
            guard resource.kind != "Lease" || isPartial else { throw missingVersion(resource, old.name) }
        } else if version != String(old.resourceVersion) {
            throw .modified(resource, old.name)
        }
    }

    /// The new state: what the writer may not touch is taken from the old one.
    static func merged(
        _ object: JSONValue, over old: JSONValue, _ resource: Resource, _ scope: ObjectRegistry.WriteOptions.Scope
    ) -> JSONValue {
        var result = object
        switch scope {
        case .main where resource.hasStatus:
            result["status"] = old["status"]
        case .status:
            result = old
            result["status"] = object["status"]
            result["metadata"] = object["metadata"]
        case .main, .everything: break
        }
        for field in systemMetadata { result.metadata[field] = old.metadata[field] }
        if result.metadata["managedFields"] == nil { result.metadata["managedFields"] = old.metadata["managedFields"] }
        if resource.countsGenerations && result["spec"] != old["spec"] {
            result.metadata["generation"] = .integer((old.metadata["generation"]?.integer ?? 0) + 1)
        }
        return result
    }

    private static let systemMetadata = [
        "name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]

    /// Leases may not be overwritten blindly: leader election depends on it.
    private static func missingVersion(_ resource: Resource, _ name: String) -> APIStatus {
        // The server names the resource here where it usually names the kind.
        .invalid(
            group: resource.group, kind: resource.plural, name: name,
            [
                .init(
                    reason: "FieldValueInvalid", message: "Invalid value: 0x0: must be specified for an update",
                    field: "metadata.resourceVersion")
            ])
    }
}
