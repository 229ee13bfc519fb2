import Testing
import Timestamps

@testable import Hub
@testable import PodSignals

/// Which packets are saved, and when.
@Suite("What is saved when something happens to a pod")
struct SnapshotPolicyTests {
    private let start = Timestamp(microseconds: 1_700_000_000_000_000)

    private func at(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

    private func change(
        _ kind: PodChangeKind, run: String = "c1", occurred: Timestamp? = nil, deadline: Timestamp? = nil,
        firstSeen: Bool = true
    ) -> PodChange {
        var change = PodChange(kind: kind)
        change.container = "app"
        change.containerID = run
        change.occurred = occurred
        change.deadline = deadline
        change.firstSeen = firstSeen
        return change
    }

    @Test("a death is saved from two minutes before to five seconds after, by the container's clock, once")
    func death() {
        var policy = SnapshotPolicy()
        let expected = SnapshotPolicy.Action.snapshot(
            id: "oom-killed/u1/app/c1", from: at(-122), to: at(3), deadline: nil, end: nil)
        #expect(policy.take(change(.oomKilled, occurred: at(-2)), of: "u1", at: start) == expected)
        #expect(policy.take(change(.oomKilled, occurred: at(-2)), of: "u1", at: at(1)) == nil)
        // The back-off that follows is about the same death.
        #expect(policy.take(change(.crashLoop), of: "u1", at: at(10)) == nil)
        #expect(policy.omissions == [.repeated: 2])
    }

    @Test("a clock that is not to be believed is not believed", arguments: [-100_000, 100_000])
    func clock(_ seconds: Int64) {
        var policy = SnapshotPolicy()
        #expect(
            policy.take(change(.crashed, occurred: at(seconds)), of: "u1", at: start)
                == .snapshot(id: "crashed/u1/app/c1", from: at(-120), to: at(5), deadline: nil, end: nil))
    }

    @Test("of a crash loop one is saved in ten minutes, and five of a pod; another pod has its own count")
    func loop() {
        var policy = SnapshotPolicy()
        var saved: [Int64] = []
        for minute in Int64(0)..<120 {
            if policy.take(change(.crashed, run: "c\(minute)"), of: "u1", at: at(minute * 60)) != nil {
                saved.append(minute)
            }
        }
        #expect(saved == [0, 10, 20, 30, 40])
        #expect(policy.omissions[.tooMany] == 79 && policy.omissions[.tooSoon] == 36)
        #expect(policy.take(change(.crashed), of: "u2", at: at(7_200)) != nil)
    }

    @Test("what goes away is saved at once, in four fifths of the time that is left, also soon after a death")
    func urgent() {
        var policy = SnapshotPolicy()
        _ = policy.take(change(.crashed), of: "u1", at: start)
        #expect(
            policy.take(change(.evicted, run: "", deadline: at(40)), of: "u1", at: at(10))
                == .snapshot(id: "evicted/u1/app/", from: at(-110), to: at(10), deadline: at(34), end: at(45)))
    }

    @Test("a container that ends well after its probe has failed was killed; another one has done its work")
    func killedByProbe() {
        var policy = SnapshotPolicy()
        #expect(policy.take(change(.completed), of: "u1", at: start) == nil)
        _ = policy.take(change(.livenessFailing), of: "u1", at: at(1))
        #expect(
            policy.take(change(.completed, occurred: at(8)), of: "u1", at: at(9))
                == .snapshot(id: "completed/u1/app/c1", from: at(-112), to: at(13), deadline: nil, end: nil))
        _ = policy.take(change(.startFailed), of: "u2", at: start)
        #expect(policy.take(change(.completed), of: "u2", at: at(15)) != nil)
        _ = policy.take(change(.livenessFailing), of: "u3", at: start)
        #expect(policy.take(change(.completed), of: "u3", at: at(700)) == nil)
        policy.settings.kinds = []
        _ = policy.take(change(.livenessFailing), of: "u4", at: start)
        #expect(policy.take(change(.completed), of: "u4", at: at(1)) == nil)
    }

    @Test("a warning pins what there is for ten minutes; more of them do nothing until half of that is over")
    func pins() {
        var policy = SnapshotPolicy()
        #expect(
            policy.take(change(.livenessFailing), of: "u1", at: start)
                == .pin(id: "pin/u1", from: at(-120), expiry: at(600)))
        #expect(policy.take(change(.readinessLost), of: "u1", at: at(200)) == nil)
        #expect(
            policy.take(change(.livenessFailing), of: "u1", at: at(301))
                == .pin(id: "pin/u1", from: at(181), expiry: at(901)))
    }

    @Test("a deletion and what lasts since before are not saved, unless the former is asked for")
    func notAsked() {
        var policy = SnapshotPolicy()
        #expect(policy.take(change(.terminating), of: "u1", at: start) == nil)
        #expect(policy.take(change(.crashed, firstSeen: false), of: "u1", at: start) == nil)
        policy.settings.kinds = SnapshotKinds("terminating, crashed").kinds
        #expect(policy.take(change(.terminating), of: "u1", at: start) != nil)
        #expect(SnapshotKinds("none").kinds.isEmpty && SnapshotKinds("").kinds == SnapshotPolicy.Settings().kinds)
        #expect(SnapshotKinds("crashed,boom").unknown == ["boom"])
    }

    @Test("pods that are gone are forgotten, and the memory is bounded whatever happens")
    func bounded() {
        var settings = SnapshotPolicy.Settings()
        settings.podLimit = 100
        var policy = SnapshotPolicy(settings)
        for number in Int64(0)..<1_000 {
            #expect(policy.take(change(.crashed), of: "u\(number)", at: at(number)) != nil)
        }
        // The latest are known.
        #expect(policy.take(change(.crashed), of: "u999", at: at(1_000)) == nil)
        #expect(policy.take(change(.gone), of: "u999", at: at(1_000)) == nil)
        #expect(policy.take(change(.crashed), of: "u999", at: at(1_001)) != nil)
    }
}
