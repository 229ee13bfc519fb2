package import KubernetesClient

/// What the state of a node means for the pods on it.
struct NodeTrouble: Sendable, Equatable {
    var isLost = false
    var isShuttingDown = false
    var isShortOfMemory = false
    var message = ""

    init() {}

    init(_ node: Node) {
        for condition in node.conditions {
            switch condition.type {
            case "Ready":
                isLost = condition.status == "Unknown"
                isShuttingDown = condition.status == "False" && condition.message.contains("shutting down")
                if isLost || isShuttingDown { message = condition.message }
            case "MemoryPressure":
                isShortOfMemory = condition.status == "True"
                if isShortOfMemory, message.isEmpty { message = condition.message }
            default: break
            }
        }
    }

    var kinds: [PodChangeKind] {
        (isLost ? [.nodeLost] : []) + (isShuttingDown ? [.nodeShutdown] : []) + (isShortOfMemory ? [.oomRisk] : [])
    }
}

extension PodSignals {
    /// A node was there at the beginning: what troubles it is known.
    package mutating func existing(_ node: Node) { _ = apply(.added(node)) }

    /// A node came, changed or went. Returns what that means for its pods, one notice for each of them.
    package mutating func apply(_ change: InformerChange<Node>) -> [PodNotice] {
        let name = change.object.identity.key.name
        var trouble = NodeTrouble(change.object)
        if case .deleted = change {
            trouble = NodeTrouble()
            trouble.isLost = true
            trouble.message = "the node was removed from the cluster"
        }
        let before = nodes[name] ?? NodeTrouble()
        nodes[name] = trouble == NodeTrouble() ? nil : trouble
        if case .deleted = change { nodes[name] = nil }
        let began = trouble.kinds.filter { !before.kinds.contains($0) }
        let ended = before.kinds.filter { !trouble.kinds.contains($0) }
        guard !began.isEmpty || !ended.isEmpty else { return [] }
        return records.values.filter { $0.pod.nodeName == name && $0.pod.isAlive }.map(\.pod)
            .sorted { $0.identity.key.description < $1.identity.key.description }
            .flatMap { tell($0, node: name, began, ended, trouble.message) }
    }

    private mutating func tell(
        _ pod: Pod, node: String, _ began: [PodChangeKind], _ ended: [PodChangeKind], _ message: String
    ) -> [PodNotice] {
        let facts = began.map { kind in
            PodFact(
                PodChange(
                    kind: kind, reason: "node \(node)", deadline: pod.metadata.deletion, source: .node, message: message
                ))
        }
        guard var record = records[pod.identity.uid] else { return [] }
        record.seen.removeAll { ended.contains($0.kind) }
        let news = record.news(in: facts)
        records[pod.identity.uid] = record
        return news.map { PodNotice(event: .modified, pod: pod, change: $0.change) }
    }

    /// What troubles the node of a pod that was there at the beginning.
    func nodeKeys(for pod: Pod) -> [PodFact.Key] {
        (nodes[pod.nodeName] ?? NodeTrouble()).kinds.map { PodFact.Key(kind: $0) }
    }
}

extension Pod {
    /// It has not ended.
    fileprivate var isAlive: Bool { phase != "Succeeded" && phase != "Failed" }
}
