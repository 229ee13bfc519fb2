internal import JSON

/// One revision of an object: its text, and the few values that lists and watches select by.
final class StoredObject: Sendable {
    /// `namespace/name`, or the name alone for kinds without a namespace: objects are listed in this order, as by etcd.
    let key: String
    let namespace: String
    let name: String
    let uid: String
    let resourceVersion: UInt64
    let labels: [String: String]
    /// The values of the resource's selectable fields that are present.
    let fields: [String: String]
    /// The object's JSON text, `{"kind":...,"apiVersion":...,` first.
    let bytes: [UInt8]
    /// Where the text goes on after kind and apiVersion.
    private let bodyOffset: Int

    /// Encodes an object under a new resourceVersion.
    init(_ object: JSONValue, _ resource: Resource, resourceVersion: UInt64) {
        var object = object
        object.metadata["resourceVersion"] = .string(String(resourceVersion))
        let metadata = object.metadata
        name = metadata["name"]?.string ?? ""
        namespace = metadata["namespace"]?.string ?? ""
        key = Self.key(resource, namespace: namespace, name: name)
        uid = metadata["uid"]?.string ?? ""
        labels = (metadata["labels"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
        fields = resource.selectableFields.reduce(into: [:]) { fields, path in
            fields[path] = Self.field(path, of: object)
        }
        bytes = ObjectShape.ordered(object, resource).encoded()
        bodyOffset = "{\"kind\":\"\(resource.kind)\",\"apiVersion\":\"\(resource.apiVersion)\",".utf8.count
        self.resourceVersion = resourceVersion
    }

    /// The object as a tree, parsed anew: objects rest as text, which takes a fraction of the memory.
    var value: JSONValue {
        // Our own writer's text; were it not JSON, null would show in every test.
        (try? JSONValue(parsing: bytes)) ?? .null
    }

    /// The text of a list item: typed lists leave kind and apiVersion out. The opening brace must be written before it.
    var itemBytesWithoutBrace: ArraySlice<UInt8> { bytes[bodyOffset...] }

    static func key(_ resource: Resource, namespace: String, name: String) -> String {
        resource.isNamespaced ? "\(namespace)/\(name)" : name
    }

    private static func field(_ path: String, of object: JSONValue) -> String? {
        // The only selectable field that is no path of its own: an event's source is its component.
        let path = path == "source" ? "source.component" : path
        let value = path.split(separator: ".").reduce(object as JSONValue?) { value, name in value?[String(name)] }
        return value?.string ?? value?.boolean.map(String.init)
    }
}
