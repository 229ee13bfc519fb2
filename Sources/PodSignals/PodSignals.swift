package import KubernetesClient
internal import OrderedCollections
package import Timestamps

/// Derives from what the API tells of pods, events and nodes what happened to pods: a state machine without I/O.
///
/// ```
/// pod versions ─┐
/// Events        ├─▶ facts, each with a key ─▶ those not seen before ─▶ one notice each
/// nodes        ─┘
/// ```
/// **Once per transition.** A fact's key is its kind, the container, and the run of the container. Facts of the same key
/// are told once, wherever they come from: the second version of a pod that shows the same crash, the Event beside the
/// status, the list after a lost watch. A fact ends when its pod recovers (ready again, node back), and may then begin
/// anew.
///
/// **Existing objects** are only learnt from: what they show is known, and told as news nowhere. A caller that knows
/// until when everything has been delivered says so, and gets what happened later.
///
/// Memory: one reference and a few keys per pod; of Events only those that came before their pod, at most 256.
package struct PodSignals: Sendable {
    struct Record: Sendable {
        var pod: Pod
        /// Keys that were told, or were there at the beginning, and still matter.
        var seen: [PodFact.Key] = []
        /// What recurs and was told, at most one of each kind for a container.
        var episodes: [Episode] = []
    }

    /// A trouble of a container that comes again and again, and of which status and Events tell in either order and
    /// many times: it is told when it begins.
    ///
    /// Events may overtake the status that they explain, so the run of the container does not tell episodes apart;
    /// moments do.
    struct Episode: Sendable, Equatable {
        var kind: PodChangeKind
        var container: String
        /// The latest moment of which was told.
        var moment: Timestamp
        /// The container is being killed for it: what comes after is another episode.
        var isOver = false
    }

    /// By uid: names are used again.
    var records: [String: Record] = [:]
    var nodes: [String: NodeTrouble] = [:]
    var early = EarlyEvents()

    /// Knows nothing yet.
    package init() {}

    /// How many pods it knows.
    package var podCount: Int { records.count }

    /// A pod was there at the beginning. Returns its `ADDED`, with what is wrong with it now, if anything; and, if
    /// `told` is given, what happened to it after that moment, which nobody has told yet.
    package mutating func existing(_ pod: Pod, told: Timestamp? = nil) -> [PodNotice] {
        let facts = PodFacts(pod: pod, earlier: nil).all
        var record = Record(pod: pod, seen: nodeKeys(for: pod))
        _ = record.news(in: facts)
        records[pod.identity.uid] = record
        for event in early.take(pod.identity.uid) { existing(event) }
        var notices = [PodNotice(event: .added, pod: pod, change: Self.lasting(facts))]
        guard let told else { return notices }
        for fact in facts where fact.change.occurred.map({ $0 > told }) == true {
            notices.append(PodNotice(event: .modified, pod: pod, change: fact.change))
        }
        return notices
    }

    /// What is wrong with a pod as it stands, the worst of it; never news.
    package static func lasting(_ pod: Pod) -> PodChange? { lasting(PodFacts(pod: pod, earlier: nil).all) }

    private static func lasting(_ facts: [PodFact]) -> PodChange? {
        func rank(_ fact: PodFact) -> Int {
            switch fact.change.severity {
            case .info: 0
            case .warning: 1
            case .crash: 2
            case .goingAway, .gone: 3
            }
        }
        var change = facts.max { rank($0) < rank($1) }?.change
        change?.firstSeen = false
        return change
    }

    /// A pod changed. Returns at least one notice, each with a change of its own if there are several.
    package mutating func apply(_ change: InformerChange<Pod>) -> [PodNotice] {
        switch change {
        case .added(let pod): update(pod, nil, as: .added) + belated(pod)
        case .modified(let pod, from: let earlier): update(pod, earlier, as: .modified)
        case .deleted(let pod): delete(pod)
        }
    }

    private mutating func update(_ pod: Pod, _ earlier: Pod?, as event: PodNotice.Event) -> [PodNotice] {
        var record = records[pod.identity.uid] ?? Record(pod: pod)
        // What was told of before, not what the informer knew: the same, unless the caller left versions out.
        let news = record.news(in: PodFacts(pod: pod, earlier: earlier).all)
        record.advance(to: pod)
        records[pod.identity.uid] = record
        guard let first = news.first else { return [PodNotice(event: event, pod: pod, change: nil)] }
        return [PodNotice(event: event, pod: pod, change: first.change)]
            + news.dropFirst().map { PodNotice(event: .modified, pod: pod, change: $0.change) }
    }

    private mutating func delete(_ pod: Pod) -> [PodNotice] {
        var record = records.removeValue(forKey: pod.identity.uid) ?? Record(pod: pod)
        // The last version may be the first to tell of a crash. That it is being deleted is then no news.
        let news = record.news(in: PodFacts(pod: pod, earlier: record.pod).all)
            .filter { $0.change.severity == .crash }
        let gone = PodChange(
            kind: .gone, reason: pod.reason, deadline: pod.metadata.deletion,
            message: pod.metadata.deletion == nil
                ? "the pod is gone without having been asked to end" : "the pod is gone")
        return news.map { PodNotice(event: .modified, pod: pod, change: $0.change) }
            + [PodNotice(event: .deleted, pod: pod, change: gone)]
    }
}

extension PodSignals.Record {
    /// The facts that were not told of yet; they are from now on.
    mutating func news(in facts: [PodFact]) -> [PodFact] {
        facts.filter { fact in
            if fact.isRecurring { return begins(fact) }
            if seen.contains(fact.key) { return false }
            seen.append(fact.key)
            return true
        }
    }

    /// Whether a recurring fact begins an episode, which is noted.
    private mutating func begins(_ fact: PodFact) -> Bool {
        let beginning = Timestamp(microseconds: .min)
        let moment = max(fact.change.occurred ?? beginning, fact.moment ?? beginning)
        guard
            let index = episodes.firstIndex(where: {
                $0.kind == fact.change.kind && $0.container == fact.key.container
            })
        else {
            episodes.append(.init(kind: fact.change.kind, container: fact.key.container, moment: moment))
            return true
        }
        let episode = episodes[index]
        let isAnother =
            episode.isOver
            ? fact.change.reason != "Killing" || moment > episode.moment
            : fact.moment.map { $0 > episode.moment } ?? false
        if isAnother { episodes[index].isOver = false }
        if fact.movesEpisode { episodes[index].moment = max(episodes[index].moment, moment) }
        return isAnother
    }

    /// Takes over a newer version, and forgets what has ended with it.
    mutating func advance(to newer: Pod) {
        pod = newer
        seen.removeAll { key in
            guard key.kind == .crashed, !key.run.hasPrefix("#") else { return false }
            // An end that the status does not show any more is not shown again.
            return !newer.containers.contains { container in
                container.name == key.container && container.terminations.contains { $0.run == key.run }
            }
        }
        endEpisodes()
    }

    /// Forgets the episodes that the pod's status shows to be over.
    mutating func endEpisodes() {
        guard !episodes.isEmpty else { return }
        episodes.removeAll { episode in
            guard let container = pod.containers.first(where: { $0.name == episode.container }) else { return false }
            switch episode.kind {
            case .startFailed, .livenessFailing:
                if case .running(let since?) = container.state { return since > episode.moment }
                return false
            case .readinessLost:
                return container.isReady && pod.isReady && pod.readinessChanged.map { $0 > episode.moment } == true
            default: return false
            }
        }
    }
}
