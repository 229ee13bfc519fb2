internal import KubernetesClient

/// An object that `remora watch` can show in a row.
protocol DescribedObject: WatchedObject {
    /// The cells between the name and the changes.
    var cells: [String] { get }
    /// Further cells with `--output wide`.
    var wideCells: [String] { get }
    /// In words, what is different from an earlier version.
    func differences(from earlier: Self) -> [String]
    /// In words, what is to be said of an object that is seen for the first time.
    var summary: [String] { get }
}

extension DescribedObject {
    var wideCells: [String] { [] }
    var summary: [String] { [] }
    func differences(from earlier: Self) -> [String] {
        ["version \(earlier.identity.resourceVersion) → \(identity.resourceVersion)"]
    }
}

extension ObjectSummary: DescribedObject {
    var cells: [String] { [] }
}

extension Node: DescribedObject {
    var isReady: Bool { conditions.contains { $0.type == "Ready" && $0.status == "True" } }

    var cells: [String] { [isReady ? "Ready" : "NotReady"] }

    var wideCells: [String] { [addresses.first?.address ?? "-"] }

    func differences(from earlier: Node) -> [String] {
        var words: [String] = []
        for condition in conditions {
            let before = earlier.conditions.first { $0.type == condition.type }
            if before?.status != condition.status {
                words.append("\(condition.type) \(before?.status ?? "unset") → \(condition.status) \(condition.reason)")
            }
        }
        if isUnschedulable != earlier.isUnschedulable { words.append(isUnschedulable ? "cordoned" : "uncordoned") }
        return words
    }
}

extension ClusterEvent: DescribedObject {
    var cells: [String] { [type, reason, "\(object.kind.lowercased())/\(object.name)"] }
    var summary: [String] { [message.split(whereSeparator: \.isNewline).joined(separator: " ")] }
    func differences(from earlier: ClusterEvent) -> [String] {
        (count != earlier.count ? ["count \(earlier.count) → \(count)"] : []) + summary
    }
}

extension Pod: DescribedObject {
    var cells: [String] {
        let ordinary = containers.filter { $0.role == .ordinary }
        return [
            metadata.deletion == nil ? (phase.isEmpty ? "-" : phase) : "Terminating",
            "\(ordinary.filter(\.isReady).count)/\(ordinary.count)", String(restartCount),
        ]
    }

    var wideCells: [String] { [nodeName.isEmpty ? "-" : nodeName, podIPs.first ?? "-"] }

    var summary: [String] {
        containers.compactMap { container in
            switch container.state {
            case .waiting(let reason, message: _): "\(container.name): \(reason)"
            case .terminated(let end): "\(container.name): \(end.words)"
            case .running, .unknown: nil
            }
        }
    }

    func differences(from earlier: Pod) -> [String] {
        var words: [String] = []
        if phase != earlier.phase { words.append("\(earlier.phase) → \(phase)\(reason.isEmpty ? "" : " (\(reason))")") }
        if nodeName != earlier.nodeName { words.append("on node \(nodeName)") }
        if podIPs != earlier.podIPs { words.append("address \(podIPs.joined(separator: ","))") }
        if metadata.deletion != nil, earlier.metadata.deletion == nil {
            words.append("deletion requested, grace \(metadata.deletionGraceSeconds ?? 0) s")
        }
        for container in containers {
            let before = earlier.containers.first { $0.name == container.name && $0.role == container.role }
            words += container.differences(from: before)
        }
        if isReady != earlier.isReady { words.append(isReady ? "ready" : "not ready") }
        if metadata.labels != earlier.metadata.labels { words.append("labels") }
        if words.isEmpty { words = conditionDifferences(from: earlier) }
        return words
    }

    private func conditionDifferences(from earlier: Pod) -> [String] {
        conditions.compactMap { condition in
            let before = earlier.conditions.first { $0.type == condition.type }
            guard before?.status != condition.status else { return nil }
            return "\(condition.type) \(before?.status ?? "unset") → \(condition.status)"
        }
    }
}

extension Pod.Container {
    fileprivate func differences(from before: Pod.Container?) -> [String] {
        var words: [String] = []
        if let before, restartCount != before.restartCount {
            words.append("\(name): restarts \(before.restartCount) → \(restartCount)")
            if case .terminated(let end) = lastState, lastState != before.lastState {
                words.append("\(name): \(end.words)")
            }
        }
        if state != before?.state {
            switch state {
            case .waiting(let reason, message: _): words.append("\(name): \(reason)")
            case .running: words.append("\(name): running")
            case .terminated(let end): words.append("\(name): \(end.words)")
            case .unknown: break
            }
        }
        return words
    }
}

extension Pod.Termination {
    /// `OOMKilled (exit 137)`.
    fileprivate var words: String {
        let how = signal != 0 ? "signal \(signal)" : "exit \(exitCode)"
        return reason.isEmpty ? how : "\(reason) (\(how))"
    }
}
