import PodSignals
import Testing

@testable import Fleet

/// A hub that dies in the middle of what a real cluster told, and the next one, which meets the same things in other
/// versions and another order: what a worker makes of both.
@Suite("What a worker is told by hubs that follow each other")
struct SuccessionTests {
    /// One thing told to scripts.
    private struct Told: Hashable {
        let key: String
        let recurs: Bool
        let isNews: Bool
    }

    /// A worker's end, which is told notices.
    private struct Worker {
        var memory = ToldTransitions()
        var told: [Told] = []

        mutating func take(_ notices: [PodNotice], _ stream: PodMark.Stream, by hub: String) {
            memory.connected(to: hub)
            for notice in notices {
                guard let transition = notice.change?.transition, notice.event != .deleted else { continue }
                let event = FleetPodEvent(
                    mark: PodMark(stream: stream, version: 1), event: notice.event.rawValue, pod: [], change: nil,
                    transition: FleetTransition(
                        key: transition.key, recurs: transition.recurs, moment: transition.moment?.microseconds))
                let verdict = memory.take(event, of: notice.pod.identity.uid, by: hub)
                if verdict != .repeated {
                    let key = "\(notice.pod.identity.uid.prefix(4)) \(transition.key)"
                    told.append(Told(key: key, recurs: transition.recurs, isNews: verdict == .news))
                }
            }
        }
    }

    private static func stream(_ line: Recording.Line) -> PodMark.Stream {
        PodMark.Stream(rawValue: line.resource) ?? .events
    }

    /// What the next hub meets: Events of the whole rest before or after the pods, and of the pods' versions only some.
    private static func asMet(_ rest: [Recording.Line], eventsFirst: Bool, skipping: Int) -> [Recording.Line] {
        let pods = rest.filter { $0.resource == "pods" }
        let kept = pods.enumerated().filter { number, line in
            line.type != "MODIFIED" || number % (skipping + 1) == skipping || number == pods.count - 1
        }.map(\.element)
        let others = rest.filter { $0.resource != "pods" }
        return eventsFirst ? others + kept : kept + others
    }

    @Test(
        "whenever the first dies, and whatever the second meets first, no end of a container is told twice, and none is missing",
        arguments: RecordedSequenceTests.names)
    func succession(name: String) throws {
        let lines = try Recording(name).lines
        var alone = Worker()
        var whole = Player()
        for line in lines { alone.take(try whole.play(line), Self.stream(line), by: "a") }
        // What an Event alone tells of a pod that is gone by the time when it comes is not told.
        let wanted = Set(alone.told.filter { !$0.recurs && $0.key.contains(" end/") }.map(\.key))
        for death in lines.indices {
            // The second begins where the first had certainly finished, some lines before.
            for start in [max(0, death - 3), death] {
                for (eventsFirst, skipping) in [(false, 0), (true, 0), (false, 1), (true, 2)] {
                    var worker = Worker()
                    var first = Player()
                    for line in lines[..<death] { worker.take(try first.play(line), Self.stream(line), by: "a") }
                    var early = Player()
                    for line in lines[..<start] { _ = try early.play(line) }
                    var second = try early.resumed(lines[..<start])
                    for line in Self.asMet(Array(lines[start...]), eventsFirst: eventsFirst, skipping: skipping) {
                        worker.take(try second.play(line), Self.stream(line), by: "b")
                    }
                    let once = worker.told.filter { !$0.recurs }.map(\.key)
                    let comment = "death \(death), start \(start), events first \(eventsFirst), skipping \(skipping)"
                    #expect(once.count == Set(once).count, "\(comment): \(once)")
                    // Ends that stand in the status and are replaced there can be seen in a version that is left out alone.
                    if skipping == 0 { #expect(Set(once).isSuperset(of: wanted), "\(comment)") }
                }
            }
        }
    }
}
