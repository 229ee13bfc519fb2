import Testing

@testable import Fleet

/// The way of a set to the workers in stages.
@Suite("Staged roll-out")
struct RolloutTests {
    private static let start = ContinuousClock.now

    /// Workers, and a clock that only this moves.
    private struct Fleet {
        var rollout = Rollout()
        var now = RolloutTests.start
        var workers: [String: Rollout.Observation] = [:]

        init(_ names: [String], holding revision: String) {
            for name in names {
                workers[name] = Rollout.Observation(
                    name: name, isConnected: true, revision: revision, isPending: false, failures: [],
                    report: FleetWorkerReport(), reported: nil)
            }
        }

        mutating func want(_ revision: String, _ settings: RolloutSettings, refused: [FleetScriptFailure] = []) {
            rollout.want(revision, changed: [0], refused: refused, settings, at: now)
            follow(revision)
        }

        /// Time passes, and every worker reports; those that are to hold another set have taken it over.
        mutating func pass(_ duration: Duration, _ latest: String) {
            follow(latest)
            now = now.advanced(by: duration)
            for name in workers.keys where workers[name]?.isConnected == true { workers[name]?.reported = now }
            // What it decides makes new targets at once, and those new decisions.
            while rollout.look(at: workers.values.sorted { $0.name < $1.name }, now) { follow(latest) }
        }

        mutating func follow(_ latest: String) {
            for (name, worker) in workers where worker.isConnected {
                switch rollout.target(of: name, holding: worker.revision, isNew: worker.revision.isEmpty) {
                case .latest: workers[name]?.revision = latest
                case .former: workers[name]?.revision = rollout.accepted ?? ""
                case .kept: break
                }
            }
        }

        mutating func count(_ failures: Int, dropped: Int = 0, on worker: String, script: Int = 0) {
            workers[worker]?.report.scripts = [
                .init(
                    index: script, state: "running", calls: 100, failures: failures, dropped: dropped,
                    error: "TypeError")
            ]
        }

        func holders(_ revision: String) -> [String] {
            workers.values.filter { $0.revision == revision }.map(\.name).sorted()
        }
    }

    private static func settings(_ stages: String..., errors: Int = 0) -> RolloutSettings {
        var settings = RolloutSettings()
        settings.stages = stages.compactMap { RolloutSettings.Share($0) }
        settings.period = .seconds(30)
        settings.allowedErrors = errors
        return settings
    }

    private static let twenty = (10..<30).map { "w\($0)" }

    /// A fleet on which `a` went out to all.
    private func settled() -> Fleet {
        var fleet = Fleet(Self.twenty, holding: "")
        fleet.want("a", RolloutSettings())
        #expect(fleet.holders("a") == Self.twenty && fleet.rollout.isSettled)
        return fleet
    }

    @Test("one worker, then a tenth, then all, each after its period without trouble")
    func stages() {
        var fleet = settled()
        fleet.want("b", Self.settings("1", "10%"))
        fleet.pass(.seconds(1), "b")
        #expect(fleet.holders("b") == ["w10"])
        fleet.pass(.seconds(1), "b")
        fleet.pass(.seconds(28), "b")
        #expect(fleet.holders("b") == ["w10"])
        fleet.pass(.seconds(2), "b")
        #expect(fleet.holders("b") == ["w10", "w11"])
        #expect(fleet.rollout.status.phase == .stage(number: 2, of: 2, size: "10%"))
        fleet.pass(.seconds(1), "b")
        fleet.pass(.seconds(31), "b")
        #expect(fleet.holders("b") == Self.twenty && fleet.rollout.isSettled)
        #expect(fleet.rollout.accepted == "b")
    }

    @Test("without stages everybody gets it at once")
    func off() {
        var fleet = settled()
        fleet.want("b", RolloutSettings())
        #expect(fleet.holders("b") == Self.twenty)
    }

