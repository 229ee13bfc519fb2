package import KubernetesClient
package import Timestamps

/// Decides who leads, by a Lease: a state machine without I/O and clock.
///
/// ```
///             lease free, released or expired: write ─▶ written
/// following ────────────────────────────────────────────────────▶ leading ◀─┐ written (each retry period)
///     ▲ ▲                                                           │  │  └──┘
///     │ └──────────── lease of another, or renewDeadline passed ────┘  │
///     └──────────────────────────── release ◀──────────────────────────┘
/// ```
/// Times are durations since any fixed moment of a clock that goes on while the process is stopped. Another's lease is
/// expired when *we* have seen it unchanged for its duration, so the clocks of the machines need not agree.
package struct LeaseElection: Sendable {
    /// The numbers by which it works; those of Kubernetes' own components unless noted.
    package struct Settings: Sendable {
        /// How long a lease is good for without being renewed.
        package var leaseDuration: Duration = .seconds(15)
        /// A leader that could not renew for this long gives up.
        package var renewDeadline: Duration = .seconds(10)
        /// How often the lease is renewed; others look at it twice as often.
        package var retryPeriod: Duration = .seconds(2)
        /// A leader acts only this long after it began to renew for the last time: what it does later, a successor could
        /// not know to be done. Ours alone; it bounds what is told twice after a leader died.
        package var actDeadline: Duration = .seconds(5)

        /// The defaults.
        package init() {}
    }

    /// What to do next.
    package enum Step: Sendable, Equatable {
        /// Read the lease and report it by ``LeaseElection/read(_:now:wall:annotations:)``.
        case read
        /// Write this lease, on top of the version that it names.
        case write(Lease)
        /// Nothing for a while.
        case wait(Duration)
    }

    private enum State: Sendable {
        case following
        case leading(Lease, renewed: Duration)
    }

    /// A lease as another holds it, and since when we have seen it so.
    private struct Sighting: Sendable {
        var version: String
        var since: Duration
    }

    /// Who we are.
    package let identity: String
    /// Which lease.
    package let key: ObjectKey
    private let settings: Settings
    private var state = State.following
    private var sighting: Sighting?
    private var nextRead: Duration = .zero
    /// A renewal that is to be made before its time.
    private var isNudged = false

    /// Follows at first.
    package init(identity: String, key: ObjectKey, settings: Settings = Settings()) {
        self.identity = identity
        self.key = key
        self.settings = settings
    }

    /// Whether we lead, as far as we know.
    package var isLeading: Bool { if case .leading = state { true } else { false } }

    /// Whether a leader may act now.
    package func mayAct(now: Duration) -> Bool {
        if case .leading(_, let renewed) = state { now - renewed < settings.actDeadline } else { false }
    }

    /// What to do now. `annotations` are what a renewal leaves for a successor.
    package mutating func next(now: Duration, wall: Timestamp, annotations: [String: String]) -> Step {
        switch state {
        case .following:
            return now >= nextRead ? .read : .wait(nextRead - now)
        case .leading(let lease, let renewed):
            if now - renewed >= settings.renewDeadline {
                state = .following
                sighting = nil
                nextRead = now
                return .read
            }
            let due = isNudged ? renewed : renewed + settings.retryPeriod
            guard now >= due, now >= nextRead else { return .wait(max(due, nextRead) - now) }
            isNudged = false
            var renewal = lease
            renewal.renewed = wall
            renewal.annotations.merge(annotations) { $1 }
            return .write(renewal)
        }
    }

    /// The lease was read; nil: there is none.
    package mutating func read(
        _ lease: Lease?, now: Duration, wall: Timestamp, annotations: [String: String]
    ) -> Step {
        nextRead = now + settings.retryPeriod
        guard var lease else {
            return .write(
                Lease(
                    key: key, holder: identity, durationSeconds: settings.leaseDuration.components.seconds,
                    acquired: wall, renewed: wall))
        }
        if lease.holder != identity, !lease.holder.isEmpty, !isExpired(lease, now) {
            state = .following
            // Twice as often as it is renewed, and when it expires: what passes until a renewal is seen adds to the time
            // without a leader.
            let expiry = (sighting?.since ?? now) + Self.duration(of: lease)
            nextRead = min(now + settings.retryPeriod / 2, max(expiry, now))
            return .wait(nextRead - now)
        }
        if lease.holder != identity { lease.transitions += 1 }
        if lease.holder != identity || lease.acquired == nil { lease.acquired = wall }
        lease.holder = identity
        lease.durationSeconds = settings.leaseDuration.components.seconds
        lease.renewed = wall
        return .write(lease)
    }

    private mutating func isExpired(_ lease: Lease, _ now: Duration) -> Bool {
        guard let sighting, sighting.version == lease.resourceVersion else {
            sighting = Sighting(version: lease.resourceVersion, since: now)
            return false
        }
        return now - sighting.since >= Self.duration(of: lease)
    }

    private static func duration(of lease: Lease) -> Duration { .seconds(max(1, lease.durationSeconds)) }

    /// The lease was written by a request that began at `sent`.
    package mutating func written(_ lease: Lease, sent: Duration) {
        nextRead = sent
        sighting = nil
        state = lease.holder == identity ? .leading(lease, renewed: sent) : .following
    }

    /// The lease could not be written. On a conflict another was faster, or we were: reading tells.
    package mutating func writeFailed(isConflict: Bool, now: Duration) -> Step {
        if isConflict { return .read }
        nextRead = now + settings.retryPeriod / 4
        return .wait(settings.retryPeriod / 4)
    }

    /// The lease could not be read.
    package mutating func readFailed(now: Duration) -> Step {
        nextRead = now + settings.retryPeriod
        return .wait(settings.retryPeriod)
    }

    /// Asks for a renewal before its time, for what is to be left for a successor.
    package mutating func nudge() { isNudged = true }

    /// Gives the lease up; returns what to write so that another may take it at once, nil if it was not ours.
    package mutating func release(wall: Timestamp, annotations: [String: String]) -> Lease? {
        guard case .leading(var lease, _) = state else { return nil }
        state = .following
        lease.holder = ""
        lease.durationSeconds = 1
        lease.renewed = wall
        lease.annotations.merge(annotations) { $1 }
        return lease
    }
}
