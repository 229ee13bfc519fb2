import JSON

@testable import KubernetesClient

/// The smallest object that can be watched.
struct TestObject: WatchedObject, Equatable {
    static let resource = APIResource.configMaps
    let identity: ObjectIdentity

    init(_ name: String, uid: String = "u", version: Int) {
        identity = ObjectIdentity(
            key: ObjectKey(namespace: "ns", name: name), uid: uid, resourceVersion: String(version))
    }

    init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        identity = try ObjectSummary(from: &reader, interner: interner).identity
    }
}

/// A change in a form that tests can compare.
enum Change: Equatable, CustomStringConvertible {
    case added(TestObject)
    case modified(TestObject, from: TestObject)
    case deleted(TestObject)

    init(_ change: InformerChange<TestObject>) {
        switch change {
        case .added(let object): self = .added(object)
        case .modified(let object, from: let known): self = .modified(object, from: known)
        case .deleted(let object): self = .deleted(object)
        }
    }

    var description: String {
        func words(_ object: TestObject) -> String {
            "\(object.identity.key.name)/\(object.identity.uid)@\(object.identity.resourceVersion)"
        }
        switch self {
        case .added(let object): return "+\(words(object))"
        case .modified(let object, from: let known): return "\(words(known))→\(words(object))"
        case .deleted(let object): return "-\(words(object))"
        }
    }
}

extension ObjectCache {
    mutating func update(_ object: Object) -> [InformerChange<Object>] {
        var changes: [InformerChange<Object>] = []
        update(object, into: &changes)
        return changes
    }

    mutating func delete(_ object: Object) -> [InformerChange<Object>] {
        var changes: [InformerChange<Object>] = []
        delete(object, into: &changes)
        return changes
    }
}
