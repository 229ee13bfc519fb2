/// When to try again after somebody else has written first: soon, at random, and not for ever.
///
/// Each wait is drawn from a range that doubles, so that many writers that collided once do not collide again.
struct ConflictRetry: Sendable {
    /// After this long it is not tried again,
    static let limit: Duration = .seconds(10)
    /// unless it was tried less often than this: against a slow server ten seconds are only a few attempts.
    static let leastAttempts = 10
    /// The first wait is at most this long: about what a request takes.
    static let firstWait: Duration = .milliseconds(20)
    /// No wait is longer.
    static let longestWait: Duration = .seconds(1)

    private(set) var attempts = 1
    private let start: ContinuousClock.Instant

    init(start: ContinuousClock.Instant) { self.start = start }

    /// The next wait; nil when it has been long enough.
    mutating func next(
        at now: ContinuousClock.Instant, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard now - start < Self.limit || attempts < Self.leastAttempts else { return nil }
        let ceiling = min(Self.firstWait * (1 << min(attempts - 1, 10)), Self.longestWait)
        attempts += 1
        return .nanoseconds(Int64.random(in: 0...Int64(ceiling / .nanoseconds(1)), using: &random))
    }

    /// For how long it has been tried.
    func seconds(at now: ContinuousClock.Instant) -> Int { Int((now - start) / .seconds(1)) }
}
