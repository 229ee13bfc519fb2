import FoundationEssentials
import JSON
import KubernetesClient
import PodSignals
import Testing

/// What a real API server told of one pod, as `record-sequences` wrote it down.
struct Recording {
    /// One line: a watch event of a pod, an Event or a node.
    struct Line {
        let resource: String
        let type: String
        let object: JSONValue
    }

    let lines: [Line]

    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Recorded"
        let text = try String(contentsOfFile: "\(folder)/\(name).jsonl", encoding: .utf8)
        lines = try text.split(separator: "\n").map { line in
            let value = try JSONValue(parsing: String(line))
            return Line(
                resource: value["resource"]?.string ?? "", type: value["type"]?.string ?? "",
                object: try #require(value["object"]))
        }
    }
}

/// Hands what an API server tells to the machine, as informers do, and keeps what comes of it.
struct Player {
    var signals = PodSignals()
    private var pods: [ObjectKey: Pod] = [:]
    private var nodes: [ObjectKey: Node] = [:]

    mutating func play(_ line: Recording.Line) throws -> [PodNotice] {
        switch line.resource {
        case "pods":
            let pod = try Pod.reading(line.object)
            return Self.change(pod, line.type, &pods).map { signals.apply($0) } ?? []
        case "nodes":
            let node = try Node.reading(line.object)
            return Self.change(node, line.type, &nodes).map { signals.apply($0) } ?? []
        default:
            return line.type == "DELETED" ? [] : signals.apply(try ClusterEvent.reading(line.object))
        }
    }

    mutating func play(_ lines: some Sequence<Recording.Line>) throws -> [PodNotice] {
        try lines.flatMap { try play($0) }
    }

    private static func change<Object: WatchedObject>(
        _ object: Object, _ type: String, _ known: inout [ObjectKey: Object]
    ) -> InformerChange<Object>? {
        let key = object.identity.key
        if type == "DELETED" {
            known[key] = nil
            return .deleted(object)
        }
        defer { known[key] = object }
        return known[key].map { .modified(object, from: $0) } ?? .added(object)
    }
}

extension PodNotice {
    /// Short, for comparison: what tests are to see of it.
    var brief: String {
        guard let change else { return event.rawValue }
        var words = [event.rawValue, change.kind.rawValue]
        if let container = change.container { words.append(container) }
        if !change.reason.isEmpty { words.append(change.reason) }
        if let code = change.exitCode { words.append("\(code)/\(change.signal.map(String.init) ?? "-")") }
        if let count = change.restartCount {
            words.append("\(change.previousRestartCount.map(String.init) ?? "?")→\(count)")
        }
        if change.source != .status { words.append("by \(change.source.rawValue)") }
        if !change.firstSeen { words.append("(lasting)") }
        return words.joined(separator: " ")
    }
}

extension [PodNotice] {
    /// Those that tell something, and the first and last of a pod's life.
    var brief: [String] { filter { $0.change != nil || $0.event != .modified }.map(\.brief) }
}

extension WatchedObject {
    static func reading(_ value: JSONValue) throws -> Self {
        try value.encoded().withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try Self(from: &reader, interner: StringInterner())
        }
    }
}

extension Player {
    /// A machine that begins with what exists after these lines, as a hub does that was started anew.
    func resumed(_ lines: some Sequence<Recording.Line>) throws -> Player {
        var events: [String: ClusterEvent] = [:]
        for line in lines where line.resource == "events" {
            let event = try ClusterEvent.reading(line.object)
            events[event.identity.uid] = line.type == "DELETED" ? nil : event
        }
        var player = Player()
        player.pods = pods
        player.nodes = nodes
        for node in nodes.values { player.signals.existing(node) }
        for pod in pods.values { _ = player.signals.existing(pod) }
        func version(_ event: ClusterEvent) -> Int { Int(event.identity.resourceVersion) ?? 0 }
        for event in events.values.sorted(by: { version($0) < version($1) }) { player.signals.existing(event) }
        return player
    }
}
