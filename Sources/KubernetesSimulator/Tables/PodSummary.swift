internal import JSON

/// What `kubectl get pods` says of a pod.
struct PodSummary {
    private let pod: JSONValue
    private let statuses: [JSONValue]

    init(_ pod: JSONValue) {
        self.pod = pod
        statuses = pod.at("status", "containerStatuses")?.array ?? []
    }

    func cell(_ column: String) -> JSONValue {
        switch column {
        case "Ready": .string("\(statuses.count { $0["ready"] == true })/\(containerCount)")
        case "Status": .string(status)
        case "Restarts": .integer(statuses.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) })
        case "IP": pod.at("status", "podIP") ?? "<none>"
        case "Node": pod.at("spec", "nodeName") ?? "<none>"
        case "Nominated Node": pod.at("status", "nominatedNodeName") ?? "<none>"
        default: "<none>"
        }
    }

    private var containerCount: Int { pod.at("spec", "containers")?.array?.count ?? 0 }

    /// The most telling word: the deletion, a container's trouble, or else the phase.
    private var status: String {
        if pod.metadata["deletionTimestamp"] != nil { return "Terminating" }
        let phase = pod.at("status", "reason")?.string ?? pod.at("status", "phase")?.string ?? "Unknown"
        for container in statuses.reversed() {
            if let reason = container.at("state", "waiting", "reason")?.string, !reason.isEmpty { return reason }
            guard let terminated = container.at("state", "terminated") else { continue }
            if let reason = terminated["reason"]?.string, !reason.isEmpty { return reason }
            if let signal = terminated["signal"]?.integer, signal != 0 { return "Signal:\(signal)" }
            return "ExitCode:\(terminated["exitCode"]?.integer ?? 0)"
        }
        return phase
    }
}
