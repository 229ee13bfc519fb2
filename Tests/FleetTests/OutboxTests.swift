import JSON
import Testing
import Timestamps

@testable import Fleet

/// What a worker has to say.
@Suite("Reports of a worker")
struct OutboxTests {
    private let target = Outbox.Target(hub: "h", session: "s1")
    private let sameHub = Outbox.Target(hub: "h", session: "s2")
    private let otherHub = Outbox.Target(hub: "h2", session: "s3")

    private func line(_ text: String) -> WorkerMessage {
        .console(
            FleetConsoleLine(index: 0, title: "s", level: .output, text: text, time: Timestamp(microseconds: 0)))
    }
    private func action(_ name: String) -> WorkerMessage {
        .action(FleetAction(action: name, object: nil, index: 0, title: "s", time: Timestamp(microseconds: 0)))
    }
    private func answer(_ nonce: String) -> WorkerMessage {
        .answer(PushAnswer(nonce: nonce, revision: "r", outcome: .applied))
    }

    @Test("messages go in the order in which they were said, lines and actions mixed")
    func order() {
        var outbox = Outbox()
        for message in [line("1"), action("2"), line("3"), answer("4"), action("5")] { outbox.add(message) }
        #expect(
            outbox.next(to: target)
                == FleetReport(
                    session: "s1", sequence: 1, messages: [line("1"), action("2"), line("3"), answer("4"), action("5")])
        )
        outbox.delivered()
        #expect(outbox.isEmpty && outbox.bytes == 0)
        #expect(outbox.next(to: target) == nil)
    }

    @Test("a report whose arrival is not known goes again to the same hub, the same under the same number")
    func again() {
        var outbox = Outbox()
        outbox.add(line("1"))
        #expect(outbox.next(to: target)?.sequence == 1)
        outbox.add(line("2"))
        #expect(outbox.next(to: sameHub) == FleetReport(session: "s2", sequence: 1, messages: [line("1")]))
        outbox.delivered()
        #expect(outbox.next(to: sameHub) == FleetReport(session: "s2", sequence: 2, messages: [line("2")]))
    }

    @Test("to another hub it does not go: lines and actions are given up and counted, notes go again")
    func doubt() {
        var outbox = Outbox()
        let note = WorkerMessage.evidence(["id": "e1"])
        for message in [line("1"), action("2"), answer("3"), note] { outbox.add(message) }
        #expect(outbox.next(to: target)?.messages.count == 4)
        outbox.add(line("later"))
        #expect(outbox.next(to: otherHub) == FleetReport(session: "s3", sequence: 2, messages: [note, line("later")]))
        #expect(outbox.losses == Outbox.Losses(doubtfulLines: 1, doubtfulActions: 1))
    }

    @Test("when there is no room the oldest lines go, actions are refused, and both are counted")
    func shedding() {
        var outbox = Outbox(lineBytes: 400, actionBytes: 400, noteBytes: 100)
        for number in 1...5 { outbox.add(line("\(number)")) }
        #expect((1...4).map { outbox.add(action("\($0)")) } == [true, true, true, false])
        #expect(outbox.add(.evidence(["id": "1"])) == true)
        #expect(outbox.add(.evidence(["id": "2"])) == false)
        // An answer always has room.
        #expect(outbox.add(answer("n")) == true)
        #expect(outbox.losses == Outbox.Losses(shedLines: 2, shedActions: 1, shedNotes: 1))
        #expect(
            outbox.next(to: target)?.messages == [
                line("3"), line("4"), line("5"), action("1"), action("2"), action("3"), .evidence(["id": "1"]),
                answer("n"),
            ])
    }

    @Test("of answers and of the status only the newest is said")
    func newest() {
        var outbox = Outbox()
        outbox.add(answer("1"))
        outbox.add(answer("2"))
        outbox.add(.status(FleetWorkerReport(counters: ["a": 1])))
        outbox.add(.status(FleetWorkerReport(counters: ["a": 2])))
        #expect(outbox.next(to: target)?.messages == [answer("2"), .status(FleetWorkerReport(counters: ["a": 2]))])
    }

    @Test("a report has a bounded size, and the rest follows in the next")
    func batches() {
        var outbox = Outbox(reportBytes: 1_000)
        let text = String(repeating: "x", count: 400)
        for _ in 1...5 { outbox.add(line(text)) }
        var counts: [Int] = []
        while let report = outbox.next(to: target) {
            counts.append(report.messages.count)
            outbox.delivered()
        }
        #expect(counts == [2, 2, 1])
    }

    @Test("a report survives the wire")
    func wire() throws {
        let report = FleetReport(
            session: "s1", sequence: 3,
            messages: [
                line("a\n\u{1F4E6}"),
                .action(
                    FleetAction(
                        action: "go", object: ["a": [1, .null]], index: 4, title: "t", time: Timestamp(microseconds: 5))
                ),
                .answer(PushAnswer(nonce: "n", revision: "r", outcome: .refused([Samples.failure(2)]))),
                .answer(PushAnswer(nonce: "n", revision: "r", outcome: .wrongBase(Samples.set([0: "a"]).manifest))),
                .status(
                    FleetWorkerReport(
                        scripts: [
                            .init(index: 1, state: "running", calls: 2, failures: 3, dropped: 4, error: "e")
                        ], counters: ["packets": 9], problems: ["p"])),
                .result(FleetCommandResult(id: "c", error: "no", detail: ["x": 1])), .evidence(["id": "e"]),
            ])
        #expect(try FleetReport(report.body, session: "s1") == report)
    }
}
