/// The staged way of a set to the workers: a state machine without I/O.
///
/// ```text
///           another set                     all of a stage are well
///  settled ─────────────▶ stage 1 ─────────────────────────────────▶ stage 2 … ─▶ settled: all get it
///     ▲                      │ a canary refuses a script, its hooks fail or drop calls; or the hub refused it
///     │ another set that is  ▼
///     └── what ran before  taken back: canaries get what ran before, the others keep it
/// ```
/// Whoever is no canary keeps what it holds, whatever that is: a hub that begins in the middle need not know the set before
/// to leave it alone.
struct Rollout: Sendable {
    /// What a worker is to hold.
    enum Target: Sendable, Equatable {
        /// The newest set.
        case latest
        /// The last one that went out to all.
        case former
        /// What it holds.
        case kept
    }

    /// How one worker does.
    struct Observation: Sendable {
        var name: String
        var isConnected: Bool
        /// The revision that it holds, as far as it said.
        var revision: String
        /// It was sent a set, and has not answered.
        var isPending: Bool
        var failures: [FleetScriptFailure]
        var report: FleetWorkerReport
        /// When it reported last; nil: not yet.
        var reported: ContinuousClock.Instant?
    }

    /// A worker that tries the set out.
    private struct Canary: Sendable {
        /// Failures and drops of each script when it had got the set.
        var before: [Int: Int]
        /// Since when it holds the set.
        var since: ContinuousClock.Instant?
        /// Since when it is away.
        var lost: ContinuousClock.Instant?
    }

    private enum Phase: Sendable {
        case settled
        case stage(Int, began: ContinuousClock.Instant)
        case takenBack(String)
    }

    private(set) var settings = RolloutSettings()
    private var phase = Phase.settled
    private var canaries: [String: Canary] = [:]
    private var latest = ""
    /// The scripts that differ from what went out before, the only ones that are judged; nil: all.
    private var changed: Set<Int>?
    /// The last revision that went out to all; nil: not known.
    private(set) var accepted: String?
    /// Canaries that went away and did not come back.
    private var losses = 0

    /// Nodes go at times; a set that takes its worker with it must not go from one to the next.
    private static let lossLimit = 1

    /// Another set is wanted.
    ///
    /// - Parameters:
    ///   - changed: the scripts by which it differs from the accepted one; nil: not known, or everything.
    ///   - refused: what the hub itself refused of it.
    mutating func want(
        _ revision: String, changed: Set<Int>?, refused: [FleetScriptFailure], _ settings: RolloutSettings,
        at now: ContinuousClock.Instant
    ) {
        self.settings = settings
        latest = revision
        self.changed = changed
        let wereCanaries = canaries
        canaries = [:]
        losses = 0
        guard !settings.stages.isEmpty, revision != accepted else { return settle() }
        if let failure = refused.first(where: { isJudged($0.index) }) {
            phase = .takenBack("the hub refuses \(failure.summary)")
        } else {
            // Those that tried the set before this one try this one.
            canaries = wereCanaries.mapValues { Canary(before: $0.before) }
            phase = .stage(0, began: now)
        }
    }

    /// A set went out to all in an earlier life of this hub.
    mutating func resume(accepted revision: String) { accepted = revision }

    private mutating func settle() {
        phase = .settled
        canaries = [:]
        accepted = latest
    }

    /// Whether the newest set is for all.
    var isSettled: Bool { if case .settled = phase { true } else { false } }
    /// Why the newest set was taken back; nil: it was not.
    var reason: String? { if case .takenBack(let reason) = phase { reason } else { nil } }

    /// What a worker is to hold that holds `revision`; `isNew`: which is nothing.
    func target(of worker: String, holding revision: String, isNew: Bool) -> Target {
        switch phase {
        case .settled: return .latest
        case .stage:
            if canaries[worker] != nil { return .latest }
            // Nothing works there yet that could be broken.
            return isNew ? (accepted == nil ? .latest : .former) : .kept
        case .takenBack:
            guard accepted != nil else { return .kept }
            return revision == latest || isNew ? .former : .kept
        }
    }

    // MARK: Judging

