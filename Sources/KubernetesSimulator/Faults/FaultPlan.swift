/// The faults that wait for their requests, in the order in which they were planned.
struct FaultPlan: Sendable {
    private struct Entry: Sendable {
        let id: Int
        let fault: RequestFault
        let match: RequestMatch
        /// How many more requests it hits; nil for all.
        var remaining: Int?
    }

    private var entries: [Entry] = []
    private var nextID = 0

    /// - Parameter times: how many requests are hit; nil for all from now on.
    mutating func add(_ fault: RequestFault, for match: RequestMatch, times: Int?) -> Int {
        nextID += 1
        entries.append(Entry(id: nextID, fault: fault, match: match, remaining: times))
        return nextID
    }

    mutating func remove(_ id: Int?) {
        entries.removeAll { id == nil || $0.id == id }
    }

    /// The faults that a request meets. Delays add to the first fault of another kind; further ones wait.
    mutating func take(for request: APIRequest) -> [RequestFault] {
        var met: [RequestFault] = []
        for i in entries.indices where entries[i].remaining != 0 && entries[i].match.matches(request) {
            met.append(entries[i].fault)
            entries[i].remaining? -= 1
            if case .delay = entries[i].fault { continue }
            break
        }
        entries.removeAll { $0.remaining == 0 }
        return met
    }
}
