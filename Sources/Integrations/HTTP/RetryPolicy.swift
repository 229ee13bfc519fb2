/// When a request is made again.
package enum RetryPolicy: Sendable, Equatable {
    /// Never.
    case never
    /// If the server says that it did not do anything: 429, or 503 with `Retry-After`.
    case ifRefused
    /// On 429, 500, 502, 503, 504 and broken connections: for what may happen twice without harm.
    case idempotent
}

/// How often one request is made, and how long is waited in between. A state machine without clock or I/O.
struct RetrySchedule {
    /// What an attempt ended with.
    enum Outcome: Equatable {
        case answer(status: Int, retryAfter: Duration?)
        /// No connection, or one that broke before an answer was complete.
        case broken
        /// A failure that would come again, or whose time is used up.
        case failed
    }

    enum Action: Equatable {
        case giveUp
        case wait(Duration)
    }

    /// Three more attempts: after 0.5, 1 and 2 s a server that restarts is often back, and a script waits.
    static let attemptLimit = 4
    static let firstWait: Duration = .milliseconds(500)

    let policy: RetryPolicy
    private(set) var attempts = 0

    init(_ policy: RetryPolicy) { self.policy = policy }

    /// What to do after an attempt; `remaining` is the time that is left, `jitter` a number from 0 to 1.
    mutating func ended(_ outcome: Outcome, remaining: Duration, jitter: Double) -> Action {
        attempts += 1
        guard attempts < Self.attemptLimit, isRepeatable(outcome) else { return .giveUp }
        let wait: Duration
        if case .answer(_, let asked?) = outcome {
            wait = asked
        } else {
            // From half to all of it, so that many callers do not come back together.
            let whole = Self.firstWait * (1 << (attempts - 1))
            wait = whole / 2 + whole / 2 * jitter
        }
        return wait < remaining ? .wait(wait) : .giveUp
    }

    private func isRepeatable(_ outcome: Outcome) -> Bool {
        switch (policy, outcome) {
        case (.never, _), (_, .failed): false
        case (_, .answer(429, _)): true
        case (.ifRefused, .answer(503, let retryAfter)): retryAfter != nil
        case (.ifRefused, _): false
        case (.idempotent, .answer(let status, _)): [500, 502, 503, 504].contains(status)
        case (.idempotent, .broken): true
        }
    }
}
