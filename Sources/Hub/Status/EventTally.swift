internal import KubernetesClient
internal import Threading

/// Counts what watches told, by resource and by what happened to the object.
final class EventTally: Sendable {
    private let counts = Locked<[String: [String: Int]]>([:])

    func count<Object>(_ events: [InformerEvent<Object>], of resource: String) {
        var types: [String: Int] = [:]
        for event in events { types[Self.type(event), default: 0] += 1 }
        counts.withLock { counts in
            for (type, count) in types { counts[resource, default: [:]][type, default: 0] += count }
        }
    }

    private static func type<Object>(_ event: InformerEvent<Object>) -> String {
        if event.source == .initial { return "existing" }
        return switch event.change {
        case .added: "added"
        case .modified: "modified"
        case .deleted: "deleted"
        }
    }

    /// By resource and type, in order.
    var all: [(resource: String, type: String, count: Int)] {
        counts.withLock { $0 }.sorted { $0.key < $1.key }.flatMap { resource, types in
            types.sorted { $0.key < $1.key }.map { (resource, $0.key, $0.value) }
        }
    }
}
