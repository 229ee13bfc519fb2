/// How long to wait before connecting again: doubling up to a limit, and half of it at random, so that a fleet whose
/// hub was away does not come back at one moment.
struct ReconnectDelay: Sendable {
    private let first: Duration
    private let limit: Duration
    private var failures = 0

    init(first: Duration = .milliseconds(250), limit: Duration = .seconds(15)) {
        self.first = first
        self.limit = limit
    }

    /// The next one. `random` is from 0 to 1.
    mutating func next(random: Double) -> Duration {
        let full = min(limit, first * Double(1 << min(failures, 16)))
        failures += 1
        return full * (0.5 + random / 2)
    }

    /// A connection held.
    mutating func reset() { failures = 0 }
}
