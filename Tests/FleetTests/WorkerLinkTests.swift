import Testing

@testable import Fleet

/// The worker's end, event by event.
@Suite("A worker's connection")
struct WorkerLinkTests {
    private let empty = FleetSet()
    private let a = Samples.set([0: "a"])
    private let b = Samples.set([0: "b"])
    private let c = Samples.set([0: "c"])

    private func welcome(_ session: String) -> HubMessage {
        .welcome(FleetWelcome(hub: "h", session: session, heartbeat: .seconds(1)))
    }

    private func push(_ base: FleetSet?, _ target: FleetSet, _ nonce: String) -> HubMessage {
        .push(FleetPush(from: base?.manifest, to: target, nonce: nonce))
    }

    private func connected(holding set: FleetSet? = nil) -> WorkerLink {
        var held = HeldSet()
        if let set { held.take(set, refusing: []) }
        var link = WorkerLink(holding: held)
        _ = link.handle(.started)
        _ = link.handle(.received(welcome("s1")))
        return link
    }

    private func ack(_ nonce: String, _ set: FleetSet) -> WorkerLink.Action {
        .answer(PushAnswer(nonce: nonce, revision: set.revision, outcome: .applied))
    }

    @Test("it connects once, applies what it is sent, answers, and then saves")
    func simple() {
        var link = WorkerLink(holding: HeldSet())
        #expect(link.handle(.started) == [.connect])
        #expect(link.handle(.started) == [])
        #expect(
            link.handle(.received(welcome("s1")))
                == [.connected(FleetWelcome(hub: "h", session: "s1", heartbeat: .seconds(1)))])
        #expect(link.handle(.received(push(empty, a, "h.1"))) == [.apply(a)])
        #expect(link.handle(.applied([])) == [ack("h.1", a), .save])
        #expect(link.held.set == a)
    }

    @Test("a refused script is nacked with its place; the set is held all the same")
    func nack() {
        var link = connected(holding: a)
        #expect(link.handle(.received(push(a, b, "h.2"))) == [.apply(b)])
        let failures = [Samples.failure(0)]
        #expect(
            link.handle(.applied(failures))
                == [.answer(PushAnswer(nonce: "h.2", revision: b.revision, outcome: .refused(failures))), .save])
        #expect(link.held.set == b && link.held.running == a)
    }

    @Test("a push for another base is not applied, and says what is held")
    func wrongBase() {
        var link = connected(holding: a)
        let outcome = PushAnswer.Outcome.wrongBase(a.manifest)
        #expect(
            link.handle(.received(push(b, c, "h.2")))
                == [.answer(PushAnswer(nonce: "h.2", revision: c.revision, outcome: outcome))])
    }

    @Test("a push of what is held is answered without doing anything, with what was refused of it")
    func again() {
        var link = connected(holding: a)
        #expect(link.handle(.received(push(b, a, "h.2"))) == [ack("h.2", a)])
    }

    @Test("while a set is tried, of what comes the newest waits")
    func overtaken() {
        var link = connected(holding: empty)
        #expect(link.handle(.received(push(empty, a, "h.1"))) == [.apply(a)])
        #expect(link.handle(.received(push(a, b, "h.2"))) == [])
        #expect(link.handle(.received(push(a, c, "h.3"))) == [])
        #expect(link.handle(.applied([])) == [ack("h.1", a), .save, .apply(c)])
        #expect(link.handle(.applied([])) == [ack("h.3", c), .save])
    }

    @Test("what was tried across a break is held, but answered to nobody")
    func brokenWhileApplying() {
        var link = connected(holding: empty)
        _ = link.handle(.received(push(empty, a, "h.1")))
        #expect(
            link.handle(.ended(reason: "cut", random: 1))
                == [.disconnected, .rest(.milliseconds(250), reason: "cut")])
        #expect(link.handle(.rested) == [.connect])
        _ = link.handle(.received(welcome("s2")))
        // The hub sends from what the hello said: that is outdated by now.
        #expect(link.handle(.received(push(empty, a, "h.1"))) == [])
        #expect(link.handle(.applied([])) == [.save, ack("h.1", a)])
        #expect(link.held.set == a)
    }

    @Test("a delay doubles up to its limit, half of it at random; a sign of life after the welcome resets it")
    func delays() {
        var link = WorkerLink(holding: HeldSet(), delay: ReconnectDelay(first: .seconds(1), limit: .seconds(5)))
        _ = link.handle(.started)
        func rest(_ random: Double) -> [WorkerLink.Action] {
            defer { _ = link.handle(.rested) }
            return link.handle(.ended(reason: "no", random: random))
        }
        #expect(rest(0) == [.rest(.milliseconds(500), reason: "no")])
        #expect(rest(1) == [.rest(.seconds(2), reason: "no")])
        #expect(rest(1) == [.rest(.seconds(4), reason: "no")])
        #expect(rest(1) == [.rest(.seconds(5), reason: "no")])
        #expect(rest(1) == [.rest(.seconds(5), reason: "no")])
        _ = link.handle(.received(welcome("s1")))
        #expect(link.handle(.ended(reason: "no", random: 1)) == [.disconnected, .rest(.seconds(5), reason: "no")])
        _ = link.handle(.rested)
        _ = link.handle(.received(welcome("s2")))
        _ = link.handle(.received(.ping(PodPosition())))
        #expect(link.handle(.ended(reason: "no", random: 1)) == [.disconnected, .rest(.seconds(1), reason: "no")])
    }

    @Test("after a bye it comes back when the hub says; what the old connection still brings is not looked at")
    func bye() {
        var link = connected(holding: empty)
        #expect(
            link.handle(.received(.bye(reason: "renew", delay: .milliseconds(300))))
                == [.disconnected, .rest(.milliseconds(300), reason: "renew")])
        #expect(link.handle(.received(push(empty, a, "h.1"))) == [])
        #expect(link.handle(.ended(reason: "closed", random: 0)) == [])
        #expect(link.handle(.rested) == [.connect])
    }

    @Test(
        "a pod event that comes again is dropped, also from another hub; one of the same version with another number is not"
    )
    func repeated() {
        var link = connected()
        let first = Samples.event("ADDED", "p", version: 7)
        let second = Samples.event("MODIFIED", "p", version: 7, ordinal: 1)
        #expect(link.handle(.received(.pod(first))) == [.deliver(first)])
        #expect(link.handle(.received(.pod(second))) == [.deliver(second)])
        _ = link.handle(.ended(reason: "hub died", random: 0))
        _ = link.handle(.rested)
        _ = link.handle(.received(welcome("s2")))
        #expect(link.handle(.received(.pod(first))) == [])
        #expect(link.handle(.received(.pod(second))) == [])
        #expect(link.repeatedEvents == 2)
        let third = Samples.event("MODIFIED", "p", version: 8)
        #expect(link.handle(.received(.pod(third))) == [.deliver(third)])
        #expect(link.position == Samples.position(8))
    }

    @Test("a pod that comes to the node when it is scheduled is added")
    func scheduled() {
        var link = connected()
        #expect(
            link.handle(.received(.pod(Samples.event("MODIFIED", "p", version: 5))))
                == [.deliver(Samples.event("ADDED", "p", version: 5))])
    }

    @Test("scripts that are being loaded for the first time hear of the pods that there are; later ones hear at once")
    func heldBack() {
        var link = connected(holding: empty)
        let p = Samples.event("ADDED", "p", version: nil)
        let q = Samples.event("ADDED", "q", version: 7)
        #expect(link.handle(.received(push(empty, a, "h.1"))) == [.apply(a)])
        #expect(link.handle(.received(.pod(p))) == [])
        #expect(link.handle(.received(.swept)) == [])
        #expect(link.handle(.received(.pod(q))) == [])
        #expect(link.handle(.applied([])) == [ack("h.1", a), .save, .deliver(p), .deliver(q)])
        #expect(link.handle(.received(push(a, b, "h.2"))) == [.apply(b)])
        let r = Samples.event("ADDED", "r", version: 8)
        #expect(link.handle(.received(.pod(r))) == [.deliver(r)])
    }

    @Test("a command is carried out once, however often it comes")
    func commands() {
        var link = connected()
        let command = FleetCommand(id: "c1", name: "snapshot", arguments: [:])
        #expect(link.handle(.received(.command(command))) == [.perform(command)])
        #expect(link.handle(.received(.command(command))) == [])
    }

    @Test("a list of all pods adds none twice, and what it does not have is deleted once")
    func sweep() {
        var link = connected()
        let p = Samples.event("ADDED", "p", version: nil)
        let q = Samples.event("ADDED", "q", version: nil)
        #expect(link.handle(.received(.pod(p))) == [.deliver(p)])
        #expect(link.handle(.received(.pod(q))) == [.deliver(q)])
        #expect(link.handle(.received(.swept)) == [])
        // Another list after a break: p is gone, q still there, r is new.
        #expect(link.handle(.received(.pod(q))) == [.deliver(Samples.event("MODIFIED", "q", version: nil))])
        let r = Samples.event("ADDED", "r", version: nil)
        #expect(link.handle(.received(.pod(r))) == [.deliver(r)])
        let actions = link.handle(.received(.swept))
        #expect(actions.count == 1)
        guard case .deliver(let gone) = actions.first else { return #expect(Bool(false), "nothing was delivered") }
        #expect(gone.event == "DELETED" && String(decoding: gone.pod, as: UTF8.self).contains("\"pod-p\""))
        // What the list was ahead of: the events themselves.
        #expect(link.handle(.received(.pod(Samples.event("MODIFIED", "p", version: 20)))) == [])
        #expect(link.handle(.received(.pod(Samples.event("DELETED", "p", version: 21)))) == [])
    }

    private func names(_ part: FleetNames.Part, _ version: UInt64) -> FleetNames {
        FleetNames(version: version, part: part, time: 1, put: [])
    }

    @Test("names are handed over as they come; they are known once a table is complete, and then change by change")
    func names() {
        var link = connected()
        #expect(link.namePosition == nil)
        for part: FleetNames.Part in [.first, .next] {
            #expect(link.handle(.received(.names(names(part, 7)))) == [.name(names(part, 7))])
            #expect(link.namePosition == nil)
        }
        #expect(link.handle(.received(.names(names(.last, 7)))) == [.name(names(.last, 7))])
        #expect(link.namePosition == FleetNamePosition(hub: "h", version: 7))
        #expect(link.handle(.received(.names(names(.change, 8)))) == [.name(names(.change, 8))])
        #expect(link.namePosition?.version == 8)
        #expect(link.handle(.received(.names(names(.whole, 20)))) == [.name(names(.whole, 20))])
        #expect(link.namePosition?.version == 20)
    }

    @Test("a table that broke off is not known, and its rest in another connection says nothing")
    func brokenTable() {
        var link = connected()
        _ = link.handle(.received(.names(names(.whole, 7))))
        _ = link.handle(.received(.names(names(.first, 9))))
        _ = link.handle(.ended(reason: "cut", random: 0))
        #expect(link.namePosition == nil)
        _ = link.handle(.rested)
        _ = link.handle(.received(welcome("s2")))
        #expect(link.handle(.received(.names(names(.last, 9)))) == [])
        #expect(link.namePosition == nil)
    }

    @Test("what is known goes on across a break, and changes that do not follow it are a reason to come anew for all")
    func gap() {
        var link = connected()
        _ = link.handle(.received(.names(names(.whole, 7))))
        _ = link.handle(.ended(reason: "cut", random: 0))
        _ = link.handle(.rested)
        _ = link.handle(.received(welcome("s2")))
        #expect(link.handle(.received(.names(names(.change, 8)))) == [.name(names(.change, 8))])
        let actions = link.handle(.received(.names(names(.change, 10))))
        #expect(actions.count == 2 && actions.first == .disconnected)
        #expect(link.namePosition == nil)
        // Another process of the hub counts anew: its changes follow nothing either.
        var other = connected()
        _ = other.handle(.received(.names(names(.whole, 7))))
        _ = other.handle(.ended(reason: "cut", random: 0))
        _ = other.handle(.rested)
        _ = other.handle(.received(.welcome(FleetWelcome(hub: "h2", session: "s", heartbeat: .seconds(1)))))
        #expect(other.handle(.received(.names(names(.change, 8)))).first == .disconnected)
    }
}
