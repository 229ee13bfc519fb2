internal import JSON
internal import ScriptRuntime
internal import ScriptTraffic
internal import Threading
internal import Timestamps

/// The hub in a process that has none beside it: where actions go, and which pods there are.
final class LocalHub: Sendable {
    private struct State {
        weak var engine: ScriptEngine?
        var hasToldOfMissingHub = false
        var actions = 0
        var pods: PodTable = PodTable()
    }

    /// The most that one action may carry, as between a worker and a hub.
    private static let objectBytes = 1 << 20

    /// Who had which address, as far as events told.
    let names = PeerNames()
    private let node: String
    private let isHub: Bool
    private let reporter: any RunReporter
    private let state = Locked(State())

    init(node: String, isHub: Bool, reporter: any RunReporter) {
        self.node = node
        self.isHub = isHub
        self.reporter = reporter
    }

    /// Names the engine to which actions are delivered.
    func attach(_ engine: ScriptEngine) { state.withLock { $0.engine = engine } }

    /// How many actions were sent so far: as long as it grows, there may be more to wait for.
    var actions: Int { state.withLock { $0.actions } }

    /// Notes a pod of an event, for `hub.targeted()`.
    func note(_ pod: JSONValue, isDeleted: Bool) {
        state.withLock { $0.pods.note(pod, isDeleted: isDeleted) }
        names.note(pod: pod, isDeleted: isDeleted, at: Timestamp.now().microseconds * 1000)
    }

    var helpers: [HostFunction] {
        [
            HostFunction("hub.action") { call in try self.send(call) },
            HostFunction("hub.targeted") { _ in .json(.string(self.targeted)) },
        ]
    }

    private func send(_ call: HelperCall) throws -> ScriptValue {
        let action = try call.text(0, "action")
        let object = call.value(1)?.encoded()
        if let object, object.count > Self.objectBytes {
            throw HelperError(
                "hub.action: the object has \(object.count) bytes as JSON, more than 1 MiB", name: "RangeError",
                code: "TOO_LARGE")
        }
        let (engine, isNews) = state.withLock { state in
            state.actions += 1
            defer { state.hasToldOfMissingHub = true }
            return (state.engine, !state.hasToldOfMissingHub)
        }
        guard isHub else {
            if isNews {
                reporter.report(
                    .notice(
                        "hub.action(\"\(action)\") goes nowhere: this process plays the worker \(node); "
                            + "with --node hub it delivers actions to onHubAction itself"))
            }
            return .undefined
        }
        let sender: JSONValue = [
            "script": .string(call.script.title), "index": .integer(Int64(call.script.index)), "node": .string(node),
            "time": .string("\(Timestamp.now())"),
        ]
        engine?.deliver(.hubAction(action, object: object, sender: sender.encoded()))
        return .undefined
    }

    private var targeted: String {
        state.withLock { state in
            (["targets": .array(state.pods.all), "excluded": []] as JSONValue).description
        }
    }
}

/// The pods that are there, as far as events told.
struct PodTable: Sendable {
    /// A cluster has at most 150,000 pods; who replays more than this wants events, not a list.
    static let limit = 10_000

    private var keys: [String] = []
    private var pods: [String: JSONValue] = [:]

    var all: [JSONValue] { keys.compactMap { pods[$0] } }

    mutating func note(_ pod: JSONValue, isDeleted: Bool) {
        let metadata = pod["metadata"]
        let key = "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? "")"
        if isDeleted {
            pods[key] = nil
            keys.removeAll { $0 == key }
        } else if pods[key] != nil || keys.count < Self.limit {
            if pods.updateValue(pod, forKey: key) == nil { keys.append(key) }
        }
    }
}
