internal import KubernetesClient
internal import Timestamps

/// Something that happened to a pod, and by what it is known again.
struct PodFact: Sendable {
    /// Two facts with the same key are one.
    struct Key: Sendable, Hashable {
        var kind: PodChangeKind
        /// Empty for the whole pod.
        var container = ""
        /// Which run of the container; a run is at most 13 characters, so a key needs no memory of its own.
        var run = ""
    }

    var key: Key
    var change: PodChange
    /// For what happens to a container again and again (see ``PodSignals/Episode``): which moment has to be after the
    /// last one told for this to be another time. Nil: it is another time only once the last one is over.
    var moment: Timestamp?

    init(_ change: PodChange, run: String = "", keyKind: PodChangeKind? = nil, moment: Timestamp? = nil) {
        key = Key(kind: keyKind ?? change.kind, container: change.container ?? "", run: run)
        self.change = change
        self.change.containerID = run
        self.moment = moment
    }

    /// Whether it is told by episodes and not by its key.
    var isRecurring: Bool {
        guard !key.container.isEmpty else { return false }
        return switch change.kind {
        case .crashLoop, .startFailed, .livenessFailing, .readinessLost: true
        default: false
        }
    }

    /// Whether, told again, it moves its episode's moment: an Event that follows a failed start says nothing about
    /// which of many tries it is about.
    var movesEpisode: Bool { moment != nil || change.kind != .startFailed }
}

/// Reads the facts out of a pod.
///
/// Most stand in the pod's status for as long as they matter, so that comparing the facts of two versions tells what is
/// new, however many versions were missed in between. Losing readiness alone is visible only between two versions.
struct PodFacts {
    let pod: Pod
    /// The version before, if it is known.
    let earlier: Pod?

    /// Going away comes first: where several things happen at once, it explains the others.
    var all: [PodFact] { wholePod + pod.containers.filter { $0.role != .ephemeral }.flatMap(facts) }

    // MARK: The pod

    private var isEnding: Bool { pod.metadata.deletion != nil }

    /// The pod was ended as a whole, so that its containers' ends are no news of their own.
    private var wasEnded: Bool { pod.phase == "Failed" && !pod.reason.isEmpty }

    private var wholePod: [PodFact] {
        var facts: [PodFact] = []
        if let kind = disruption { facts.append(podFact(kind.0, reason: kind.1, message: kind.2)) }
        if let kind = failure { facts.append(podFact(kind, reason: pod.reason, message: pod.message)) }
        if let deadline = pod.metadata.deletion {
            let grace = pod.metadata.deletionGraceSeconds ?? 0
            var fact = podFact(
                .terminating, reason: "", message: "the pod is being deleted, with a grace period of \(grace) s")
            fact.change.occurred = deadline + .seconds(-grace)
            facts.append(fact)
        }
        return facts
    }

    private func podFact(_ kind: PodChangeKind, reason: String, message: String) -> PodFact {
        PodFact(PodChange(kind: kind, reason: reason, deadline: pod.metadata.deletion, message: message))
    }

    /// The condition that is set just before a pod is deleted for others' sake (Kubernetes 1.26).
    private var disruption: (PodChangeKind, reason: String, message: String)? {
        guard let condition = pod.conditions.first(where: { $0.type == "DisruptionTarget" && $0.status == "True" })
        else { return nil }
        let kind: PodChangeKind? =
            switch condition.reason {
            case "PreemptionByScheduler", "PreemptionByKubeScheduler": .preempted
            case "EvictionByEvictionAPI": .drained
            case "DeletionByTaintManager": .tainted
            case "DeletionByPodGC": .nodeLost
            case "TerminationByKubelet":
                // The kubelet says why only in words.
                condition.message.contains("shutdown")
                    ? .nodeShutdown : condition.message.lowercased().contains("preempt") ? .preempted : .evicted
            default: nil
            }
        return kind.map { ($0, condition.reason, condition.message) }
    }

    private var failure: PodChangeKind? {
        guard pod.phase == "Failed" else { return nil }
        return switch pod.reason {
        case "Evicted": .evicted
        case "DeadlineExceeded": .deadlineExceeded
        case "Preempting": .preempted
        case "NodeLost": .nodeLost
        // The words changed from version to version.
        case "NodeShutdown", "Shutdown", "Terminated": .nodeShutdown
        case "NodeAffinity", "UnexpectedAdmissionError": .startFailed
        case let reason where reason.hasPrefix("OutOf"): .startFailed
        default: nil
        }
    }

    // MARK: Containers

    private func facts(of container: Pod.Container) -> [PodFact] {
        let before = earlier?.containers.first { $0.name == container.name && $0.role == container.role }
        var facts: [PodFact] = []
        for termination in container.terminations {
            if let fact = fact(of: termination, in: container, before) { facts.append(fact) }
        }
        if let fact = unexplainedRestart(of: container, before) { facts.append(fact) }
        if let fact = crashLoop(of: container, before) { facts.append(fact) }
        if let fact = failedStart(of: container) { facts.append(fact) }
        if let fact = lostReadiness(of: container, before) { facts.append(fact) }
        return facts
    }

