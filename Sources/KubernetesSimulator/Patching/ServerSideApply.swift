internal import JSON

extension ObjectRegistry {
    /// Server-side apply: the fields of the configuration are set and owned by the manager; fields that it applied before
    /// and no longer does are removed, unless somebody else owns them, too.
    mutating func apply(
        _ configuration: JSONValue, _ resource: Resource, namespace: String, name: String, force: Bool,
        _ options: WriteOptions
    ) throws(APIStatus) -> Outcome {
        try Self.check(configuration, resource)
        let manager = options.manager ?? ""
        let fields = FieldSet(of: configuration, .ignored)
        let key = StoredObject.key(resource, namespace: namespace, name: name)
        guard let old = store.object(resource, key: key) else {
            guard configuration.metadata["name"]?.string == name else { throw .namelessApply(name) }
            return try createApplied(configuration, fields, resource, namespace: namespace, manager, options)
        }
        try ObjectAdmission.checkIdentity(of: configuration.metadata, against: old, resource, isPartial: true)
        let live = old.value
        var managed = ManagedFields(live.metadata)
        let conflicts = Self.conflicts(managed, fields, live, configuration, manager)
        guard force || conflicts.isEmpty else { throw .applyConflict(conflicts) }
        for conflict in conflicts { managed.remove(conflict.fields, exceptOf: manager, "Apply") }
        let abandoned = managed.fields(of: manager, "Apply").subtracting(fields)
        managed.set(fields, of: manager, "Apply", resource.apiVersion, at: now())
        let kept = managed.entries.reduce(FieldSet()) { $0.union($1.fields) }
        var result = AppliedMerge.applied(configuration, to: live, field: "")
        AppliedMerge.remove(abandoned, keeping: kept, from: &result, field: "")
        result = ObjectAdmission.merged(result, over: live, resource, options.scope)
        result.metadata["managedFields"] = managed.json
        try ObjectValidation.check(result, resource)
        try ObjectValidation.checkUpdate(from: live, to: result, resource)
        return replace(old, with: result, resource, options)
    }

    private mutating func createApplied(
        _ configuration: JSONValue, _ fields: FieldSet, _ resource: Resource, namespace: String, _ manager: String,
        _ options: WriteOptions
    ) throws(APIStatus) -> Outcome {
        var managed = ManagedFields([:])
        managed.set(fields, of: manager, "Apply", resource.apiVersion, at: now())
        var object = configuration
        object.metadata["managedFields"] = managed.json
        var options = options
        options.manager = nil
        return try create(object, resource, namespace: namespace, options)
    }

    private static func check(_ configuration: JSONValue, _ resource: Resource) throws(APIStatus) {
        let version = configuration["apiVersion"]?.string ?? ""
        guard version == resource.apiVersion else {
            throw .badRequest(
                "Incorrect version specified in apply patch. Specified patch version: \(version), expected: "
                    + resource.apiVersion)
        }
        _ = try ObjectAdmission.checkedType(configuration, resource)
        guard configuration.metadata["managedFields"] == nil else {
            throw .badRequest("metadata.managedFields must be nil")
        }
    }

    /// The fields, by their owner, that the configuration would change.
    private static func conflicts(
        _ managed: ManagedFields, _ fields: FieldSet, _ live: JSONValue, _ configuration: JSONValue, _ manager: String
    ) -> [ManagedFields.Entry] {
        managed.entries.compactMap { entry in
            if entry.manager == manager && entry.operation == "Apply" { return nil }
            var conflict = entry
            conflict.fields = entry.fields.intersection(fields).differences(live, configuration)
            return conflict.fields.isEmpty ? nil : conflict
        }
    }
}

extension APIStatus {
    fileprivate static func namelessApply(_ name: String) -> APIStatus {
        .badRequest("the name of the object (\(name) based on URL) was undeterminable: name must be provided")
    }

    fileprivate static func applyConflict(_ conflicts: [ManagedFields.Entry]) -> APIStatus {
        let causes = conflicts.flatMap { entry in
            entry.fields.paths.map { path in
                // Of those who applied, the server does not say in which version.
                Cause(
                    reason: "FieldManagerConflict",
                    message: "conflict with \"\(entry.manager)\""
                        + (entry.operation == "Apply" ? "" : " using \(entry.apiVersion)"),
                    field: path)
            }
        }
        let count = causes.count == 1 ? "1 conflict" : "\(causes.count) conflicts"
        let list = causes.map { "\($0.message): \($0.field ?? "")" }.joined(separator: ", ")
        var status = APIStatus(
            code: 409, reason: "Conflict", message: "Apply failed with \(count): \(list)")
        status.causes = causes
        return status
    }
}
