internal import JSON
internal import OrderedCollections

/// A set of fields of an object, as `managedFields` writes it: a tree of path elements.
///
/// `f:name` is a member, `k:{"name":"web"}` an element of a list that is told apart by its members, `v:"text"` an element
/// of a set of scalars; a dot says that the place itself belongs to the set, and not only what is below it.
struct FieldSet: Sendable, Equatable {
    private(set) var isMember = false
    private(set) var children: OrderedDictionary<String, FieldSet> = [:]

    init() {}

    var isEmpty: Bool { !isMember && children.isEmpty }

    /// Which places count as set that have others below them.
    enum Containers: Sendable {
        /// None but the elements of lists: applying sets values.
        case ignored
        /// All that are optional in the API: an update may bring them into being.
        case included
    }

    /// Every field that an object sets, but for those that are the server's own.
    init(of object: JSONValue, _ containers: Containers) {
        for (name, value) in object.object ?? [:] where name != "kind" && name != "apiVersion" {
            let set =
                name == "metadata"
                ? FieldSet(metadata: value, containers) : FieldSet(value, field: name, containers)
            if !set.isEmpty { children["f:\(name)"] = set }
        }
    }

    private init(metadata: JSONValue, _ containers: Containers) {
        for (name, value) in metadata.object ?? [:] where !Self.systemMetadata.contains(name) {
            children["f:\(name)"] = FieldSet(value, field: name, containers)
        }
    }

    private init(_ value: JSONValue, field: String, _ containers: Containers) {
        switch value {
        case .object(let members):
            for (name, member) in members { children["f:\(name)"] = FieldSet(member, field: name, containers) }
        case .array(let elements):
            for element in elements {
                guard let path = Self.element(element, of: field) else { continue }
                children[path] = FieldSet(element, field: "", containers)
                children[path]?.isMember = true
            }
        default: break
        }
        isMember = children.isEmpty || containers == .included && !Self.requiredContainers.contains(field)
    }

    /// Places that every object has: nobody brings them into being.
    private static let requiredContainers: Set<String> = ["", "containers", "spec", "status", "template"]
    private static let systemMetadata: Set<String> = [
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "selfLink",
    ]

    /// The path element of a list's element; nil if the list is replaced whole, or the element has none of its keys.
    static func element(_ element: JSONValue, of field: String) -> String? {
        switch ListKeys.sort(of: field) {
        case .atomic: nil
        case .set: "v:\(element)"
        case .map(let keys): ListKeys.identity(keys, of: element).map { "k:\(JSONValue.object($0))" }
        }
    }

    /// The value at a path element below `value`, which stands in `field`.
    static func child(_ path: String, of value: JSONValue?, field: String) -> JSONValue? {
        if path.hasPrefix("f:") { return value?[String(path.dropFirst(2))] }
        return value?.array?.first { element($0, of: field) == path }
    }

    /// The field that a path element names, for what stands below it; elements of lists name none.
    static func field(_ path: String) -> String { path.hasPrefix("f:") ? String(path.dropFirst(2)) : "" }

    // MARK: Text

    /// Reads `fieldsV1`.
    init(fieldsV1: JSONValue, isRoot: Bool = true) {
        for (name, value) in fieldsV1.object ?? [:] {
            if name == "." { isMember = true } else { children[name] = FieldSet(fieldsV1: value, isRoot: false) }
        }
        if !isRoot && children.isEmpty { isMember = true }
    }

    /// `fieldsV1`: a leaf is `{}`.
    var fieldsV1: JSONValue {
        var object: JSONValue = [:]
        if isMember && !children.isEmpty { object["."] = [:] }
        for (name, child) in children.sorted(by: { $0.key < $1.key }) { object[name] = child.fieldsV1 }
        return object
    }

    // MARK: Algebra

    func union(_ other: FieldSet) -> FieldSet {
        var result = self
        result.isMember = isMember || other.isMember
        result.children.merge(other.children) { $0.union($1) }
        return result
    }

    func subtracting(_ other: FieldSet) -> FieldSet {
        var result = FieldSet()
        result.isMember = isMember && !other.isMember
        for (name, child) in children {
            let rest = other.children[name].map(child.subtracting) ?? child
            if !rest.isEmpty { result.children[name] = rest }
        }
        return result
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet()
        result.isMember = isMember && other.isMember
        for (name, child) in children {
            guard let common = other.children[name].map(child.intersection), !common.isEmpty else { continue }
            result.children[name] = common
        }
        return result
    }

    /// The members whose values differ between two objects. Places with members below them have no value of their own.
    func differences(_ a: JSONValue?, _ b: JSONValue?, field: String = "") -> FieldSet {
        var result = FieldSet()
        if children.isEmpty {
            result.isMember = isMember && a != b && !Self.areContainers(a, b, field)
            return result
        }
        for (path, child) in children {
            let difference = child.differences(
                Self.child(path, of: a, field: field), Self.child(path, of: b, field: field), field: Self.field(path))
            if !difference.isEmpty { result.children[path] = difference }
        }
        return result
    }

    /// Two values that are merged, and not replaced one by the other: they cannot differ as a whole.
    private static func areContainers(_ a: JSONValue?, _ b: JSONValue?, _ field: String) -> Bool {
        switch (a, b) {
        case (.object, .object): true
        case (.array, .array): ListKeys.sort(of: field) != .atomic
        default: false
        }
    }

    /// Every member as the server writes it in messages: `.spec.containers[name="web"].image`.
    var paths: [String] {
        children.sorted { $0.key < $1.key }.flatMap { name, child in
            let element = Self.readable(name)
            return (child.isMember ? [element] : []) + child.paths.map { element + $0 }
        }
    }

    private static func readable(_ element: String) -> String {
        let text = String(element.dropFirst(2))
        switch element.prefix(2) {
        case "f:": return ".\(text)"
        case "v:": return "[=\(text)]"
        default:
            let identity = (try? JSONValue(parsing: text))?.object ?? [:]
            return "[\(identity.map { "\($0.key)=\($0.value)" }.joined(separator: ","))]"
        }
    }
}