    @Test("hooks that fail on a canary, or drop calls, take the set back; the others never had it")
    func errors() {
        for (failures, dropped) in [(1, 0), (0, 1)] {
            var fleet = settled()
            fleet.count(500, on: "w10")
            fleet.want("b", Self.settings("1"))
            fleet.pass(.seconds(1), "b")
            fleet.pass(.seconds(5), "b")
            // Failures of before do not count, and those of scripts that did not change neither.
            #expect(fleet.holders("b") == ["w10"])
            fleet.count(500 + failures, dropped: dropped, on: "w10")
            fleet.pass(.seconds(5), "b")
            #expect(fleet.holders("a") == Self.twenty)
            #expect(
                fleet.rollout.reason
                    == "script 0 on worker w10: 1 calls failed or were dropped (0 may), the last one: TypeError")
            // Nothing brings it back but an edit.
            fleet.pass(.seconds(1_000), "b")
            #expect(fleet.holders("a") == Self.twenty)
        }
    }

    @Test("as many failures as may be, and those of scripts that are as before, stop nothing")
    func allowed() {
        var fleet = settled()
        fleet.want("b", Self.settings("1", errors: 3))
        fleet.pass(.seconds(1), "b")
        fleet.pass(.seconds(1), "b")
        fleet.count(3, on: "w10")
        fleet.pass(.seconds(31), "b")
        #expect(fleet.rollout.isSettled)
        fleet.want("c", Self.settings("1"))
        fleet.pass(.seconds(1), "c")
        fleet.pass(.seconds(1), "c")
        fleet.count(50, on: "w10", script: 7)
        fleet.pass(.seconds(31), "c")
        #expect(fleet.rollout.isSettled && fleet.holders("c") == Self.twenty)
    }

    @Test("a script that a canary refuses, or the hub, takes the set back")
    func refused() {
        var fleet = settled()
        fleet.want("b", Self.settings("1"))
        fleet.pass(.seconds(1), "b")
        fleet.workers["w10"]?.failures = [Samples.failure(0)]
        fleet.pass(.seconds(1), "b")
        #expect(fleet.holders("a") == Self.twenty)
        #expect(
            fleet.rollout.reason
                == "worker w10 refuses script 0 (s0): SyntaxError: no at line 2, column 5")
        fleet.workers["w10"]?.failures = []
        fleet.want("c", Self.settings("1"), refused: [Samples.failure(0)])
        fleet.pass(.seconds(1), "c")
        #expect(fleet.holders("a") == Self.twenty)
        #expect(fleet.rollout.reason?.hasPrefix("the hub refuses script 0") == true)
    }

    @Test("what ran before, wanted again, is settled at once; another edit is tried by the same canaries")
    func again() {
        var fleet = settled()
        fleet.want("b", Self.settings("1"), refused: [Samples.failure(0)])
        fleet.want("a", Self.settings("1"))
        #expect(fleet.rollout.isSettled && fleet.rollout.reason == nil)
        fleet.workers["w05"] = fleet.workers["w10"]
        fleet.workers["w05"]?.name = "w05"
        fleet.want("c", Self.settings("1"))
        fleet.pass(.seconds(1), "c")
        #expect(fleet.holders("c") == ["w05"])
        fleet.workers["w01"] = fleet.workers["w10"]
        fleet.workers["w01"]?.name = "w01"
        fleet.want("d", Self.settings("1"))
        fleet.pass(.seconds(1), "d")
        #expect(fleet.holders("d") == ["w05"])
    }

    @Test("a worker that comes with nothing gets what went out to all, and no canary's set")
    func newcomer() {
        var fleet = settled()
        fleet.want("b", Self.settings("1"))
        fleet.pass(.seconds(1), "b")
        fleet.workers["w99"] = fleet.workers["w10"]
        fleet.workers["w99"]?.name = "w99"
        fleet.workers["w99"]?.revision = ""
        fleet.pass(.seconds(1), "b")
        #expect(fleet.workers["w99"]?.revision == "a")
    }

    @Test("one canary may go away for good and is replaced; a set that takes a second one with it is taken back")
    func losses() {
        var fleet = settled()
        fleet.want("b", Self.settings("1"))
        fleet.pass(.seconds(1), "b")
        fleet.workers["w10"]?.isConnected = false
        fleet.pass(.seconds(1), "b")
        fleet.pass(.seconds(20), "b")
        #expect(fleet.holders("b") == ["w10"])
        fleet.pass(.seconds(20), "b")
        #expect(fleet.holders("b") == ["w10", "w11"])
        fleet.workers["w11"]?.isConnected = false
        fleet.pass(.seconds(1), "b")
        fleet.pass(.seconds(31), "b")
        #expect(fleet.rollout.reason == "worker w11, which tried it, is gone, and is not the only one")
        #expect(fleet.holders("b") == ["w10", "w11"])
    }

    @Test("a hub that begins in the middle leaves alone what it does not know, and ends what is done")
    func restart() {
        var fleet = Fleet(Self.twenty, holding: "a")
        fleet.workers["w12"]?.revision = "b"
        fleet.want("b", Self.settings("1"))
        fleet.pass(.seconds(1), "b")
        #expect(fleet.holders("b") == ["w12"])
        fleet.pass(.seconds(1), "b")
        fleet.count(1, on: "w12")
        fleet.pass(.seconds(1), "b")
        // It does not know what went before.
        #expect(fleet.rollout.reason != nil && fleet.holders("b") == ["w12"])

        var done = Fleet(Self.twenty, holding: "b")
        done.want("b", Self.settings("1"))
        done.pass(.seconds(1), "b")
        done.pass(.seconds(1), "b")
        done.pass(.seconds(31), "b")
        #expect(done.rollout.isSettled)

        // Its canary's word counts, also while all others are away.
        var alone = Fleet(Self.twenty, holding: "a")
        alone.want("b", Self.settings("1"))
        alone.pass(.seconds(1), "b")
        alone.pass(.seconds(1), "b")
        for name in Self.twenty.dropFirst() { alone.workers[name]?.isConnected = false }
        alone.workers["w10"]?.reported = alone.now
        alone.now = alone.now.advanced(by: .seconds(31))
        let isNews = alone.rollout.look(at: alone.workers.values.sorted { $0.name < $1.name }, alone.now)
        #expect(!isNews)
        #expect(!alone.rollout.isSettled)

        var remembered = Fleet(Self.twenty, holding: "a")
        remembered.rollout.resume(accepted: "b")
        remembered.want("b", Self.settings("1"))
        #expect(remembered.holders("b") == Self.twenty)
    }

    @Test("shares are read as people write them")
    func shares() {
        #expect(RolloutSettings.Share("3") == .workers(3) && RolloutSettings.Share("2.5%") == .percent(2.5))
        for text in ["0", "-1", "0%", "101%", "%", "all", ""] { #expect(RolloutSettings.Share(text) == nil) }
        #expect(RolloutSettings.Share("10%").map { $0.count(of: 3) } == 1)
        #expect(RolloutSettings.Share("100%").map { $0.count(of: 3) } == 3)
        #expect(RolloutSettings.Share("5").map { $0.count(of: 3) } == 3)
    }
}
