import JSON
import Testing
import Timestamps

@testable import Fleet
@testable import Hub
@testable import RemoraCLI

@Suite("What workers make of scripts, in text")
struct ScriptMatrixTests {
    private typealias Script = FleetWorkerReport.Script

    private static func script(
        _ index: Int, _ state: String = "running", calls: Int = 100, failures: Int = 0, dropped: Int = 0,
        error: String? = nil, revision: String? = "aaaaaaaaaaaaaaaa", p99: Int? = 64
    ) -> Script {
        Script(
            index: index, state: state, calls: calls, failures: failures, dropped: dropped, error: error,
            revision: revision, p99: p99)
    }

    private static func worker(
        _ name: String, _ state: FleetWorkerStatus.State, _ scripts: [Script], refused: [FleetScriptFailure] = [],
        rates: [Int: Double] = [:], problems: [String] = []
    ) -> FleetWorkerStatus {
        FleetWorkerStatus(
            worker: name, node: name, version: "1", state: state, revision: "r", failures: refused,
            report: FleetWorkerReport(scripts: scripts, problems: problems), rates: rates, latency: nil,
            lasting: .seconds(1))
    }

    private static func worker(
        _ name: String, _ scripts: [Script], rates: [Int: Double] = [:]
    ) -> FleetWorkerStatus { worker(name, .current, scripts, rates: rates) }

    /// As the API has it, of two scripts, `recorder` and `slow path`, and one that is not active.
    private static func status(_ workers: [FleetWorkerStatus]) throws -> JSONValue {
        let scripts = [
            ScriptOutcome(index: 0, title: "recorder", state: .running),
            ScriptOutcome(index: 1, title: "slow path", state: .running),
            ScriptOutcome(index: 2, title: "rests", state: .inactive),
        ]
        let status = HubStatus(
            identity: "hub", isLeader: true, isReady: true, revision: "r", configMapVersion: "1", scripts: scripts,
            problems: [], pods: 0, workers: workers, time: .now())
        return try JSONValue(parsing: status.json.encoded())
    }

    private static func lines(_ workers: [FleetWorkerStatus], _ detail: ScriptMatrix.Detail) throws -> [String] {
        ScriptMatrix(try status(workers)).lines(detail) { text, _ in text }
    }

    /// Three workers on which nothing is amiss.
    private static let well = [
        worker("w1", [script(0), script(1, p99: 16_384)], rates: [0: 4.3, 1: 0]),
        worker("w2", [script(0, p99: 2_048), script(1)], rates: [0: 1_200.04, 1: 2]),
        worker("w3", [script(0), script(1)]),
    ]

