internal import OrderedCollections

/// A run of a job that is due, and what the hooks for jobs are told about it.
struct JobRun: Sendable, Equatable {
    let tag: String
    let cron: String
    let limit: Int
    /// Tells apart a job and one that took its tag while it ran.
    let serial: UInt64
}

/// The jobs of all scripts of a process: what is due, for whom, and when next. Has no clock and no thread.
///
/// ```
///              schedule                 time, run(tag)             take
///   (none) ─────────────▶ waiting ───────────────────▶ pending ──────────▶ running
///                            ▲                                                │
///                            └─────────────── finish ─────────────────────────┤
///   (gone) ◀── finish of the last run, remove, end of the owner ──────────────┘
/// ```
/// An owner is one version of a script. A version that still loads has its jobs here too, asleep until ``activate``.
struct JobSchedule {
    typealias Owner = UInt64

    private struct Key: Hashable {
        let owner: Owner
        let tag: String
    }

    private struct Job {
        let script: Int
        let run: JobRun
        let expression: CronExpression
        var runCount = 0
        var next: Int64?
        var isTriggered = false
        var isRunning = false
    }

    private let limit: Int
    private var jobs: OrderedDictionary<Key, Job> = [:]
    private var active: Set<Owner> = []
    private var lastSerial: UInt64 = 0
    /// Whether time triggers jobs; `jobs.scheduler.stop()` ends that.
    private(set) var isRunning = true

    init(budget: ScriptBudget) { limit = budget.jobs }

    /// A tag as it is kept and shown.
    static func normalised(_ tag: String) -> String {
        String(tag.lowercased().map { $0 == " " ? "-" : $0 })
    }

    // MARK: What scripts do

    /// Adds a job, or replaces the one of the same script with the same tag; a bad expression changes nothing.
    mutating func schedule(
        tag: String, cron: String, limit runLimit: Int, owner: Owner, script: Int, now: Int64
    ) throws {
        let expression = try CronExpression(parsing: cron)
        let key = Key(owner: owner, tag: Self.normalised(tag))
        let own = jobs.keys.count { $0.owner == owner }
        guard jobs[key] != nil || own < limit else {
            throw HelperError("the script has \(limit) jobs already, which is the limit (jobs)", code: "JOBS")
        }
        lastSerial += 1
        let run = JobRun(tag: key.tag, cron: cron, limit: max(0, runLimit), serial: lastSerial)
        jobs[key] = Job(script: script, run: run, expression: expression, next: expression.next(after: now))
    }

    /// Removes a job: the script's own, else that of another script.
    mutating func remove(tag: String, by owner: Owner, script: Int) throws {
        jobs[try find(tag, by: owner, script: script)] = nil
    }

    /// Removes the jobs of all scripts.
    mutating func removeAll(by owner: Owner, script: Int) {
        let visible = jobs.filter { isVisible($0, $1, to: owner, script: script) }
        for key in visible.keys { jobs[key] = nil }
    }

    /// The tags of a script's own jobs, then those of the other scripts.
    func tags(for owner: Owner, script: Int) -> [String] {
        let visible = jobs.filter { isVisible($0, $1, to: owner, script: script) }.map(\.key)
        return visible.filter { $0.owner == owner }.map(\.tag) + visible.filter { $0.owner != owner }.map(\.tag)
    }

    /// Whether a version of a script has a job with this normalised tag.
    func has(_ tag: String, owner: Owner) -> Bool { jobs[Key(owner: owner, tag: tag)] != nil }

    /// Makes a job due now; it is dropped if the job runs or the scheduler stands. Returns whose job it is.
    mutating func trigger(tag: String, by owner: Owner, script: Int) throws -> Owner {
        let key = try find(tag, by: owner, script: script)
        trigger(key)
        return key.owner
    }

    /// Makes all jobs due now.
    mutating func triggerAll(by owner: Owner, script: Int) {
        let visible = jobs.filter { isVisible($0, $1, to: owner, script: script) }
        for key in visible.keys { trigger(key) }
    }

