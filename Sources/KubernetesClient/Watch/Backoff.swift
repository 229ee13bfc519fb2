/// How long to wait before trying again: ever longer, never in step with other clients.
///
/// A table in place of a formula, because three demands pull at it: a server that restarts within 12 s
/// is found again within 5 s; ten minutes of refusal cost at most 25 tries; and after any outage it takes at most 35 s.
struct Backoff: Sendable {
    /// The range from which each wait is drawn; the last one repeats.
    static let steps: [ClosedRange<Double>] = [
        0.5...1.1, 1.2...2.0, 2.4...4.0, 4.0...4.9, 4.0...4.9, 8.0...12.0, 16.0...24.0, 30.0...34.5,
    ]

    /// Where permission is missing, nobody else is to be spared, and the grant is to be noticed within 30 s.
    static let longestWhenForbidden = 24.0

    private var failures = 0
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Something went well: the next wait is the shortest again.
    mutating func reset() { failures = 0 }

    /// The next wait in seconds; `factor` stretches it where one try costs the server several requests.
    mutating func next(atMost limit: Double = .infinity, factor: Double = 1) -> Duration {
        let step = Self.steps[min(failures, Self.steps.count - 1)]
        failures += 1
        return .seconds(min(Double.random(in: step, using: &random), limit) * factor)
    }

    /// A wait that spreads clients which would otherwise all act at the same moment.
    mutating func spread(over duration: Duration) -> Duration {
        duration * Double.random(in: 0...1, using: &random)
    }
}

/// A small random generator with a seed (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