    private func change(
        _ kind: PodChangeKind, _ container: Pod.Container, _ before: Pod.Container?, reason: String, message: String
    ) -> PodChange {
        PodChange(
            kind: kind, container: container.name, reason: reason, restartCount: container.restartCount,
            previousRestartCount: before?.restartCount, deadline: pod.metadata.deletion, message: message)
    }

    private func fact(
        of end: Pod.Termination, in container: Pod.Container, _ before: Pod.Container?
    ) -> PodFact? {
        guard let kind = kind(of: end, role: container.role) else { return nil }
        var change = change(kind, container, before, reason: end.reason, message: end.message)
        change.exitCode = end.exitCode
        change.signal = end.endingSignal
        change.occurred = end.finished
        // One end is one fact, also if a later version of the pod puts it in another light.
        return PodFact(change, run: end.run, keyKind: .crashed, moment: end.finished)
    }

    /// Nil for an end that is no news.
    private func kind(of end: Pod.Termination, role: Pod.Container.Role) -> PodChangeKind? {
        if end.reason == "OOMKilled" { return .oomKilled }
        if end.reason == "DeadlineExceeded" { return nil }
        if end.reason == "StartError" || end.reason == "ContainerCannotRun" { return .startFailed }
        // Each pod ends its init containers, and a pod that ends, its others.
        if end.exitCode == 0 { return role == .initial || isEnding || wasEnded ? nil : .completed }
        switch end.endingSignal {
        case 11 where role != .initial: return .segfault
        case 6 where role != .initial: return .aborted
        default: break
        }
        // What a container's end is when it is told to end says nothing: many end with an error then.
        if isEnding || wasEnded { return nil }
        return role == .initial ? .initCrashed : .crashed
    }

    /// A restart of which the status tells nothing else: after a kubelet was restarted, for example.
    private func unexplainedRestart(of container: Pod.Container, _ before: Pod.Container?) -> PodFact? {
        guard let before, container.restartCount > before.restartCount, container.terminations.isEmpty else {
            return nil
        }
        return PodFact(
            change(
                container.role == .initial ? .initCrashed : .crashed, container, before, reason: "Restarted",
                message: "the container was started again; the API does not say why"),
            run: "#\(container.restartCount)")
    }

    /// Waiting after crashes; or, where the wait is too short to be seen, the second restart within ten minutes.
    private func crashLoop(of container: Pod.Container, _ before: Pod.Container?) -> PodFact? {
        let last = container.lastState.termination
        if case .waiting("CrashLoopBackOff", let message) = container.state {
            var change = change(.crashLoop, container, before, reason: "CrashLoopBackOff", message: message)
            change.occurred = last?.finished
            return PodFact(change, run: last?.run ?? "", moment: last?.finished)
        }
        guard container.restartCount >= 2, let last, last.exitCode != 0, let ended = last.finished,
            let previous = before?.lastState.termination, previous.run != last.run,
            let endedBefore = previous.finished, ended - endedBefore < .seconds(600)
        else { return nil }
        var change = change(
            .crashLoop, container, before, reason: last.reason,
            message: "ended twice within \((ended - endedBefore).components.seconds) s")
        change.occurred = ended
        return PodFact(change, run: last.run, moment: ended)
    }

    private static let startFailures: Set<String> = [
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "ErrImagePull", "ImagePullBackOff",
        "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "PostStartHookError",
        "PreCreateHookError", "PreStartHookError",
    ]

    /// The reasons alternate while it is tried again and again: that is one failure.
    private func failedStart(of container: Pod.Container) -> PodFact? {
        guard case .waiting(let reason, let message) = container.state, Self.startFailures.contains(reason) else {
            return nil
        }
        let change = change(.startFailed, container, nil, reason: reason, message: message)
        return PodFact(change, run: container.lastState.termination?.run ?? container.containerID)
    }

    private func lostReadiness(of container: Pod.Container, _ before: Pod.Container?) -> PodFact? {
        guard let before, before.isReady, !container.isReady, container.containerID == before.containerID,
            case .running = container.state, !isEnding, !wasEnded
        else { return nil }
        var change = change(
            .readinessLost, container, before, reason: "ContainersNotReady",
            message: "the container is not ready any more")
        change.occurred = pod.readinessChanged
        return PodFact(change, run: container.containerID)
    }
}

extension Pod.Container {
    /// Its ends that the status tells of, the earlier one first.
    var terminations: [Pod.Termination] { [lastState, state].compactMap(\.termination) }
}

extension Pod.ContainerState {
    var termination: Pod.Termination? { if case .terminated(let end) = self { end } else { nil } }
}

extension Pod.Termination {
    /// What tells this run from others. Kubelets leave the identifier out of a container that they never saw.
    var run: String { containerID.isEmpty ? finished.map { "@\($0.microseconds / 1_000_000)" } ?? "" : containerID }

    /// The signal that ended it: shells and container runtimes report it as 128 more.
    var endingSignal: Int64? { signal != 0 ? signal : 129...192 ~= exitCode ? exitCode - 128 : nil }
}
