internal import DequeModule

/// What happened to pods, as far as the worker's scripts were told of it: a state machine without I/O.
///
/// A mark tells an event again that comes twice from one watch. It does not tell that a hub, after the one before it
/// was killed, met the same crash in another version of the pod: this does.
///
/// ```text
///   of a key not told of yet ─────────────────────────────────▶ news (as the hub says, if this worker is new itself)
///   told of, and happens once ────────────────────────────────▶ repeated
///   told of, may recur ─┬─ the same moment ───────────────────▶ repeated
///                       ├─ by the same hub, which told them apart ▶ news
///                       └─ by another hub ─┬─ later, by the status ▶ news
///                                          └─ otherwise ─────────▶ perhaps again
/// ```
struct ToldTransitions: Sendable {
    /// What an event is to scripts that have heard what this worker was told.
    enum Verdict: Sendable, Equatable {
        case news
        /// They were told of it.
        case repeated
        /// They may have been: it is told with `firstSeen` false.
        case doubtful
    }

    private struct Entry: Sendable {
        let key: String
        var hub: String
        var moment: Int64?
    }

    /// By the pod's uid.
    private var pods: [String: [Entry]] = [:]
    /// The pods in the order in which they came.
    private var order: Deque<String> = []
    /// The hub that told this worker of all pods when it knew none.
    private var firstHub: String?

    /// Of a pod that crashes in a loop the ends before the last one do not come again.
    private static let entryLimit = 24
    /// Some hundred bytes each; of a node's pods, and of those that were there before them.
    private static let podLimit = 8_192

    /// How many pods something is kept of.
    var count: Int { pods.count }

    /// A hub is there, and says what follows.
    mutating func connected(to hub: String) { firstHub = firstHub ?? hub }

    /// What an event tells, by the hub of this name.
    mutating func take(_ event: FleetPodEvent, of pod: String, by hub: String) -> Verdict {
        if event.event == "DELETED" { return end(pod, hub) ? .news : .repeated }
        let first: Verdict = event.isDoubtful && hub == firstHub ? .doubtful : .news
        guard let transition = event.transition else { return first }
        let mine = Entry(key: transition.key, hub: hub, moment: transition.moment)
        guard var entries = pods[pod] else {
            remember([mine], of: pod)
            return first
        }
        guard let index = entries.firstIndex(where: { $0.key == transition.key }) else {
            entries.append(mine)
            if entries.count > Self.entryLimit { entries.removeFirst() }
            pods[pod] = entries
            return first
        }
        let known = entries[index]
        guard transition.recurs else { return .repeated }
        if let moment = mine.moment, moment == known.moment { return .repeated }
        var kept = mine
        kept.moment = [mine.moment, known.moment].compactMap { $0 }.max()
        entries[index] = kept
        pods[pod] = entries
        if hub == known.hub { return .news }
        // Moments of the status are those of one clock; an Event says when it was last seen.
        guard event.mark?.stream == .pods, let now = mine.moment, let before = known.moment, now > before else {
            return .doubtful
        }
        return .news
    }

    /// A pod is gone, which is told once.
    private mutating func end(_ pod: String, _ hub: String) -> Bool {
        if pods[pod]?.first?.key == Self.gone { return false }
        let end = [Entry(key: Self.gone, hub: hub, moment: nil)]
        if pods[pod] == nil { remember(end, of: pod) } else { pods[pod] = end }
        return true
    }

    private static let gone = "gone"

    private mutating func remember(_ entries: [Entry], of pod: String) {
        pods[pod] = entries
        order.append(pod)
        while order.count > Self.podLimit, let oldest = order.popFirst() { pods[oldest] = nil }
    }
}
