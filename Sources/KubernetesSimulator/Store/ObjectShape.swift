internal import JSON
internal import OrderedCollections

/// The order in which the server writes an object: kind and apiVersion first, metadata in the order of its type.
enum ObjectShape {
    /// The object with its kind and apiVersion, in order.
    static func ordered(_ object: JSONValue, _ resource: Resource) -> JSONValue {
        var members = object.object ?? [:]
        members["kind"] = nil
        members["apiVersion"] = nil
        let metadata = members.removeValue(forKey: "metadata") ?? [:]
        var ordered: OrderedDictionary<String, JSONValue> = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion),
            "metadata": Self.ordered(metadata),
        ]
        for (name, value) in members { ordered[name] = value }
        return .object(ordered)
    }

    private static func ordered(_ metadata: JSONValue) -> JSONValue {
        guard var rest = metadata.object else { return [:] }
        var ordered: OrderedDictionary<String, JSONValue> = [:]
        for name in metadataOrder {
            guard let value = rest.removeValue(forKey: name), !isEmpty(value) else { continue }
            ordered[name] = value
        }
        for (name, value) in rest { ordered[name] = value }
        return .object(ordered)
    }

    /// The server leaves out metadata without content.
    private static func isEmpty(_ value: JSONValue) -> Bool {
        value == .null || value == [:] || value == [] || value == ""
    }

    private static let metadataOrder = [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    ]
}

extension JSONValue {
    /// The value at a path of member names.
    func at(_ path: String...) -> JSONValue? {
        path.reduce(self as JSONValue?) { value, name in value?[name] }
    }

    /// A member of `metadata`.
    var metadata: JSONValue {
        get { self["metadata"] ?? [:] }
        set { self["metadata"] = newValue }
    }
}