    /// Makes all jobs of one version due now.
    mutating func triggerAll(of owner: Owner) {
        for key in jobs.keys where key.owner == owner { trigger(key) }
    }

    mutating func stop() { isRunning = false }

    /// Lets time trigger jobs again; what was missed meanwhile is not made up.
    mutating func start(now: Int64) {
        guard !isRunning else { return }
        isRunning = true
        for key in jobs.keys { plan(key, after: now) }
    }

    // MARK: What versions of scripts go through

    /// Puts a version's jobs into service, from now on.
    mutating func activate(_ owner: Owner, now: Int64) {
        active.insert(owner)
        for key in jobs.keys where key.owner == owner { plan(key, after: now) }
    }

    /// Forgets a version and its jobs.
    mutating func removeOwner(_ owner: Owner) {
        active.remove(owner)
        jobs.removeAll { key, _ in key.owner == owner }
    }

    // MARK: What lanes ask

    /// When the owner should ask again; nil if nothing is to come.
    func nextDue(for owner: Owner) -> Int64? {
        guard active.contains(owner) else { return nil }
        let times = jobs.compactMap { key, job -> Int64? in
            guard key.owner == owner else { return nil }
            if job.isTriggered { return .min }
            return isRunning ? job.next : nil
        }
        return times.min()
    }

    /// Takes a job that is due.
    mutating func take(for owner: Owner, now: Int64) -> JobRun? {
        guard active.contains(owner) else { return nil }
        let due = jobs.first { key, job in
            key.owner == owner && !job.isRunning
                && (job.isTriggered || (isRunning && job.next.map { $0 <= now } == true))
        }
        guard let key = due?.key else { return nil }
        jobs[key]?.isRunning = true
        jobs[key]?.isTriggered = false
        return jobs[key]?.run
    }

    /// Notes the end of a run. Times that passed while it ran are not made up.
    mutating func finish(_ run: JobRun, owner: Owner, now: Int64) {
        let key = Key(owner: owner, tag: run.tag)
        guard var job = jobs[key], job.run.serial == run.serial else { return }
        job.isRunning = false
        job.runCount += 1
        jobs[key] = job.run.limit > 0 && job.runCount >= job.run.limit ? nil : job
        plan(key, after: now)
    }

    /// Each job's tag and what it does, for a dashboard.
    func states(of owner: Owner, now: Int64) -> [(tag: String, state: JobState)] {
        jobs.filter { $0.key.owner == owner }.map { key, job in
            if job.isRunning { return (key.tag, .running) }
            let isDue = job.isTriggered || (isRunning && job.next.map { $0 <= now } == true)
            return (key.tag, isDue ? .pending : .waiting)
        }
    }

    private mutating func plan(_ key: Key, after now: Int64) {
        guard let expression = jobs[key]?.expression else { return }
        jobs[key]?.next = expression.next(after: now)
    }

    private mutating func trigger(_ key: Key) {
        guard isRunning, jobs[key]?.isRunning == false else { return }
        jobs[key]?.isTriggered = true
    }

    /// A script sees its own jobs and those in service of others; not those of the version that it replaces.
    private func isVisible(_ key: Key, _ job: Job, to owner: Owner, script: Int) -> Bool {
        key.owner == owner || (active.contains(key.owner) && job.script != script)
    }

    private func find(_ tag: String, by owner: Owner, script: Int) throws -> Key {
        let own = Key(owner: owner, tag: Self.normalised(tag))
        if jobs[own] != nil { return own }
        let other = jobs.first { $0.tag == own.tag && isVisible($0, $1, to: owner, script: script) }
        guard let other else { throw HelperError("no jobs found with given tag: \(tag)", code: "ENOENT") }
        return other.key
    }
}

/// What a job does at the moment.
public enum JobState: String, Sendable, Equatable {
    /// Its function runs.
    case running
    /// It is due, and waits for the script to be free.
    case pending
    /// It is not due.
    case waiting
}
