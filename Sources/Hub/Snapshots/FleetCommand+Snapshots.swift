internal import Fleet
internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import Timestamps

extension FleetCommand {
    /// What a worker is told: which packets, until when, and what goes beside them.
    ///
    /// - Parameter evidence: what the hub knows beside: see ``PodEvidence``.
    init(
        _ action: SnapshotPolicy.Action, _ change: PodChange, _ pod: Pod, _ json: [UInt8], evidence: PodEvidence? = nil
    ) {
        func milliseconds(_ time: Timestamp) -> JSONValue { .integer(time.microseconds / 1_000) }
        var arguments: JSONValue = [
            "namespace": .string(pod.identity.key.namespace), "name": .string(pod.identity.key.name),
            "uid": .string(pod.identity.uid), "ips": .array(pod.podIPs.map(JSONValue.string)),
            "change": change.json,
        ]
        switch action {
        case .pin(let id, let from, let expiry):
            arguments["from"] = milliseconds(from)
            arguments["expiry"] = milliseconds(expiry)
            self.init(id: id, name: "pin", arguments: arguments)
        case .snapshot(let id, let from, let to, let deadline, let end):
            arguments["from"] = milliseconds(from)
            arguments["to"] = milliseconds(to)
            arguments["deadline"] = deadline.map(milliseconds)
            arguments["end"] = end.map(milliseconds)
            arguments["pod"] = try? JSONValue(parsing: json)
            arguments["evidence"] = evidence?.json
            self.init(id: id, name: "snapshot", arguments: arguments)
        }
    }
}
