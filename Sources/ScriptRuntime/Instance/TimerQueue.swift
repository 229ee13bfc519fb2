/// The timers of one version of a script, without a clock of its own.
struct TimerQueue {
    private struct Timer {
        let id: Int
        let interval: Duration?
        var due: ContinuousClock.Instant
    }

    /// An interval below this would keep a lane busy with nothing else.
    static let shortestInterval: Duration = .milliseconds(1)
    /// What browsers and the published scripts know as the longest delay: 2^31 - 1 ms, 24 days.
    static let longestDelay = 2_147_483_647.0

    private let limit: Int
    /// In the order in which they are due; equal ones in the order in which they were set.
    private var timers: [Timer] = []
    private var lastID = 0

    init(budget: ScriptBudget) { limit = budget.timers }

    /// When the next one is due.
    var nextDue: ContinuousClock.Instant? { timers.first?.due }

    /// Sets a timer and returns its number.
    mutating func add(milliseconds: Double, repeats: Bool, at now: ContinuousClock.Instant) throws(HelperError) -> Int {
        guard timers.count < limit else {
            throw HelperError("\(limit) timers are set already, which is the limit (timers)", code: "TIMERS")
        }
        let delay = Duration.milliseconds(milliseconds.isNaN ? 0 : min(max(milliseconds, 0), Self.longestDelay))
        lastID += 1
        insert(Timer(id: lastID, interval: repeats ? max(delay, Self.shortestInterval) : nil, due: now + delay))
        return lastID
    }

    mutating func remove(_ id: Int) { timers.removeAll { $0.id == id } }

    /// Takes a timer that is due; one that repeats is set again.
    mutating func takeDue(at now: ContinuousClock.Instant) -> Int? {
        guard var timer = timers.first, timer.due <= now else { return nil }
        timers.removeFirst()
        if let interval = timer.interval {
            // From now and not from when it was due: after a stop of the process it does not catch up.
            timer.due = now + interval
            insert(timer)
        }
        return timer.id
    }

    private mutating func insert(_ timer: Timer) {
        let index = timers.firstIndex { $0.due > timer.due } ?? timers.endIndex
        timers.insert(timer, at: index)
    }
}
