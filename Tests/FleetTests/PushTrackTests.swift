import Testing

@testable import Fleet

/// The hub's view of one worker's set.
@Suite("Pushes to one worker")
struct PushTrackTests {
    private let a = Samples.set([0: "a"]).manifest
    private let b = Samples.set([0: "b"]).manifest
    private let c = Samples.set([0: "c"]).manifest

    private func answer(
        _ nonce: String, _ set: FleetManifest, _ outcome: PushAnswer.Outcome = .applied
    ) -> PushAnswer { PushAnswer(nonce: nonce, revision: set.revision, outcome: outcome) }

    @Test("a worker that holds the set is sent nothing")
    func current() {
        var track = PushTrack(holding: a, failures: [])
        #expect(track.next(a, number: 1, hub: "h") == .nothing)
    }

    @Test("one push at a time; of what is wanted meanwhile the newest follows, from what was acked")
    func overtaken() {
        var track = PushTrack(holding: FleetSet().manifest, failures: [])
        #expect(track.next(a, number: 1, hub: "h") == .send(base: FleetSet().manifest, nonce: "h.1"))
        #expect(track.next(b, number: 2, hub: "h") == .nothing)
        #expect(track.next(c, number: 3, hub: "h") == .nothing)
        #expect(track.take(answer("h.1", a)) == .accepted)
        #expect(track.next(c, number: 3, hub: "h") == .send(base: a, nonce: "h.3"))
        #expect(track.take(answer("h.3", c)) == .accepted)
        #expect(track.next(c, number: 3, hub: "h") == .nothing)
    }

    @Test("a set that is wanted again while another is under way goes back from what was acked")
    func andBack() {
        var track = PushTrack(holding: a, failures: [])
        #expect(track.next(b, number: 2, hub: "h") == .send(base: a, nonce: "h.2"))
        #expect(track.next(a, number: 3, hub: "h") == .nothing)
        #expect(track.take(answer("h.2", b)) == .accepted)
        #expect(track.next(a, number: 3, hub: "h") == .send(base: b, nonce: "h.3"))
    }

    @Test("a nack is an answer: the set is held, the scripts stand refused, nothing is sent again until the next edit")
    func nack() {
        var track = PushTrack(holding: a, failures: [])
        _ = track.next(b, number: 2, hub: "h")
        #expect(track.take(answer("h.2", b, .refused([Samples.failure(0)]))) == .refused)
        #expect(track.held == b && track.failures == [Samples.failure(0)])
        #expect(track.next(b, number: 2, hub: "h") == .nothing)
        #expect(track.next(c, number: 3, hub: "h") == .send(base: b, nonce: "h.3"))
        #expect(track.take(answer("h.3", c)) == .accepted)
        #expect(track.failures.isEmpty)
    }

    @Test("a second answer, one of a nonce before and one of another hub change nothing")
    func stale() {
        var track = PushTrack(holding: a, failures: [])
        _ = track.next(b, number: 2, hub: "h")
        #expect(track.take(answer("h.1", c)) == .stale)
        #expect(track.take(answer("other.2", b)) == .stale)
        #expect(track.take(answer("h.2", b)) == .accepted)
        #expect(track.take(answer("h.2", b)) == .stale)
        #expect(track.take(answer("h.2", b, .refused([Samples.failure(0)]))) == .stale)
        #expect(track.held == b && track.failures.isEmpty)
    }

    @Test("a wrong base is mended from what the worker says, then by a complete push, then the connection is given up")
    func wrongBase() {
        var track = PushTrack(holding: a, failures: [])
        #expect(track.next(b, number: 2, hub: "h") == .send(base: a, nonce: "h.2"))
        #expect(track.take(answer("h.2", b, .wrongBase(c))) == .wrongBase)
        #expect(track.next(b, number: 2, hub: "h") == .send(base: c, nonce: "h.2.1"))
        #expect(track.take(answer("h.2.1", b, .wrongBase(c))) == .wrongBase)
        #expect(track.next(b, number: 2, hub: "h") == .send(base: nil, nonce: "h.2.2"))
        #expect(track.take(answer("h.2.2", b, .wrongBase(c))) == .wrongBase)
        #expect(track.next(b, number: 2, hub: "h") == .giveUp)
    }
}
