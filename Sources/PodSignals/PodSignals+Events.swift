package import KubernetesClient
internal import OrderedCollections
internal import Timestamps

/// What core/v1 Events tell earlier than a pod's status, or alone.
extension PodSignals {
    /// An Event was there at the beginning: whatever it tells is known. Give them in the order of their versions, after
    /// the pods.
    package mutating func existing(_ event: ClusterEvent) {
        guard event.object.kind == "Pod" else { return }
        guard let uid = uid(of: event), var record = records[uid] else { return early.hold(event) }
        if let fact = fact(of: event, record) { _ = record.news(in: [fact]) }
        record.endEpisodes(by: event)
        record.endEpisodes()
        records[uid] = record
    }

    /// An Event came, or came again with a higher count. Returns what is new by it.
    package mutating func apply(_ event: ClusterEvent) -> [PodNotice] {
        guard event.object.kind == "Pod" else { return [] }
        guard let uid = uid(of: event), var record = records[uid] else {
            early.hold(event)
            return []
        }
        let news = fact(of: event, record).map { record.news(in: [$0]) } ?? []
        record.endEpisodes(by: event)
        records[uid] = record
        return news.map { PodNotice(event: .modified, pod: record.pod, change: $0.change) }
    }

    /// What Events told that overtook the pod they are about.
    mutating func belated(_ pod: Pod) -> [PodNotice] { early.take(pod.identity.uid).flatMap { apply($0) } }

    /// Some components name a pod without its uid: then it is the one that has the name now.
    private func uid(of event: ClusterEvent) -> String? {
        if !event.object.uid.isEmpty { return event.object.uid }
        let key = ObjectKey(namespace: event.object.namespace, name: event.object.name)
        return records.first { $0.value.pod.identity.key == key }?.key
    }

    private func fact(of event: ClusterEvent, _ record: Record) -> PodFact? {
        guard let kind = kind(of: event, record.pod) else { return nil }
        var change = PodChange(
            kind: kind, reason: event.reason, deadline: record.pod.metadata.deletion, source: .event,
            message: event.message, occurred: event.lastSeen)
        guard let name = event.containerName, let container = record.pod.containers.first(where: { $0.name == name })
        else { return event.isAboutContainer ? nil : PodFact(change) }
        // Events of the run before may come late; times are whole seconds.
        if case .running(let since?) = container.state, let seen = event.lastSeen, seen < since { return nil }
        change.container = name
        change.restartCount = container.restartCount
        change.previousRestartCount = container.restartCount
        return PodFact(change, run: container.containerID, moment: moment(of: kind, container, event))
    }

    /// A container backs off after an end. If the status does not show that end yet, the Event tells when it was over.
    private func moment(of kind: PodChangeKind, _ container: Pod.Container, _ event: ClusterEvent) -> Timestamp? {
        guard kind == .crashLoop else { return nil }
        if case .running = container.state { return event.lastSeen }
        return (container.state.termination ?? container.lastState.termination)?.finished
    }

    private func kind(of event: ClusterEvent, _ pod: Pod) -> PodChangeKind? {
        let message = event.message
        switch event.reason {
        case "Unhealthy":
            if message.hasPrefix("Liveness") { return .livenessFailing }
            if message.hasPrefix("Startup") { return .startFailed }
            // Before a container was ever ready a failing probe only says that it starts.
            return message.hasPrefix("Readiness") && pod.metadata.deletion == nil && event.isAboutReady(pod)
                ? .readinessLost : nil
        case "Killing": return message.contains("liveness probe") ? .livenessFailing : nil
        case "BackOff": return message.hasPrefix("Back-off restarting") ? .crashLoop : .startFailed
        case "Failed", "FailedPostStartHook", "InspectFailed", "ErrImageNeverPull": return .startFailed
        case "FailedScheduling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "NetworkNotReady":
            return .startFailed
        case "Evicted": return .evicted
        case "Preempted", "Preempting": return .preempted
        case "TaintManagerEviction": return message.hasPrefix("Cancelling") ? nil : .tainted
        case "NodeNotReady": return .nodeLost
        case "NodeShutdown", "Shutdown": return .nodeShutdown
        default: return nil
        }
    }
}

extension PodSignals.Record {
    /// A container that is killed for its probes gets another life: failing probes are news again.
    fileprivate mutating func endEpisodes(by event: ClusterEvent) {
        guard event.reason == "Killing", event.message.contains("probe"), let name = event.containerName else { return }
        for index in episodes.indices where episodes[index].container == name {
            let kind = episodes[index].kind
            if kind == .livenessFailing || kind == .startFailed { episodes[index].isOver = true }
        }
    }
}

/// Events that came before the pod that they are about: the two watches are not in step.
struct EarlyEvents: Sendable {
    /// Events of a pod that never comes are the rule: most are about pods of an hour ago.
    private static let limit = 256

    private var events: OrderedDictionary<String, [ClusterEvent]> = [:]

    mutating func hold(_ event: ClusterEvent) {
        events[event.object.uid, default: []].append(event)
        if events.count > Self.limit || events.values[0].count > Self.limit { events.removeFirst() }
    }

    mutating func take(_ uid: String) -> [ClusterEvent] { events.removeValue(forKey: uid) ?? [] }
}

extension ClusterEvent {
    /// `app` of the path `spec.containers{app}`.
    package var containerName: String? {
        guard let open = object.fieldPath.firstIndex(of: "{"), object.fieldPath.hasSuffix("}") else { return nil }
        return String(object.fieldPath[object.fieldPath.index(after: open)...].dropLast())
    }

    var isAboutContainer: Bool { containerName != nil }

    fileprivate func isAboutReady(_ pod: Pod) -> Bool {
        pod.containers.contains { $0.name == containerName && $0.isReady }
    }
}
