internal import HTTPServer
public import JSON
internal import Threading

/// A Kubernetes API server in memory, for fast tests and demonstrations.
///
/// It lists, watches, patches and deletes as the real one does, closely enough for kubectl, and goes wrong on demand. It
/// runs nothing: pods change when somebody changes them (see ``SimulatedPod``). It is never a substitute for tests
/// against the real server.
///
/// ```swift
/// let simulator = try KubernetesSimulator()
/// let url = try await simulator.start()
/// try simulator.create(SimulatedPod(name: "web-1").object)
/// simulator.inject(.disconnect, for: RequestMatch(verb: "list"), times: 1)
/// await simulator.stop()
/// ```
///
/// All functions may be called from any thread. Those that take a `resource` want its plural, with the group if it has
/// one: `pods`, `leases.coordination.k8s.io`.
public final class KubernetesSimulator: Sendable {
    /// How it behaves.
    public let configuration: SimulatorConfiguration
    let state: Locked<SimulatorState>
    private let server = Locked<HTTPServer?>(nil)

    /// A cluster with the namespaces that every cluster has, and nothing in them. It does not listen yet.
    public init(_ configuration: SimulatorConfiguration = SimulatorConfiguration()) {
        self.configuration = configuration
        state = Locked(SimulatorState(configuration))
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            // Cannot fail: the names are valid and the cluster is empty.
            _ = try? create(["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]])
        }
    }

    /// Starts to listen, and returns the URL to give to clients.
    @discardableResult public func start() async throws -> String {
        let server = try await HTTPServer.start(host: configuration.host, port: configuration.port) {
            [weak self] request in
            guard let self else { return HTTPResponse(body: .disconnect) }
            return await RequestRouter(simulator: self).answer(request)
        }
        self.server.withLock { $0 = server }
        return server.url
    }

    /// Closes all connections and stops listening. The objects stay.
    public func stop() async {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        await server?.shutdown()
    }

    /// Where clients find the simulator; nil while it does not listen.
    public var url: String? { server.withLock { $0?.url } }

    /// How many connections are open.
    public var connectionCount: Int { server.withLock { $0?.connectionCount ?? 0 } }
}

// MARK: Objects, without HTTP

extension KubernetesSimulator {
    /// The number of the latest change.
    public var resourceVersion: UInt64 { state.withLock { $0.registry.store.revision } }

    /// Creates an object as a trusted writer: its status, uid and creation time are kept if they are given.
    @discardableResult public func create(_ object: JSONValue) throws(APIStatus) -> JSONValue {
        try write(object) { registry, resource throws(APIStatus) in
            try registry.create(object, resource, namespace: "", .init(scope: .everything))
        }
    }

    /// Replaces an object, status included. With a resourceVersion it must be the stored one's.
    @discardableResult public func update(_ object: JSONValue) throws(APIStatus) -> JSONValue {
        try write(object) { registry, resource throws(APIStatus) in
            try registry.update(
                object, resource, namespace: object.metadata["namespace"]?.string ?? "default",
                name: object.metadata["name"]?.string ?? "", .init(scope: .everything))
        }
    }

    /// Reads an object, changes it and writes it back in one step; returns it as it is then.
    @discardableResult public func modify(
        _ resource: String, namespace: String = "", name: String, _ change: (inout JSONValue) -> Void
    ) throws(APIStatus) -> JSONValue {
        let resource = try self.resource(resource)
        return try carryOut { registry throws(APIStatus) in
            var object = try registry.get(resource, namespace: namespace, name: name).value
            change(&object)
            return try registry.update(
                object, resource, namespace: namespace, name: name, .init(scope: .everything))
        }.object.value
    }

    /// Deletes an object as a client would: pods on nodes and objects with finalizers are only marked at first.
    public func delete(
        _ resource: String, namespace: String = "", name: String, gracePeriodSeconds: Int64? = nil
    ) throws(APIStatus) {
        let resource = try self.resource(resource)
        _ = try carryOut { registry throws(APIStatus) in
            try registry.delete(
                resource, namespace: namespace, name: name, .init(gracePeriodSeconds: gracePeriodSeconds))
        }
    }

    /// Reads an object.
    public func get(_ resource: String, namespace: String = "", name: String) throws(APIStatus) -> JSONValue {
        let resource = try self.resource(resource)
        return try state.withLock { state throws(APIStatus) in
            try state.registry.get(resource, namespace: namespace, name: name)
        }.value
    }

    /// All objects of a resource, or those of a namespace, by namespace and name.
    public func list(_ resource: String, namespace: String = "") throws(APIStatus) -> [JSONValue] {
        let resource = try self.resource(resource)
        return state.withLock { $0.registry.store.collection(resource).objects }
            .filter { namespace.isEmpty || $0.namespace == namespace }
            .map(\.value)
    }

    /// The resourceVersion of every object, by `namespace/name` (or `name`): what a client's store should hold, too.
    public func snapshot(_ resource: String) throws(APIStatus) -> [String: String] {
        let resource = try self.resource(resource)
        return state.withLock { $0.registry.store.collection(resource).objects }
            .reduce(into: [:]) { $0[$1.key] = String($1.resourceVersion) }
    }

    /// Sets what `kubectl logs` shows of a pod.
    public func setLog(_ text: String, namespace: String = "default", pod: String) {
        state.withLock { $0.podLogs["\(namespace)/\(pod)"] = text }
    }

    /// Changes who may do what, from the next request on.
    public func setAccess(_ access: AccessRules) {
        state.withLock { $0.access = access }
    }

    private func write(
        _ object: JSONValue,
        _ body: (inout ObjectRegistry, Resource) throws(APIStatus) -> ObjectRegistry.Outcome
    ) throws(APIStatus) -> JSONValue {
        let apiVersion = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        guard let resource = ResourceCatalog.standard.resource(apiVersion: apiVersion, kind: kind) else {
            throw .badRequest("the simulator stores no kind \"\(kind)\" of version \"\(apiVersion)\"")
        }
        return try carryOut { registry throws(APIStatus) in try body(&registry, resource) }.object.value
    }

    private func resource(_ qualified: String) throws(APIStatus) -> Resource {
        guard let resource = ResourceCatalog.standard.resource(qualified) else {
            throw .badRequest("the simulator has no resource \"\(qualified)\": name it as in pods or deployments.apps")
        }
        return resource
    }

    /// Runs a write under the lock, tells the watches, and sees to what must follow later.
    func carryOut(
        _ body: (inout ObjectRegistry) throws(APIStatus) -> ObjectRegistry.Outcome
    ) throws(APIStatus) -> ObjectRegistry.Outcome {
        let outcome = try state.withLock { state throws(APIStatus) in try state.write(body) }
        if let removal = outcome.pendingRemoval { schedule(removal) }
        return outcome
    }

    private func schedule(_ removal: ObjectRegistry.PendingRemoval) {
        var wait = Duration.seconds(removal.gracePeriodSeconds)
        switch configuration.podTermination {
        case .afterGracePeriod: break
        case .after(let limit): wait = min(wait, limit)
        case .byHand: return
        }
        Task { [weak self] in
            try? await Task.sleep(for: wait)
            self?.finish(removal)
        }
    }

    private func finish(_ removal: ObjectRegistry.PendingRemoval) {
        state.withLock { state in
            guard let outcome = state.registry.finish(removal) else { return }
            state.hub.publish(outcome.changes, now: state.registry.now())
        }
    }
}
