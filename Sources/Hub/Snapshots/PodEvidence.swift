internal import CurlTransport
internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import Timestamps

/// What is kept beside the packets of a pod that died: the pod before, what Events said, how its node was, the last lines
/// of its log.
struct PodEvidence: Sendable {
    var before: Pod?
    var events: [ClusterEvent] = []
    /// The pod's node, as the hub knew it when it heard of the death.
    var node: NodeFinding?
    /// The end of what the container that died had printed.
    var log: String?
    /// Why there is no log.
    var logProblem: String?
    /// The hub may not read logs; nil: it has not asked.
    var isLogForbidden: Bool?

    var json: JSONValue {
        var value: JSONValue = ["events": .array(events.map(Self.json))]
        value["before"] = before?.outline
        switch node {
        case .known(let node): value["nodeState"] = Self.json(node)
        case .unknown(let reason): value["nodeProblem"] = .string(reason)
        case nil: break
        }
        value["log"] = log.map(JSONValue.string)
        value["logProblem"] = logProblem.map(JSONValue.string)
        return value
    }

    private static func json(_ event: ClusterEvent) -> JSONValue {
        var value: JSONValue = [
            "type": .string(event.type), "reason": .string(event.reason), "message": .string(event.message),
            "count": .integer(event.count), "source": .string(event.source),
            "container": event.containerName.map(JSONValue.string) ?? .null,
        ]
        value["lastSeen"] = event.lastSeen.map { .string($0.description) }
        return value
    }

    /// What is known of a node.
    enum NodeFinding: Sendable {
        case known(Node)
        /// And why: a hub of one namespace may not see nodes.
        case unknown(String)
    }

    private static func json(_ node: Node) -> JSONValue {
        [
            "unschedulable": .boolean(node.isUnschedulable),
            "conditions": .array(
                node.conditions.prefix(nodeLimit).map { condition in
                    var value: JSONValue = [
                        "type": .string(condition.type), "status": .string(condition.status),
                        "reason": .string(condition.reason), "message": .string(condition.message),
                    ]
                    value["lastTransitionTime"] = condition.since.map { .string($0.description) }
                    return value
                }),
            "taints": .array(
                node.taints.prefix(nodeLimit).map {
                    ["key": .string($0.key), "value": .string($0.value), "effect": .string($0.effect)]
                }),
        ]
    }

    /// Nodes have five conditions, and some more by what watches over them.
    private static let nodeLimit = 50

    /// Of a pod's Events the latest, in the order of their times.
    static func latest(_ events: [ClusterEvent], of uid: String) -> [ClusterEvent] {
        let beginning = Timestamp(microseconds: .min)
        return Array(
            events.filter { $0.object.uid == uid }
                .sorted { ($0.lastSeen ?? beginning) < ($1.lastSeen ?? beginning) }.suffix(eventLimit))
    }

    private static let eventLimit = 50

    // MARK: The log

    /// Reads the end of the log of a container that ended; needs `get` on `pods/log`, which a hub need not have.
    mutating func readLog(_ change: PodChange, of pod: Pod, _ client: KubernetesClient) async {
        guard let container = change.container else { return }
        let key = pod.identity.key
        let path = "/api/v1/namespaces/\(key.namespace)/pods/\(key.name)/log"
        let query = "container=\(container)&tailLines=\(Self.logLines)&limitBytes=\(Self.logBytes)&timestamps=true"
        // The run before, unless the container was not started again.
        for previous in ["&previous=true", ""] {
            do {
                let response = try await client.send(target: "\(path)?\(query)\(previous)")
                let body = try await response.body.collect(limit: Self.logBytes + 4_096)
                let text = String(decoding: body, as: UTF8.self)
                isLogForbidden = response.status == 403
                if response.status == 200 {
                    log = text
                    logProblem = nil
                    return
                }
                let message = (try? JSONValue(parsing: body))?["message"]?.string ?? text
                logProblem = "\(response.status): \(message.prefix(300))"
                if response.status == 403 { return }
            } catch {
                logProblem = "\(error)"
                return
            }
        }
    }

    private static let logLines = 200
    private static let logBytes = 64 << 10
}
