import JSON
import Testing

@testable import Fleet

/// What happened to pods is told once, whichever hub tells of it, and under whatever mark.
@Suite("Changes that scripts were told of")
struct ToldTransitionsTests {
    private let end = FleetTransition(key: "end/app/run-1", moment: 100)

    private func loop(_ moment: Int64?) -> FleetTransition {
        FleetTransition(key: "crash-loop/app", recurs: true, moment: moment)
    }

    private func event(
        _ transition: FleetTransition?, _ version: UInt64, stream: PodMark.Stream = .pods, ordinal: Int = 0,
        event: String = "MODIFIED", doubtful: Bool = false
    ) -> FleetPodEvent {
        FleetPodEvent(
            mark: PodMark(stream: stream, version: version, ordinal: ordinal), event: event, pod: Samples.pod("p"),
            change: transition.map {
                Array("{\"kind\":\"\($0.key)\",\"firstSeen\":\(!doubtful)}".utf8)
            }, transition: transition, isDoubtful: doubtful)
    }

    private func told(_ events: [(FleetPodEvent, hub: String)]) -> [ToldTransitions.Verdict] {
        var told = ToldTransitions()
        return events.map { event, hub in
            told.connected(to: hub)
            return told.take(event, of: "p", by: hub)
        }
    }

    @Test("the end of a run is news once, in whatever version of the pod and from whatever hub it comes again")
    func ends() {
        #expect(
            told([(event(end, 5), "a"), (event(end, 7), "b"), (event(end, 9, doubtful: true), "c")])
                == [.news, .repeated, .repeated])
        let next = FleetTransition(key: "end/app/run-2", moment: 100)
        #expect(told([(event(end, 5), "a"), (event(next, 7), "b")]) == [.news, .news])
    }

    @Test("what a dead hub may have told is news to a worker that was there and did not hear of it")
    func doubt() {
        #expect(told([(event(nil, 4), "a"), (event(end, 7, doubtful: true), "b")]) == [.news, .news])
        // A worker that begins with this hub does not know what the one before it was told.
        #expect(told([(event(end, 7, doubtful: true), "b")]) == [.doubtful])
    }

    @Test(
        "what recurs is told by moments: by one hub as it says, by the next one for certain only if the status is later"
    )
    func recurring() {
        #expect(told([(event(loop(10), 5), "a"), (event(loop(20), 6), "a")]) == [.news, .news])
        #expect(told([(event(loop(10), 5), "a"), (event(loop(10), 6, stream: .events), "b")]) == [.news, .repeated])
        #expect(told([(event(loop(10), 5), "a"), (event(loop(12), 6, stream: .events), "b")]) == [.news, .doubtful])
        #expect(told([(event(loop(12), 5, stream: .events), "a"), (event(loop(10), 6), "b")]) == [.news, .doubtful])
        #expect(told([(event(loop(10), 5), "a"), (event(loop(20), 6), "b")]) == [.news, .news])
        #expect(told([(event(loop(nil), 5), "a"), (event(loop(nil), 6), "b")]) == [.news, .doubtful])
    }

    @Test("a pod is gone once")
    func gone() {
        let gone = event(FleetTransition(key: "gone//"), 9, event: "DELETED")
        let again = event(FleetTransition(key: "gone//"), 11, event: "DELETED")
        #expect(told([(event(end, 5), "a"), (gone, "a"), (again, "b")]) == [.news, .news, .repeated])
    }

    @Test("it is bounded: of a pod that crashes without end, and of pods without end")
    func bounds() {
        var told = ToldTransitions()
        for number in 0..<10_000 {
            let transition = FleetTransition(key: "end/app/\(number)")
            #expect(told.take(event(transition, 5), of: "p", by: "a") == .news)
            #expect(told.take(event(end, 5), of: "pod-\(number)", by: "a") == .news)
        }
        #expect(told.count <= 8_192)
        #expect(told.take(event(end, 5), of: "pod-9999", by: "b") == .repeated)
    }

    @Test(
        "a crash that the next hub met in a later version of the pod reaches scripts as a change of the pod, and no more"
    )
    func link() throws {
        var link = WorkerLink(holding: HeldSet())
        _ = link.handle(.started)
        func connect(_ hub: String) {
            _ = link.handle(.ended(reason: "hub died", random: 0))
            _ = link.handle(.rested)
            _ = link.handle(
                .received(.welcome(FleetWelcome(hub: hub, session: "s-\(hub)", heartbeat: .seconds(1)))))
        }
        func told(_ event: FleetPodEvent) throws -> [String] {
            // As it comes over the wire.
            let message = try #require(try HubMessage(line: HubMessage.pod(event).line))
            return link.handle(.received(message)).compactMap { action in
                guard case .deliver(let event) = action else { return nil }
                return event.event + " " + (event.change.map { String(decoding: $0, as: UTF8.self) } ?? "-")
            }
        }
        connect("a")
        #expect(try told(event(nil, 4, event: "ADDED")) == ["ADDED -"])
        let news = "MODIFIED {\"kind\":\"end/app/run-1\",\"firstSeen\":true}"
        #expect(try told(event(end, 5)) == [news])
        connect("b")
        #expect(try told(event(end, 5)) == [])
        #expect(try told(event(end, 7)) == ["MODIFIED -"])
        // Its second change, and what Events tell, bring no version of the pod.
        #expect(try told(event(end, 7, ordinal: 1)) == [])
        #expect(try told(event(end, 8, stream: .events)) == [])
        #expect(link.repeatedEvents == 4)
        // What the hub doubts and the worker knows not to have heard.
        let other = FleetTransition(key: "end/app/run-2")
        #expect(
            try told(event(other, 9, doubtful: true)) == ["MODIFIED {\"kind\":\"end/app/run-2\",\"firstSeen\":true}"])
        #expect(try told(event(loop(5), 10)) == ["MODIFIED {\"kind\":\"crash-loop/app\",\"firstSeen\":true}"])
        connect("c")
        #expect(
            try told(event(loop(7), 11, stream: .events))
                == ["MODIFIED {\"kind\":\"crash-loop/app\",\"firstSeen\":false}"])
    }
}
