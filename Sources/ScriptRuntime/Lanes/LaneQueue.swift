internal import DequeModule

/// The bounded queue in front of one script.
///
/// Three rows: requests, of which each has somebody waiting, and which come first; then events in the order in which
/// they came, kept in two rows so that a full queue can give up its oldest *expendable* event (an item, a batch of
/// packets) in constant time, and touches lasting ones (a pod event that tells of a crash) only if there is no other.
struct LaneQueue {
    private struct Entry {
        let event: LaneEvent
        let arrival: UInt64
    }

    private let countLimit: Int
    private let byteLimit: Int
    private var requests: Deque<LaneRequest> = []
    private var expendable: Deque<Entry> = []
    private var lasting: Deque<Entry> = []
    private var arrivals: UInt64 = 0
    private(set) var bytes = 0
    /// Calls that were given up, since the beginning; each packet of a batch counts.
    private(set) var dropped = 0

    init(budget: ScriptBudget) {
        countLimit = budget.queueCount
        byteLimit = budget.queueBytes
    }

    var count: Int { expendable.count + lasting.count }
    var hasFunctionRequest: Bool { requests.contains(where: \.isFunction) }
    var isEmpty: Bool { requests.isEmpty && expendable.isEmpty && lasting.isEmpty }

    mutating func append(_ event: LaneEvent) {
        arrivals += 1
        bytes += event.byteCount
        if event.isExpendable {
            expendable.append(Entry(event: event, arrival: arrivals))
        } else {
            lasting.append(Entry(event: event, arrival: arrivals))
        }
        // One event stays, whatever its size: it may be what the script waits for.
        while count > countLimit || (bytes > byteLimit && count > 1) { dropOldest() }
    }

    /// Puts back what was taken and not used up: it comes before all else that may be given up.
    mutating func putBack(_ event: LaneEvent) {
        bytes += event.byteCount
        expendable.prepend(Entry(event: event, arrival: 0))
    }

    /// Requests are not bounded here: each has a caller that waits for it, and callers are bounded.
    mutating func append(_ request: LaneRequest) { requests.append(request) }

    mutating func popRequest() -> LaneRequest? { requests.popFirst() }

    /// Takes the first request that `isWanted`, others stay.
    mutating func popRequest(where isWanted: (LaneRequest) -> Bool) -> LaneRequest? {
        guard let index = requests.firstIndex(where: isWanted) else { return nil }
        return requests.remove(at: index)
    }

    /// Takes the event that came first.
    mutating func popEvent() -> LaneEvent? {
        let takesExpendable =
            switch (expendable.first, lasting.first) {
            case (let a?, let b?): a.arrival < b.arrival
            case (_?, nil): true
            default: false
            }
        let entry = takesExpendable ? expendable.popFirst() : lasting.popFirst()
        if let entry { bytes -= entry.event.byteCount }
        return entry?.event
    }

    /// Gives up all events, and returns the requests, whose callers must be told.
    mutating func removeAll() -> [LaneRequest] {
        // An empty deque would write to the empty array that all threads share: harmless, but ThreadSanitizer reports it.
        let waiting = requests.isEmpty ? [] : Array(requests)
        requests.removeAll()
        expendable.removeAll()
        lasting.removeAll()
        bytes = 0
        return waiting
    }

    private mutating func dropOldest() {
        guard let entry = expendable.popFirst() ?? lasting.popFirst() else { return }
        bytes -= entry.event.byteCount
        dropped += entry.event.callCount
    }
}
