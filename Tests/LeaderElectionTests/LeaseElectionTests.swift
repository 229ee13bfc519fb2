import KubernetesClient
import LeaderElection
import Testing
import Timestamps

@Suite("Electing a leader by a Lease")
struct LeaseElectionTests {
    private static let key = ObjectKey(namespace: "remora", name: "hub")
    private static let wall = Timestamp(microseconds: 1_700_000_000_000_000)

    private static func lease(_ holder: String, version: String = "1", transitions: Int64 = 0) -> Lease {
        Lease(
            key: key, resourceVersion: version, holder: holder, durationSeconds: 15, acquired: wall, renewed: wall,
            transitions: transitions)
    }

    private static func machine(_ identity: String = "a") -> LeaseElection {
        LeaseElection(identity: identity, key: key)
    }

    /// A machine that leads since 0 s.
    private static func leader() -> LeaseElection {
        var election = machine()
        election.written(lease("a"), sent: .zero)
        return election
    }

    @Test("it reads first, and takes a lease that does not exist")
    func absent() {
        var election = Self.machine()
        #expect(election.next(now: .zero, wall: Self.wall, annotations: [:]) == .read)
        var expected = Self.lease("a", version: "")
        #expect(election.read(nil, now: .zero, wall: Self.wall, annotations: [:]) == .write(expected))
        #expect(!election.isLeading)
        expected.resourceVersion = "7"
        election.written(expected, sent: .zero)
        #expect(election.isLeading)
    }

    @Test("a lease that was given up is taken at once, and what its holder left is kept")
    func released() {
        var election = Self.machine()
        var former = Self.lease("", transitions: 3)
        former.annotations = ["remora.dev/delivered": "pods=5"]
        guard case .write(let taken) = election.read(former, now: .zero, wall: Self.wall, annotations: [:]) else {
            Issue.record("not taken")
            return
        }
        #expect(taken.holder == "a" && taken.transitions == 4 && taken.annotations == former.annotations)
        #expect(taken.resourceVersion == "1")
    }

    @Test("another's lease is taken only after it was seen unchanged for its duration")
    func expiry() {
        var election = Self.machine()
        func look(_ version: String, _ seconds: Int) -> LeaseElection.Step {
            election.read(
                Self.lease("b", version: version), now: .seconds(seconds), wall: Self.wall, annotations: [:])
        }
        #expect(look("1", 0) == .wait(.seconds(1)))
        #expect(look("1", 13) == .wait(.seconds(1)))
        // Renewed: the time begins anew.
        #expect(look("2", 16) == .wait(.seconds(1)))
        #expect(look("2", 29) == .wait(.seconds(1)))
        guard case .write(let lease) = look("2", 31) else {
            Issue.record("not taken")
            return
        }
        #expect(lease.holder == "a" && lease.resourceVersion == "2" && lease.transitions == 1)
    }

    @Test("a lease is looked at when it expires, not some time later")
    func expiryMoment() {
        var election = Self.machine()
        func look(_ milliseconds: Int) -> LeaseElection.Step {
            election.read(Self.lease("b"), now: .milliseconds(milliseconds), wall: Self.wall, annotations: [:])
        }
        #expect(look(0) == .wait(.seconds(1)))
        #expect(look(14_700) == .wait(.milliseconds(300)))
        guard case .write = look(15_000) else {
            Issue.record("not taken")
            return
        }
    }

    @Test("a leader renews every retry period, with what it leaves for a successor")
    func renewal() {
        var election = Self.leader()
        #expect(
            election.next(now: .seconds(1), wall: Self.wall, annotations: [:]) == .wait(.seconds(1)))
        let later = Self.wall + .seconds(2)
        guard case .write(let lease) = election.next(now: .seconds(2), wall: later, annotations: ["k": "v"]) else {
            Issue.record("not renewed")
            return
        }
        #expect(lease.renewed == later && lease.annotations == ["k": "v"] && lease.acquired == Self.wall)
    }

    @Test("a nudge renews at once, and once")
    func nudge() {
        var election = Self.leader()
        election.nudge()
        guard case .write = election.next(now: .milliseconds(300), wall: Self.wall, annotations: [:]) else {
            Issue.record("not renewed")
            return
        }
        #expect(
            election.next(now: .milliseconds(300), wall: Self.wall, annotations: [:]) == .wait(.milliseconds(1700)))
    }

    @Test("a leader acts for a while after its last renewal began, tries on, and then gives up")
    func partition() {
        var election = Self.leader()
        #expect(election.mayAct(now: .milliseconds(4999)))
        #expect(!election.mayAct(now: .seconds(5)))
        #expect(election.writeFailed(isConflict: false, now: .seconds(6)) == .wait(.milliseconds(500)))
        #expect(election.isLeading)
        #expect(election.next(now: .seconds(10), wall: Self.wall, annotations: [:]) == .read)
        #expect(!election.isLeading && !election.mayAct(now: .seconds(10)))
    }

    @Test("a leader that was frozen beyond its lease may not act when it thaws, and follows who took over")
    func thaw() {
        var election = Self.leader()
        #expect(!election.mayAct(now: .seconds(60)))
        #expect(election.next(now: .seconds(60), wall: Self.wall, annotations: [:]) == .read)
        #expect(
            election.read(Self.lease("b", version: "9"), now: .seconds(60), wall: Self.wall, annotations: [:])
                == .wait(.seconds(1)))
        #expect(!election.isLeading)
    }

    @Test("a conflict makes it read who was faster")
    func conflict() {
        var election = Self.leader()
        #expect(election.writeFailed(isConflict: true, now: .seconds(2)) == .read)
        #expect(
            election.read(Self.lease("b", version: "2"), now: .seconds(2), wall: Self.wall, annotations: [:])
                == .wait(.seconds(1)))
        #expect(!election.isLeading)
    }

    @Test("giving up leaves a lease that anyone may take, and nothing if it was not ours")
    func release() {
        var election = Self.leader()
        let lease = election.release(wall: Self.wall, annotations: ["k": "v"])
        #expect(lease?.holder == "" && lease?.durationSeconds == 1 && lease?.annotations == ["k": "v"])
        #expect(!election.isLeading)
        #expect(election.release(wall: Self.wall, annotations: [:]) == nil)
    }

    @Test("a process that starts anew under its name goes on with its lease without waiting")
    func sameIdentity() {
        var election = Self.machine()
        guard
            case .write(let lease) = election.read(
                Self.lease("a", transitions: 2), now: .zero, wall: Self.wall, annotations: [:])
        else {
            Issue.record("not taken")
            return
        }
        #expect(lease.transitions == 2 && lease.holder == "a")
    }
}
