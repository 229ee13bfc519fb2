internal import DequeModule

/// The requests of a connection whose responses have not come, in the order in which they were sent.
///
/// Nearly all clients wait for each answer, so the first request has a place of its own, which is read and changed
/// without a way through the queue.
struct PendingRequests {
    struct Request {
        enum State {
            /// Its body is still coming.
            case isRead
            case waits(ReadMessage, since: Int64)
            /// It went out without its response, which may come all the same.
            case isGivenUp
        }

        let method: HTTPStartLine.Method
        fileprivate(set) var state = State.isRead

        fileprivate var isRead: Bool { if case .isRead = state { true } else { false } }

        /// The request, if it has waited since before `time`: then it is given up. Nil also if it was before; `stops` if
        /// it may go on waiting.
        fileprivate mutating func giveUp(before time: Int64) -> (message: ReadMessage?, stops: Bool) {
            switch state {
            case .waits(let message, let since) where since < time:
                state = .isGivenUp
                return (message, false)
            case .isGivenUp: return (nil, false)
            case .waits, .isRead: return (nil, true)
            }
        }
    }

    private var first: Request?
    private var others: Deque<Request> = []

    var isEmpty: Bool { first == nil }
    var count: Int { first == nil ? 0 : 1 + others.count }
    /// What the next response answers.
    var firstMethod: HTTPStartLine.Method? { first?.method }
    /// Whether the body of the last request is still coming.
    var isLastRead: Bool { others.isEmpty ? first?.isRead ?? false : others[others.count - 1].isRead }

    /// Adds a request of which the head is there.
    mutating func append(_ method: HTTPStartLine.Method) {
        if first == nil {
            first = Request(method: method)
        } else {
            others.append(Request(method: method))
        }
    }

    /// The last request is whole, and waits from now on.
    mutating func completeLast(_ message: consuming ReadMessage, at time: Int64) {
        guard isLastRead else { return }
        if others.isEmpty {
            first?.state = .waits(message, since: time)
        } else {
            others[others.count - 1].state = .waits(message, since: time)
        }
    }

    /// Takes the request that was sent first.
    mutating func popFirst() -> Request? {
        var taken: Request?
        swap(&taken, &first)
        if !others.isEmpty { first = others.popFirst() }
        return taken
    }

    /// Gives up the first requests, up to the first one that has not waited since before `time`.
    mutating func giveUp(before time: Int64, _ tell: (ReadMessage) -> Void) {
        guard let (message, stops) = first?.giveUp(before: time) else { return }
        if let message { tell(message) }
        guard !stops else { return }
        for index in others.indices {
            let (message, stops) = others[index].giveUp(before: time)
            if let message { tell(message) }
            if stops { return }
        }
    }
}
