internal import JSON
internal import Timestamps

extension ObjectRegistry {
    /// What a client may ask of a deletion.
    struct DeleteOptions: Sendable {
        var gracePeriodSeconds: Int64?
        var uid: String?
        var resourceVersion: String?
        var isDryRun = false
    }

    /// Removes an object, or marks it for deletion if it has finalizers or is a pod on a node.
    mutating func delete(
        _ resource: Resource, namespace: String, name: String, _ options: DeleteOptions
    ) throws(APIStatus) -> Outcome {
        let old = try get(resource, namespace: namespace, name: name)
        try check(options, old, resource)
        let value = old.value
        let grace = gracePeriod(of: value, resource, requested: options.gracePeriodSeconds)
        let writeOptions = WriteOptions(isDryRun: options.isDryRun)
        let hasFinalizers = !(value.metadata["finalizers"]?.array ?? []).isEmpty
        guard grace > 0 || hasFinalizers else {
            return write(writeOptions) { $0.remove(old, resource) }
        }
        var outcome = replace(
            old, with: markedForDeletion(value, graceSeconds: grace), resource, writeOptions)
        if grace > 0 && !options.isDryRun {
            outcome.pendingRemoval = PendingRemoval(
                resource: resource, key: old.key, uid: old.uid, gracePeriodSeconds: grace)
        }
        return outcome
    }

    /// Does what a node's agent does when a pod's containers have stopped. Nil if the pod is gone, or another by now.
    mutating func finish(_ removal: PendingRemoval) -> Outcome? {
        guard let object = store.object(removal.resource, key: removal.key), object.uid == removal.uid else {
            return nil
        }
        var value = object.value
        guard value.metadata["deletionTimestamp"] != nil else { return nil }
        guard (value.metadata["finalizers"]?.array ?? []).isEmpty else {
            value.metadata["deletionGracePeriodSeconds"] = 0
            return replace(object, with: value, removal.resource, WriteOptions())
        }
        return remove(object, removal.resource)
    }

    private func check(_ options: DeleteOptions, _ old: StoredObject, _ resource: Resource) throws(APIStatus) {
        if let uid = options.uid, uid != old.uid {
            throw .preconditionFailed(
                resource, old.name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(old.uid)). "
                    + "The object might have been deleted and then recreated")
        }
        if let version = options.resourceVersion, version != String(old.resourceVersion) {
            throw .preconditionFailed(
                resource, old.name,
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
                    + "(\(old.resourceVersion)). The object might have been modified")
        }
    }

    /// Only pods that a node runs, or may still run, are given time.
    private func gracePeriod(of object: JSONValue, _ resource: Resource, requested: Int64?) -> Int64 {
        guard resource.kind == "Pod", object.at("spec", "nodeName")?.string?.isEmpty == false else { return 0 }
        if ["Failed", "Succeeded"].contains(object.at("status", "phase")?.string) { return 0 }
        let usual = object.at("spec", "terminationGracePeriodSeconds")?.integer ?? ObjectDefaults.gracePeriodSeconds
        return max(0, requested ?? usual)
    }

    private func markedForDeletion(_ object: JSONValue, graceSeconds: Int64) -> JSONValue {
        var object = object
        let isShorter = object.metadata["deletionGracePeriodSeconds"]?.integer.map { graceSeconds < $0 } ?? true
        if object.metadata["deletionTimestamp"] == nil || isShorter {
            object.metadata["deletionTimestamp"] = .string((now() + .seconds(graceSeconds)).description)
            object.metadata["deletionGracePeriodSeconds"] = .integer(graceSeconds)
        }
        return object
    }

    private mutating func remove(_ object: StoredObject, _ resource: Resource) -> Outcome {
        var changes = resource.kind == "Namespace" ? removeContents(of: object.name) : []
        let removal = store.remove(object, resource)
        changes.append(removal)
        return Outcome(object: removal.object, changes: changes, isRemoved: true)
    }

    /// The real server leaves this to a controller; here it happens at once and regardless of finalizers.
    private mutating func removeContents(of namespace: String) -> [Change] {
        var changes: [Change] = []
        for resource in catalog.resources where resource.isNamespaced {
            for object in store.collection(resource).objects where object.namespace == namespace {
                changes.append(store.remove(object, resource))
            }
        }
        return changes
    }
}
