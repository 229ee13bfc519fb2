internal import JSON

/// The pods that a worker's scripts were told of: so that each is `ADDED` first and only once, and one that vanished
/// while the worker heard nothing is `DELETED` once.
struct KnownPods: Sendable {
    private struct Known: Sendable {
        let namespace: String
        let name: String
        let node: String
    }

    private var known: [String: Known] = [:]
    /// Those told of since the last list of all pods began.
    private var seen: Set<String> = []
    /// Those that were found gone by a list, and whose `DELETED` may still come.
    private var vanished: Set<String> = []

    /// A worker of all pods of a large cluster; one more is not remembered.
    private static let limit = 200_000

    /// How many there are.
    var count: Int { known.count }

    /// What the scripts are to be told; nil: nothing.
    mutating func take(_ event: FleetPodEvent) -> FleetPodEvent? {
        guard let pod = try? JSONValue(parsing: event.pod), let uid = pod["metadata"]?["uid"]?.string else {
            return event
        }
        if event.event == "DELETED" {
            seen.remove(uid)
            if vanished.remove(uid) != nil { return nil }
            known[uid] = nil
            return event
        }
        // A list was ahead of the event: the pod is gone.
        if vanished.contains(uid) { return event.change == nil ? nil : event }
        if event.mark == nil { seen.insert(uid) }
        let isNew = known[uid] == nil
        if isNew, known.count < Self.limit {
            known[uid] = Known(
                namespace: pod["metadata"]?["namespace"]?.string ?? "", name: pod["metadata"]?["name"]?.string ?? "",
                node: pod["spec"]?["nodeName"]?.string ?? "")
        }
        // A pod comes to a node when it is scheduled, which is a change of a pod that was there before.
        return FleetPodEvent(
            mark: event.mark, event: isNew ? "ADDED" : "MODIFIED", pod: event.pod, change: event.change)
    }

    /// A list of all pods is through: what it did not have is gone.
    mutating func swept() -> [FleetPodEvent] {
        let gone = known.filter { !seen.contains($0.key) }.sorted { $0.key < $1.key }
        for (uid, _) in gone { known[uid] = nil }
        // Only what this list found gone: a later list is later than what is still to come of an earlier one.
        vanished = Set(gone.map(\.key))
        seen = []
        return gone.map { uid, pod in
            let outline: JSONValue = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["uid": .string(uid), "namespace": .string(pod.namespace), "name": .string(pod.name)],
                "spec": ["nodeName": .string(pod.node)], "status": [:],
            ]
            return FleetPodEvent(mark: nil, event: "DELETED", pod: outline.encoded(), change: nil)
        }
    }
}