    /// Looks at the workers; true: targets may have changed.
    mutating func look(at workers: [Observation], _ now: ContinuousClock.Instant) -> Bool {
        guard case .stage(let number, let began) = phase else { return false }
        let connected = workers.filter(\.isConnected)
        for worker in connected where canaries[worker.name] != nil {
            if let objection = judge(worker, now) {
                phase = .takenBack(objection)
                return true
            }
        }
        // A hub that does not know what ran before, and finds the newest set everywhere, was preceded by one that did.
        // Not with the word of one worker, while the others are away: canaries have to have passed here, too.
        if accepted == nil, !connected.isEmpty, now - began >= settings.period,
            connected.allSatisfy({ $0.revision == latest && $0.failures.isEmpty }),
            canaries.keys.allSatisfy({ name in connected.contains { $0.name == name && hasPassed($0, now) } })
        {
            settle()
            return true
        }
        if let objection = countLosses(Set(connected.map(\.name)), now) {
            phase = .takenBack(objection)
            return true
        }
        let members = connected.filter { canaries[$0.name] != nil }
        let size = settings.stages[number].count(of: connected.count)
        if canaries.count < size { return choose(size - canaries.count, connected) }
        guard members.count == canaries.count, !members.isEmpty, members.allSatisfy({ hasPassed($0, now) }) else {
            return false
        }
        if number + 1 < settings.stages.count {
            phase = .stage(number + 1, began: now)
            _ = look(at: workers, now)
        } else {
            settle()
        }
        return true
    }

    /// Gives canaries up that stay away; why the set is to be taken back, if there were too many.
    private mutating func countLosses(_ connected: Set<String>, _ now: ContinuousClock.Instant) -> String? {
        for (name, canary) in canaries.sorted(by: { $0.key < $1.key }) {
            guard !connected.contains(name) else {
                canaries[name]?.lost = nil
                continue
            }
            let lost = canary.lost ?? now
            canaries[name]?.lost = lost
            guard now - lost >= settings.period else { continue }
            canaries[name] = nil
            losses += 1
            if losses > Self.lossLimit { return "worker \(name), which tried it, is gone, and is not the only one" }
        }
        return nil
    }

    private func isJudged(_ script: Int) -> Bool { changed?.contains(script) ?? true }

    /// Makes some more workers canaries, first those that hold the set already.
    private mutating func choose(_ count: Int, _ connected: [Observation]) -> Bool {
        let others = connected.filter { canaries[$0.name] == nil }
            .sorted { ($0.revision == latest ? 0 : 1, $0.name) < ($1.revision == latest ? 0 : 1, $1.name) }
        for worker in others.prefix(count) { canaries[worker.name] = Canary(before: Self.troubles(worker.report)) }
        return !others.isEmpty
    }

    /// Why a canary's word is against the set; nil: it is not.
    private mutating func judge(_ worker: Observation, _ now: ContinuousClock.Instant) -> String? {
        guard worker.revision == latest, !worker.isPending else {
            canaries[worker.name]?.since = nil
            return nil
        }
        if let failure = worker.failures.first(where: { isJudged($0.index) }) {
            return "worker \(worker.name) refuses \(failure.summary)"
        }
        guard let canary = canaries[worker.name], let since = canary.since else {
            // The report that came with the answer: the script's counts go on from there.
            canaries[worker.name]?.since = now
            canaries[worker.name]?.before = Self.troubles(worker.report)
            return nil
        }
        guard let reported = worker.reported, reported > since else { return nil }
        let troubles = Self.troubles(worker.report)
        for script in worker.report.scripts where isJudged(script.index) {
            if script.state == "quarantined" {
                return "script \(script.index) rests on worker \(worker.name): \(script.error ?? "")"
            }
            let (now, before) = (troubles[script.index] ?? 0, canary.before[script.index] ?? 0)
            // Counted from its loading by some, and from the worker's beginning by others.
            let count = now >= before ? now - before : now
            guard count <= settings.allowedErrors else {
                let error = script.error.map { ", the last one: \($0)" } ?? ""
                return
                    "script \(script.index) on worker \(worker.name): \(count) calls failed or were dropped (\(settings.allowedErrors) may)\(error)"
            }
        }
        return nil
    }

    private func hasPassed(_ worker: Observation, _ now: ContinuousClock.Instant) -> Bool {
        guard let since = canaries[worker.name]?.since, now - since >= settings.period else { return false }
        // The last word of the period.
        return worker.reported.map { $0 - since >= settings.period } ?? false
    }

    private static func troubles(_ report: FleetWorkerReport) -> [Int: Int] {
        Dictionary(report.scripts.map { ($0.index, $0.failures + $0.dropped) }, uniquingKeysWith: { $1 })
    }

    // MARK: Telling

    /// How it stands.
    var status: FleetRolloutStatus {
        let phase: FleetRolloutStatus.Phase =
            switch phase {
            case .settled: .settled
            case .stage(let number, _):
                .stage(number: number + 1, of: settings.stages.count, size: settings.stages[number].description)
            case .takenBack(let reason): .takenBack(reason)
            }
        return FleetRolloutStatus(
            phase: phase, revision: latest, accepted: accepted, canaries: canaries.keys.sorted())
    }
}

extension FleetScriptFailure {
    fileprivate var summary: String {
        let place = line.map { " at line \($0)" + (column.map { ", column \($0)" } ?? "") } ?? ""
        return "script \(index) (\(title)): \(message)\(place)"
    }
}
