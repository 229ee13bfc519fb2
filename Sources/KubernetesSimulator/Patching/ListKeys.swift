internal import JSON
internal import OrderedCollections

/// How lists are merged: which of their elements' members tell one element from another. A small part of the API's
/// schema, by the names of fields, for the kinds that the simulator stores.
enum ListKeys {
    /// What a list is to a merge.
    enum Sort: Sendable, Equatable {
        /// Replaced whole.
        case atomic
        /// Scalars, each at most once.
        case set
        /// Objects, told apart by these members.
        case map([String])
    }

    /// How a list in this field is merged, by strategic merge patch and by server-side apply alike.
    static func sort(of field: String) -> Sort { known[field] ?? .atomic }

    /// The member that strategic merge patch tells elements apart by: the first key that they have. Ports of services
    /// have no `containerPort`.
    static func strategicKey(_ keys: [String], of elements: [JSONValue]) -> String {
        keys.first { key in elements.contains { $0[key] != nil } } ?? "port"
    }

    /// The members that server-side apply tells an element apart by; nil if it has none of them.
    static func identity(_ keys: [String], of element: JSONValue) -> OrderedDictionary<String, JSONValue>? {
        let isServicePort = keys.first == "containerPort" && element["containerPort"] == nil
        var identity: OrderedDictionary<String, JSONValue> = [:]
        for key in isServicePort ? ["port", "protocol"] : keys {
            identity[key] = element[key]
        }
        if identity.isEmpty { return nil }
        // As defaulting would fill it in.
        if keys.contains("protocol") && identity["protocol"] == nil { identity["protocol"] = "TCP" }
        return identity
    }

    private static let known: [String: Sort] = [
        "containers": .map(["name"]),
        "initContainers": .map(["name"]),
        "ephemeralContainers": .map(["name"]),
        "volumes": .map(["name"]),
        "env": .map(["name"]),
        "ports": .map(["containerPort", "protocol"]),
        "volumeMounts": .map(["mountPath"]),
        "volumeDevices": .map(["devicePath"]),
        "imagePullSecrets": .map(["name"]),
        "hostAliases": .map(["ip"]),
        "conditions": .map(["type"]),
        "ownerReferences": .map(["uid"]),
        "secrets": .map(["name"]),
        "addresses": .map(["type"]),
        "podIPs": .map(["ip"]),
        "finalizers": .set,
    ]
}
