internal import JSON
public import Timestamps

/// A lease: who leads, and until when (coordination.k8s.io/v1 Lease).
public struct Lease: Sendable, Equatable {
    /// Where it is.
    public var key: ObjectKey
    /// The version that was read: a write succeeds only on top of it. Empty for one that is to be created.
    public var resourceVersion: String
    /// Who holds it; empty if nobody does.
    public var holder: String
    /// For how long after `renewed` it is held.
    public var durationSeconds: Int64
    /// When the holder took it.
    public var acquired: Timestamp?
    /// When the holder last said that it is still there.
    public var renewed: Timestamp?
    /// How often it went from one holder to another.
    public var transitions: Int64
    /// What the holder leaves for its successor, by keys with a prefix.
    public var annotations: [String: String] = [:]

    /// A lease.
    public init(
        key: ObjectKey, resourceVersion: String = "", holder: String, durationSeconds: Int64,
        acquired: Timestamp? = nil, renewed: Timestamp? = nil, transitions: Int64 = 0
    ) {
        self.key = key
        self.resourceVersion = resourceVersion
        self.holder = holder
        self.durationSeconds = durationSeconds
        self.acquired = acquired
        self.renewed = renewed
        self.transitions = transitions
    }

    init(_ object: JSONValue) {
        let metadata = object["metadata"]
        let spec = object["spec"]
        self.init(
            key: ObjectKey(
                namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? ""),
            resourceVersion: metadata?["resourceVersion"]?.string ?? "",
            holder: spec?["holderIdentity"]?.string ?? "",
            durationSeconds: spec?["leaseDurationSeconds"]?.integer ?? 0,
            acquired: spec?["acquireTime"]?.string.flatMap { Timestamp($0) },
            renewed: spec?["renewTime"]?.string.flatMap { Timestamp($0) },
            transitions: spec?["leaseTransitions"]?.integer ?? 0)
        annotations = (metadata?["annotations"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
    }

    var object: JSONValue {
        var metadata: JSONValue = ["name": .string(key.name), "namespace": .string(key.namespace)]
        if !resourceVersion.isEmpty { metadata["resourceVersion"] = .string(resourceVersion) }
        if !annotations.isEmpty {
            var members: JSONValue = [:]
            for (key, value) in annotations.sorted(by: { $0.key < $1.key }) { members[key] = .string(value) }
            metadata["annotations"] = members
        }
        var spec: JSONValue = [
            "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(durationSeconds),
            "leaseTransitions": .integer(transitions),
        ]
        spec["acquireTime"] = acquired.map { .string($0.withMicroseconds) }
        spec["renewTime"] = renewed.map { .string($0.withMicroseconds) }
        return ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec]
    }
}

extension KubernetesClient {
    /// Reads a lease; nil if there is none.
    public func lease(_ key: ObjectKey) async throws -> Lease? {
        do {
            return Lease(try await get(.leases, namespace: key.namespace, name: key.name))
        } catch let error as APIError where error.status?.code == 404 {
            return nil
        }
    }

    /// Writes a lease: creates it, or replaces exactly the version that was read. A 409 means that another was faster.
    public func write(_ lease: Lease) async throws -> Lease {
        if lease.resourceVersion.isEmpty {
            return Lease(try await create(.leases, lease.object, namespace: lease.key.namespace))
        }
        return Lease(
            try await update(.leases, lease.object, namespace: lease.key.namespace, name: lease.key.name))
    }
}
