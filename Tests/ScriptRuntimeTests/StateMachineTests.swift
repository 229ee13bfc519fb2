import Testing

@testable import ScriptRuntime

@Suite("State machines")
struct StateMachineTests {
    private let noon: Int64 = 1_772_366_400  // 2026-03-01T12:00:00Z

    private func schedule(_ budget: ScriptBudget = ScriptBudget()) -> JobSchedule {
        var schedule = JobSchedule(budget: budget)
        schedule.activate(1, now: noon)
        schedule.activate(2, now: noon)
        return schedule
    }

    @Test("a job runs strictly after it was scheduled, never overlaps itself, and is not made up for")
    func jobTimes() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "A B", cron: "*/10 * * * * *", limit: 0, owner: 1, script: 7, now: noon)
        #expect(jobs.nextDue(for: 1) == noon + 10)
        let result1 = jobs.take(for: 1, now: noon + 9)
        #expect(result1 == nil)
        let taken = jobs.take(for: 1, now: noon + 10)
        let run = try #require(taken)
        #expect(run == JobRun(tag: "a-b", cron: "*/10 * * * * *", limit: 0, serial: 1))
        #expect(jobs.states(of: 1, now: noon + 20).map(\.state) == [.running])
        let result2 = jobs.take(for: 1, now: noon + 20)
        #expect(result2 == nil)
        _ = try jobs.trigger(tag: "a b", by: 1, script: 7)
        jobs.finish(run, owner: 1, now: noon + 35)
        let result3 = jobs.take(for: 1, now: noon + 39)
        #expect(result3 == nil)
        #expect(jobs.nextDue(for: 1) == noon + 40)
    }

    @Test("after its last run a job is gone, manual runs included")
    func jobLimit() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "a", cron: "@hourly", limit: 2, owner: 1, script: 7, now: noon)
        for _ in 0..<2 {
            let result4 = try jobs.trigger(tag: "a", by: 1, script: 7)
            #expect(result4 == 1)
            let taken = jobs.take(for: 1, now: noon)
            let run = try #require(taken)
            jobs.finish(run, owner: 1, now: noon)
        }
        #expect(jobs.tags(for: 1, script: 7) == [])
    }

    @Test("a job that is scheduled anew while it runs keeps its new self")
    func jobReplacedWhileRunning() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "a", cron: "@hourly", limit: 1, owner: 1, script: 7, now: noon)
        _ = try jobs.trigger(tag: "a", by: 1, script: 7)
        let taken = jobs.take(for: 1, now: noon)
        let run = try #require(taken)
        try jobs.schedule(tag: "a", cron: "@daily", limit: 1, owner: 1, script: 7, now: noon)
        jobs.finish(run, owner: 1, now: noon)
        #expect(jobs.tags(for: 1, script: 7) == ["a"])
        #expect(jobs.nextDue(for: 1) == noon + 43_200)
    }

    @Test("a bad expression leaves the job with that tag as it was")
    func badExpression() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "a", cron: "@hourly", limit: 0, owner: 1, script: 7, now: noon)
        #expect(throws: CronError.self) {
            try jobs.schedule(tag: "a", cron: "bad", limit: 0, owner: 1, script: 7, now: noon)
        }
        #expect(jobs.nextDue(for: 1) == noon + 3600)
    }

    @Test("jobs of a version that loads sleep until it is in service, and are seen by nobody else")
    func staging() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "old", cron: "@hourly", limit: 0, owner: 1, script: 7, now: noon)
        try jobs.schedule(tag: "new", cron: "* * * * * *", limit: 0, owner: 3, script: 7, now: noon)
        let result5 = jobs.take(for: 3, now: noon + 5)
        #expect(result5 == nil)
        #expect(jobs.tags(for: 3, script: 7) == ["new"])
        #expect(jobs.tags(for: 2, script: 8) == ["old"])
        #expect(throws: HelperError.self) { try jobs.remove(tag: "old", by: 3, script: 7) }
        jobs.removeOwner(1)
        jobs.activate(3, now: noon + 5)
        #expect(jobs.nextDue(for: 3) == noon + 6)
        #expect(jobs.tags(for: 2, script: 8) == ["new"])
    }

    @Test("a stopped scheduler triggers nothing by time or hand; started again it makes nothing up")
    func stopped() throws {
        var jobs = schedule()
        try jobs.schedule(tag: "a", cron: "* * * * * *", limit: 0, owner: 1, script: 7, now: noon)
        jobs.stop()
        jobs.triggerAll(by: 1, script: 7)
        let result6 = jobs.take(for: 1, now: noon + 5)
        #expect(result6 == nil)
        #expect(jobs.nextDue(for: 1) == nil)
        jobs.start(now: noon + 100)
        #expect(jobs.nextDue(for: 1) == noon + 101)
    }

    @Test("jobs beyond the limit are refused")
    func jobCount() throws {
        var budget = ScriptBudget()
        budget.jobs = 1
        var jobs = schedule(budget)
        try jobs.schedule(tag: "a", cron: "@hourly", limit: 0, owner: 1, script: 7, now: noon)
        try jobs.schedule(tag: "a", cron: "@daily", limit: 0, owner: 1, script: 7, now: noon)
        #expect(throws: HelperError("the script has 1 jobs already, which is the limit (jobs)", code: "JOBS")) {
            try jobs.schedule(tag: "b", cron: "@hourly", limit: 0, owner: 1, script: 7, now: noon)
        }
    }

    @Test("a full queue gives up its oldest expendable event, then its oldest")
    func queue() {
        var budget = ScriptBudget()
        budget.queueCount = 3
        var queue = LaneQueue(budget: budget)
        func item(_ n: UInt8) -> LaneEvent { .hook(.itemCaptured([n])) }
        func action(_ name: String) -> LaneEvent { .hook(.hubAction(name, object: nil, sender: nil)) }
        queue.append(action("a"))
        queue.append(item(1))
        queue.append(action("b"))
        queue.append(item(2))
        #expect(queue.count == 3)
        #expect(queue.dropped == 1)
        queue.append(action("c"))
        queue.append(action("d"))
        #expect(queue.dropped == 3)
        var left: [HookCall.Argument?] = []
        while case .hook(let call)? = queue.popEvent() { left.append(call.arguments.first) }
        #expect(left == [.text("b"), .text("c"), .text("d")])
        #expect(queue.bytes == 0)
        #expect(queue.isEmpty)
    }

    @Test("a queue is bounded in bytes too, but one event always fits")
    func queueBytes() {
        var budget = ScriptBudget()
        budget.queueBytes = 1000
        var queue = LaneQueue(budget: budget)
        queue.append(.hook(.itemCaptured(Array(repeating: 0, count: 5000))))
        #expect(queue.count == 1)
        queue.append(.hook(.itemCaptured(Array(repeating: 0, count: 500))))
        #expect(queue.count == 1)
        #expect(queue.bytes == 564)
    }

    @Test("strikes count within their window; the last one puts into quarantine, once")
    func quarantine() {
        var budget = ScriptBudget()
        budget.strikes = 2
        budget.strikeWindow = .seconds(10)
        var quarantine = Quarantine(budget: budget)
        let start = ContinuousClock.now
        let breach = BudgetBreach.compute(limit: .seconds(2))
        let result7 = quarantine.note(breach, in: .timer, at: start)
        #expect(!result7)
        let result8 = quarantine.note(breach, in: .timer, at: start + .seconds(11))
        #expect(!result8)
        #expect(quarantine.reason == nil)
        let result9 = quarantine.note(breach, in: .job("j"), at: start + .seconds(12))
        #expect(result9)
        let result10 = quarantine.note(breach, in: .timer, at: start + .seconds(13))
        #expect(!result10)
        #expect(
            quarantine.reason == """
                2 calls broke a budget within 10.0 seconds, the last (job=j) was stopped after computing for \
                2.0 seconds: does it loop for ever?; edit the script to start it again
                """)
    }

    @Test("a rate lets a burst through, then its average, and counts the rest")
    func rate() {
        let start = ContinuousClock.now
        var rate = RateLimit(rate: 2, burst: 3, now: start)
        let admitted = (0..<5).map { _ in rate.admit(at: start) }
        #expect(admitted == [true, true, true, false, false])
        let result11 = rate.takeHeldBack()
        #expect(result11 == 2)
        let result12 = rate.admit(at: start + .milliseconds(500))
        #expect(result12)
        let result13 = rate.admit(at: start + .milliseconds(500))
        #expect(!result13)
    }

    @Test("timers come in the order in which they are due, and those that repeat do not catch up")
    func timers() throws {
        var budget = ScriptBudget()
        budget.timers = 3
        var timers = TimerQueue(budget: budget)
        let start = ContinuousClock.now
        let late = try timers.add(milliseconds: 50, repeats: false, at: start)
        let often = try timers.add(milliseconds: 10, repeats: true, at: start)
        let never = try timers.add(milliseconds: .nan, repeats: false, at: start)
        #expect(throws: HelperError.self) { try timers.add(milliseconds: 0, repeats: false, at: start) }
        timers.remove(never)
        let result14 = timers.takeDue(at: start + .milliseconds(9))
        #expect(result14 == nil)
        let result15 = timers.takeDue(at: start + .milliseconds(45))
        #expect(result15 == often)
        let result16 = timers.takeDue(at: start + .milliseconds(45))
        #expect(result16 == nil)
        let result17 = timers.takeDue(at: start + .milliseconds(50))
        #expect(result17 == late)
        #expect(timers.nextDue == start + .milliseconds(55))
    }

    @Test("revisions differ when text or environment do, and only then")
    func revision() {
        let a = ScriptRevision(source: "a", environment: [])
        #expect(a == ScriptRevision(source: "a", environment: []))
        #expect(a != ScriptRevision(source: "b", environment: []))
        #expect(a != ScriptRevision(source: "a", environment: [1]))
        #expect(a.description.count == 32)
    }
}
