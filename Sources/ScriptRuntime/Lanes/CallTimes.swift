/// How long calls of hooks took: counts in classes, each of which ends at a power of two of microseconds. Of a batch that a
/// script walks in one go every call counts with the mean.
struct CallTimes: Sendable, Equatable {
    private var counts: [Int] = []

    /// The last class, from about eight seconds on, has no end.
    private static let classes = 24

    mutating func add(_ duration: Duration, calls: Int = 1) {
        guard calls > 0 else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.classes) }
        let (seconds, attoseconds) = duration.components
        let microseconds = (seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / Int64(calls)
        counts[min(Self.classes - 1, 64 - microseconds.leadingZeroBitCount)] += calls
    }

    mutating func add(_ other: CallTimes) {
        guard !other.counts.isEmpty else { return }
        if counts.isEmpty {
            counts = other.counts
        } else {
            for index in counts.indices { counts[index] += other.counts[index] }
        }
    }

    /// The time that a share of the calls did not exceed, rounded up to a power of two of microseconds; nil without calls.
    func quantile(_ share: Double) -> Duration? {
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = max(1, Int((Double(total) * share).rounded(.up)))
        var sum = 0
        for (index, count) in counts.enumerated() {
            sum += count
            if sum >= rank { return .microseconds(Int64(1) << index) }
        }
        return nil
    }
}
