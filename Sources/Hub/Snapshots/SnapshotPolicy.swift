internal import KubernetesClient
internal import PodSignals
internal import Timestamps

/// Which packets are saved when something happens to a pod, without any script: a state machine without I/O.
///
/// ```text
/// a crash may follow ──▶ pin the last minutes, for ten minutes
/// a container died ────▶ snapshot of two minutes before to five seconds after, once for each death
/// the pod goes away ───▶ snapshot at once, in four fifths of the time that is left, and again when it is gone
/// ```
/// A container that ends well although its probe failed was told to end by the kubelet: that is a death too.
/// Of a pod that crashes in a loop: one snapshot in ten minutes, and five at most.
struct SnapshotPolicy: Sendable {
    /// Its numbers, and what it is for.
    struct Settings: Sendable, Equatable {
        /// The kinds of changes that are saved. A pod that is deleted, drained or rolled out is no crash: those kinds have
        /// to be asked for.
        var kinds: Set<PodChangeKind> = [
            .oomKilled, .crashed, .segfault, .aborted, .initCrashed, .crashLoop, .evicted, .preempted, .nodeShutdown,
        ]
        /// The kinds after which a crash may follow.
        var warnings: Set<PodChangeKind> = [.oomRisk, .livenessFailing, .readinessLost]
        /// How far a snapshot goes back.
        var before: Duration = .seconds(120)
        /// How far it goes on after a death: late packets, and resets.
        var after: Duration = .seconds(5)
        /// How long a pin lasts.
        var pinned: Duration = .seconds(600)
        /// The time between two snapshots of one pod that crashes in a loop.
        var spacing: Duration = .seconds(600)
        /// How long a pod may take to go away that does not say until when.
        var goingAway: Duration = .seconds(30)
        /// Snapshots of one pod.
        var perPod = 5
        /// Pods that are remembered.
        var podLimit = 10_000
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Keep the packets of these times from being overwritten, until `expiry`.
        case pin(id: String, from: Timestamp, expiry: Timestamp)
        /// Save the packets of these times, not before the last of them. With a deadline all has to be done by then. With an
        /// end the pod still lives: what it says until it is gone is saved too, or until then if nobody hears of that.
        case snapshot(id: String, from: Timestamp, to: Timestamp, deadline: Timestamp?, end: Timestamp?)
    }

    /// Why nothing is done.
    enum Omission: Sendable, Equatable {
        case notAsked, repeated, tooSoon, tooMany
    }

    private struct Memory: Sendable {
        var deaths: Set<String> = []
        var last: Timestamp?
        var pinnedUntil: Timestamp?
        /// The containers whose probes have failed, with how long that counts.
        var failing: [String: Timestamp] = [:]
        var count = 0
        var touched: Timestamp
    }

    var settings: Settings
    private var pods: [String: Memory] = [:]
    /// What was left out, by why.
    private(set) var omissions: [Omission: Int] = [:]

    init(_ settings: Settings = Settings()) { self.settings = settings }

    /// What a change asks for; nil: nothing.
    mutating func take(_ change: PodChange, of pod: String, at now: Timestamp) -> Action? {
        if change.kind == .gone {
            pods[pod] = nil
            return nil
        }
        if [.livenessFailing, .startFailed].contains(change.kind) { noteFailure(change, pod, now) }
        if settings.warnings.contains(change.kind) { return pin(pod, now) }
        guard settings.kinds.contains(change.kind) || wasKilled(change, pod, now) else { return omit(.notAsked) }
        // What lasts since before is no news: whoever was there then has saved it.
        guard change.firstSeen else { return omit(.repeated) }
        forgetOldest(now)
        var memory = pods[pod] ?? Memory(touched: now)
        memory.touched = now
        defer { pods[pod] = memory }
        let death = "\(change.container ?? "")/\(change.containerID)"
        // A crash loop is told of after the death that it follows, which is saved by then.
        guard memory.deaths.insert(death).inserted else { return omit(.repeated) }
        guard memory.count < settings.perPod else { return omit(.tooMany) }
        let isUrgent = change.severity == .goingAway
        if !isUrgent, let last = memory.last, now - last < settings.spacing { return omit(.tooSoon) }
        memory.last = now
        memory.count += 1
        // By the container's clock; a time that is missing or not to be believed is taken for now.
        let moment =
            change.occurred.flatMap { $0 <= now + .seconds(60) && now - $0 < settings.before ? $0 : nil } ?? now
        let id = "\(change.kind.rawValue)/\(pod)/\(death)"
        guard isUrgent else {
            return .snapshot(
                id: id, from: moment - settings.before, to: moment + settings.after, deadline: nil, end: nil)
        }
        let deadline = change.deadline.map { now + ($0 - now) * 0.8 }
        let end = (change.deadline ?? now + settings.goingAway) + settings.after
        return .snapshot(id: id, from: now - settings.before, to: now, deadline: deadline, end: end)
    }

    private mutating func noteFailure(_ change: PodChange, _ pod: String, _ now: Timestamp) {
        forgetOldest(now)
        pods[pod, default: Memory(touched: now)].touched = now
        pods[pod]?.failing[change.container ?? ""] = now + settings.pinned
    }

    /// Whether a container that ended with success was made to end, since its probe failed.
    private func wasKilled(_ change: PodChange, _ pod: String, _ now: Timestamp) -> Bool {
        guard change.kind == .completed, settings.kinds.contains(.crashed) else { return false }
        return pods[pod]?.failing[change.container ?? ""].map { now < $0 } ?? false
    }

    private mutating func pin(_ pod: String, _ now: Timestamp) -> Action? {
        forgetOldest(now)
        var memory = pods[pod] ?? Memory(touched: now)
        memory.touched = now
        defer { pods[pod] = memory }
        // One that holds for a while yet is enough.
        if let until = memory.pinnedUntil, until - now > settings.pinned / 2 { return omit(.repeated) }
        memory.pinnedUntil = now + settings.pinned
        return .pin(id: "pin/\(pod)", from: now - settings.before, expiry: now + settings.pinned)
    }

    private mutating func omit(_ why: Omission) -> Action? {
        omissions[why, default: 0] += 1
        return nil
    }

    /// Pods that vanished without a word.
    private mutating func forgetOldest(_ now: Timestamp) {
        guard pods.count >= settings.podLimit else { return }
        let sorted = pods.sorted { $0.value.touched < $1.value.touched }
        for (pod, _) in sorted.prefix(settings.podLimit / 4) { pods[pod] = nil }
    }
}

extension Timestamp {
    /// A moment so long before.
    fileprivate static func - (time: Timestamp, distance: Duration) -> Timestamp { time + (.zero - distance) }
}
