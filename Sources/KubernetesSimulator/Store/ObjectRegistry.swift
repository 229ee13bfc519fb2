internal import JSON
internal import Timestamps

/// The rules of the API above the bare store: identities, validation, optimistic locking, deletion by steps. No I/O, no
/// clock but the one it is given.
struct ObjectRegistry {
    /// Who writes, and which part of the object.
    struct WriteOptions: Sendable {
        enum Scope: Sendable {
            /// A client's write: `status` is left alone where it has a path of its own.
            case main
            /// A write to the status path: everything but `status` and `metadata` is left alone.
            case status
            /// A write by the program that runs the simulator: it is trusted with all of the object.
            case everything
        }

        var scope = Scope.main
        /// Recorded in `managedFields`; nil leaves those as they are.
        var manager: String?
        /// Nothing is stored.
        var isDryRun = false
    }

    /// What came of a write.
    struct Outcome: Sendable {
        /// The object as it is now; for a removal, its last state.
        let object: StoredObject
        /// For watches, in order.
        var changes: [Change] = []
        var isCreated = false
        /// The object is gone, and not merely marked for deletion.
        var isRemoved = false
        /// The removal that must follow when the object's grace period is over.
        var pendingRemoval: PendingRemoval?
    }

    /// A pod that has been told to stop.
    struct PendingRemoval: Sendable {
        let resource: Resource
        let key: String
        let uid: String
        let gracePeriodSeconds: Int64
    }

    var store: ObjectStore
    let catalog: ResourceCatalog
    let requiresNamespaces: Bool
    let now: @Sendable () -> Timestamp

    func get(_ resource: Resource, namespace: String, name: String) throws(APIStatus) -> StoredObject {
        let key = StoredObject.key(resource, namespace: namespace, name: name)
        guard let object = store.object(resource, key: key) else { throw .notFound(resource, name) }
        return object
    }

    // MARK: Create

    mutating func create(
        _ object: JSONValue, _ resource: Resource, namespace: String, _ options: WriteOptions
    ) throws(APIStatus) -> Outcome {
        var object = try ObjectAdmission.checkedType(object, resource)
        object.metadata = try createdMetadata(object.metadata, resource, namespace: namespace, options)
        let namespace = object.metadata["namespace"]?.string ?? ""
        let name = object.metadata["name"]?.string ?? ""
        try checkNamespace(namespace, resource)
        object = ObjectDefaults.applied(to: object, resource, keepsStatus: options.scope == .everything)
        if resource.countsGenerations { object.metadata["generation"] = 1 }
        try ObjectValidation.check(object, resource)
        let key = StoredObject.key(resource, namespace: namespace, name: name)
        guard store.object(resource, key: key) == nil else { throw .alreadyExists(resource, name) }
        if let manager = options.manager {
            object = ManagedFields.recordingUpdate(of: nil, to: object, by: manager, resource, now())
        }
        return write(options) { registry in
            let change = registry.store.put(object, resource)
            return Outcome(object: change.object, changes: [change], isCreated: true)
        }
    }

    private func createdMetadata(
        _ metadata: JSONValue, _ resource: Resource, namespace: String, _ options: WriteOptions
    ) throws(APIStatus) -> JSONValue {
        var metadata = metadata
        if metadata["resourceVersion"]?.string?.isEmpty == false {
            throw .internalError("resourceVersion should not be set on objects to be created")
        }
        metadata["namespace"] = try ObjectAdmission.namespace(of: metadata, resource, requested: namespace)
            .map(JSONValue.string)
        if metadata["name"]?.string?.isEmpty ?? true, let base = metadata["generateName"]?.string, !base.isEmpty {
            metadata["name"] = .string(RandomText.generatedName(base))
        }
        let keepsIdentity = options.scope == .everything
        if !keepsIdentity || metadata["uid"] == nil { metadata["uid"] = .string(RandomText.uuid()) }
        if !keepsIdentity || metadata["creationTimestamp"]?.string == nil {
            metadata["creationTimestamp"] = .string(now().description)
        }
        metadata["generation"] = nil
        metadata["deletionTimestamp"] = nil
        metadata["deletionGracePeriodSeconds"] = nil
        return metadata
    }

    private func checkNamespace(_ namespace: String, _ resource: Resource) throws(APIStatus) {
        guard requiresNamespaces, resource.isNamespaced, let namespaces = catalog.resource("namespaces") else { return }
        if store.object(namespaces, key: namespace) == nil { throw .notFound(namespaces, namespace) }
    }

    // MARK: Update

    mutating func update(
        _ object: JSONValue, _ resource: Resource, namespace: String, name: String, _ options: WriteOptions
    ) throws(APIStatus) -> Outcome {
        let old = try get(resource, namespace: namespace, name: name)
        var object = try ObjectAdmission.checkedType(object, resource)
        try ObjectAdmission.checkIdentity(of: object.metadata, against: old, resource)
        let oldValue = old.value
        object = ObjectAdmission.merged(object, over: oldValue, resource, options.scope)
        try ObjectValidation.check(object, resource)
        try ObjectValidation.checkUpdate(from: oldValue, to: object, resource)
        if let manager = options.manager {
            object = ManagedFields.recordingUpdate(
                of: oldValue, to: object, by: manager, resource, now())
        }
        return replace(old, with: object, resource, options)
    }

    /// Stores the next state of an object; without a difference nothing happens, as in the real server.
    mutating func replace(
        _ old: StoredObject, with object: JSONValue, _ resource: Resource, _ options: WriteOptions
    ) -> Outcome {
        if old.bytes == StoredObject(object, resource, resourceVersion: old.resourceVersion).bytes {
            return Outcome(object: old)
        }
        let isFinished =
            object.metadata["deletionTimestamp"] != nil && (object.metadata["finalizers"]?.array ?? []).isEmpty
            && (object.metadata["deletionGracePeriodSeconds"]?.integer ?? 0) == 0
        return write(options) { registry in
            let change = registry.store.put(object, resource)
            guard isFinished else { return Outcome(object: change.object, changes: [change]) }
            let removal = registry.store.remove(change.object, resource)
            return Outcome(object: removal.object, changes: [change, removal], isRemoved: true)
        }
    }

    /// Runs a change of the store, or with dry run on a copy of it.
    mutating func write(_ options: WriteOptions, _ body: (inout ObjectRegistry) -> Outcome) -> Outcome {
        guard options.isDryRun else { return body(&self) }
        var copy = self
        var outcome = body(&copy)
        outcome.changes = []
        outcome.pendingRemoval = nil
        return outcome
    }
}
