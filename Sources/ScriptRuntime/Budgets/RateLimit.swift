/// A token bucket: lets `burst` through at once and `rate` a second on average, and counts what it holds back.
struct RateLimit: Sendable {
    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var refilled: ContinuousClock.Instant
    private var heldBack = 0

    init(rate: Int, burst: Int, now: ContinuousClock.Instant) {
        self.rate = Double(rate)
        self.burst = Double(burst)
        tokens = Double(burst)
        refilled = now
    }

    /// Whether the next one may pass.
    mutating func admit(at now: ContinuousClock.Instant) -> Bool {
        tokens = min(burst, tokens + (now - refilled) / .seconds(1) * rate)
        refilled = now
        guard tokens >= 1 else {
            heldBack += 1
            return false
        }
        tokens -= 1
        return true
    }

    /// How many were held back since this was last asked.
    mutating func takeHeldBack() -> Int {
        defer { heldBack = 0 }
        return heldBack
    }
}
