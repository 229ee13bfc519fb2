internal import Synchronization
internal import Threading

/// One version of a script as other threads see it: its number, and the word that it is to end.
final class InstanceControl: Sendable {
    let id: UInt64
    /// When a call in progress must end, as nanoseconds since ``origin``.
    private let endBy = Atomic<Int64>(.max)
    /// When the running call was last seen alive; zero while none runs or it waits for a helper.
    private let lastLook = Atomic<Int64>(0)
    private let ends = Locked<[CheckedContinuation<Void, Never>]?>([])

    private static let origin = ContinuousClock.now
    private static let lastID = Atomic<UInt64>(0)

    init() { id = Self.lastID.add(1, ordering: .relaxed).newValue }

    /// Asks the version to end: between two calls at once, in a call after `grace`.
    func end(grace: Duration) { endBy.store(Self.nanoseconds(.now + grace), ordering: .releasing) }

    /// Whether it was asked to end.
    var isEnding: Bool { endBy.load(ordering: .acquiring) != .max }

    /// Whether even a call in progress must end.
    var mustEnd: Bool { endBy.load(ordering: .acquiring) <= Self.nanoseconds(.now) }

    /// When a call in progress must end; nil if nobody asked for it.
    var deadline: ContinuousClock.Instant? {
        let end = endBy.load(ordering: .acquiring)
        return end == .max ? nil : Self.origin + .nanoseconds(end)
    }

    /// Notes that the running call is alive.
    func noteLook() { lastLook.store(Self.nanoseconds(.now), ordering: .relaxed) }

    /// Notes that no call runs, or that it waits for somebody else.
    func noteRest() { lastLook.store(0, ordering: .relaxed) }

    /// Whether a call has run for so long without a chance to look at it, which one native step did that cannot be
    /// interrupted.
    func isStuck(for duration: Duration) -> Bool {
        let look = lastLook.load(ordering: .relaxed)
        return look != 0 && Self.origin + .nanoseconds(look) + duration < .now
    }

    /// Returns once the version has ended and its memory is free.
    func untilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = ends.withLock { ends in
                ends?.append(continuation)
                return ends == nil
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Notes the end.
    func noteEnd() {
        let waiting = ends.withLock { ends in
            defer { ends = nil }
            return ends ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    private static func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - origin).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