    @Test("each script has a line: workers by state, calls in a second, the slowest worker")
    func scripts() throws {
        #expect(
            try Self.lines(Self.well, .scripts) == [
                "SCRIPT       ON WORKERS  CALLS/S  MOST  P99     SLOWEST",
                "0 recorder   3 running   1204     1200  2.0 ms  w2",
                "1 slow path  3 running   2        2     16 ms   w1",
            ])
        #expect(try Self.lines(Self.well, .amiss) == [])
        #expect(try Self.lines([], .everything).filter { $0.contains("0 recorder") }.count == 1)
    }

    @Test("with everything, each worker has a line for each script")
    func everything() throws {
        #expect(
            try Self.lines(Array(Self.well.prefix(2)), .everything) == [
                "SCRIPT       ON WORKERS            CALLS/S  MOST  P99     CALLS  FAILED  DROPPED  SLOWEST",
                "0 recorder   2 running             1204     1200  2.0 ms  200    0       0        w2",
                "    w1       running aaaaaaaaaaaa  4.3            64 µs   100    0       0        ",
                "    w2       running aaaaaaaaaaaa  1200           2.0 ms  100    0       0        ",
                "1 slow path  2 running             2        2     16 ms   200    0       0        w1",
                "    w1       running aaaaaaaaaaaa  0              16 ms   100    0       0        ",
                "    w2       running aaaaaaaaaaaa  2              64 µs   100    0       0        ",
            ])
    }

    @Test("what is amiss stands below its script: where, how often, and why")
    func amiss() throws {
        let refusal = FleetScriptFailure(
            index: 1, title: "slow path", line: 2, column: 5, message: "SyntaxError: no\nat x")
        let workers = [
            Self.worker("w1", .refused, [Self.script(0), Self.script(1)], refused: [refusal]),
            Self.worker(
                "w2", .refused, [Self.script(0), Self.script(1, "outdated", error: "an older error")],
                refused: [refusal]),
            Self.worker("w3", [Self.script(0, "quarantined", error: "it took too long"), Self.script(1)]),
            Self.worker(
                "w4",
                [
                    Self.script(0, calls: 3_400, failures: 12, dropped: 7, error: "TypeError: \u{1b}[2Jgone"),
                    Self.script(1),
                ]),
            Self.worker("w5", .pending, []),
            Self.worker("w6", .disconnected, [Self.script(0), Self.script(1)]),
            Self.worker("w7", .heldBack, [Self.script(0, revision: "bbbb"), Self.script(1)]),
        ]
        let expected = [
            "0 recorder   3 running, 1 older, 1 quarantined, 1 unknown, 1 disconnected  -        -     64 µs  w1",
            "    quarantined on w3: it took too long",
            "    12 of 3400 calls failed, 7 dropped on w4: TypeError: \\u{1b}[2Jgone",
            "1 slow path  3 running, 2 outdated, 1 unknown, 1 disconnected              -        -     64 µs  w1",
            "    outdated on w1, w2: slow path:2:5: SyntaxError: no",
        ]
        #expect(Array(try Self.lines(workers, .scripts).dropFirst()) == expected)
        #expect(Array(try Self.lines(workers, .amiss).dropFirst()) == expected)
        let everything = try Self.lines(workers, .everything)
        #expect(everything.contains("        slow path:2:5: SyntaxError: no"))
        #expect(everything.filter { $0.hasPrefix("    w") }.count == 14)
    }

    @Test("the refusal of a script that no worker has yet is told, also when the hub does not know the script any more")
    func refusedAtOnce() throws {
        let refusal = FleetScriptFailure(index: 9, title: "new", line: nil, column: nil, message: "no")
        let matrix = ScriptMatrix(
            try Self.status([Self.worker("w1", .refused, [Self.script(0), Self.script(1)], refused: [refusal])]))
        #expect(matrix.rows.map(\.title) == ["recorder", "slow path", "new"])
        #expect(matrix.lines(.amiss) { text, _ in text }.last == "    rejected on w1: new: no")
    }

    @Test("a thousand workers and ten scripts fit a screen, whatever is amiss on all of them")
    func many() throws {
        func workers(_ error: (Int) -> String) -> [FleetWorkerStatus] {
            (0..<1_000).map { number in
                Self.worker(
                    "node-\(number)",
                    (0..<10).map { Self.script($0, "quarantined", error: $0 == 3 ? error(number) : "all of them") })
            }
        }
        let same = try Self.lines(workers { _ in "the same" }, .scripts)
        #expect(same.count == 1 + 10 * 2)
        #expect(same.contains("    quarantined on node-0, node-1, node-2 and 997 more: the same"))
        let different = try Self.lines(workers { "no. \($0)" }, .scripts)
        #expect(different.count == 1 + 9 * 2 + 1 + 5 + 1)
        #expect(different.contains("    and otherwise on 995 more: --wide shows them"))
        #expect(different.allSatisfy { $0.count <= 120 })
    }

    @Test("unasked, at most twenty of the workers are shown that are not as they should be, and none of the others")
    func workers() throws {
        let good = (0..<5).map { Self.worker("good-\($0)", [Self.script(0)]) }
        let full = Self.worker("full", .current, [Self.script(0)], problems: ["the disk is full"])
        let gone = (0..<30).map { Self.worker("gone-\($0)", .disconnected, [Self.script(0)]) }
        func lines(_ workers: [FleetWorkerStatus], _ detail: ScriptMatrix.Detail) throws -> [String] {
            WorkerTable(try Self.status(workers)).lines(detail) { text, _ in text }
        }
        #expect(try lines([], .everything) == [])
        #expect(try lines(good, .amiss) == ["workers 5: 5 current"])
        let few = try lines(good + [full], .amiss)
        #expect(few.first == "workers 6: 6 current" && few.last == "      the disk is full" && few.count == 3)
        let many = try lines(good + [full] + gone, .amiss)
        #expect(many.first == "workers 36: 6 current, 30 disconnected")
        #expect(many.count == 1 + 20 + 1 + 1 && many.last == "and 11 more: --workers shows all")
        #expect(try lines(good + [full] + gone, .scripts).count == 1 + 36 + 1 + 3)
    }

    @Test("where not all workers are told of, as in the status config map, that is said")
    func published() throws {
        let workers = [Self.worker("w1", .refused, [Self.script(0)]), Self.worker("w2", [Self.script(0)])]
        var status = try Self.status(workers)
        status["workers"] = .array(Array((status["workers"]?.array ?? []).prefix(1)))
        let lines = WorkerTable(status).lines(.scripts) { text, _ in text }
        #expect(lines.first == "workers 2: 1 current, 1 refused" && lines.last == "of 2 workers these 1 are told of")
    }

    @Test("colours tell good from bad, and cover only what they are about")
    func colours() throws {
        let workers = [
            Self.worker("w1", [Self.script(0), Self.script(1, "quarantined", error: "it took too long")]),
            Self.worker("w2", .disconnected, [Self.script(0), Self.script(1)]),
        ]
        let lines = ScriptMatrix(try Self.status(workers)).lines(.scripts) { text, style in "<\(style):\(text)>" }
        #expect(lines[0].hasPrefix("<faint:SCRIPT>"))
        #expect(lines[1].hasPrefix("0 recorder   <change:1 running, 1 disconnected>"))
        #expect(lines[2].hasPrefix("1 slow path  <bad:1 quarantined, 1 disconnected>"))
        #expect(lines[3] == "<bad:    quarantined on w1: it took too long>")
    }

    @Test("what a hub of another version tells is no reason to fail")
    func foreign() {
        let status: JSONValue = [
            "scripts": [["index": "x"], ["index": 1]],
            "workers": [[:], ["worker": "w", "scripts": [["index": 1, "state": "resting", "callsPerSecond": -1]]]],
        ]
        let lines = ScriptMatrix(status).lines(.everything) { text, _ in text }
        #expect(lines.count == 4 && lines[1].contains("2 unknown"))
    }
}
