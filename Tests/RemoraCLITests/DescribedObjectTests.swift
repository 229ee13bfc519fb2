import JSON
import KubernetesClient
import Testing

@testable import RemoraCLI

@Suite("What is said of objects and their changes")
struct DescribedObjectTests {
    /// A pod of one container, in the words of the API.
    private func pod(
        phase: String = "Running", state: String = #"{"running":{}}"#, lastState: String = "{}", restarts: Int = 0,
        isReady: Bool = true, metadata: String = "", node: String = "n1", address: String = "10.0.0.1"
    ) throws -> Pod {
        let text = """
            {"metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"1"\(metadata)},
             "spec":{"nodeName":"\(node)"},
             "status":{"phase":"\(phase)","podIP":"\(address)",
              "conditions":[{"type":"Ready","status":"\(isReady ? "True" : "False")"}],
              "containerStatuses":[{"name":"app","ready":\(isReady),"restartCount":\(restarts),
               "state":\(state),"lastState":\(lastState)}]}}
            """
        return try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try Pod(from: &reader, interner: StringInterner())
        }
    }

    private static let killed = #"{"terminated":{"exitCode":137,"reason":"OOMKilled"}}"#
    private static let backOff = #"{"waiting":{"reason":"CrashLoopBackOff"}}"#
    private static let deletion =
        #","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30"#

    @Test("a pod's cells are its phase, its ready containers and its restarts")
    func cells() throws {
        #expect(try pod(restarts: 3).cells == ["Running", "1/1", "3"])
        #expect(try pod(isReady: false).cells == ["Running", "0/1", "0"])
        #expect(try pod(metadata: Self.deletion).cells == ["Terminating", "1/1", "0"])
        #expect(try pod().wideCells == ["n1", "10.0.0.1"])
        #expect(try pod(node: "", address: "").wideCells == ["-", "-"])
    }

    @Test("each change of a pod has its words")
    func differences() throws {
        let running = try pod()
        let dead = try pod(state: Self.killed, isReady: false)
        let pending = try pod(phase: "Pending", state: "{}", isReady: false, node: "", address: "")
        #expect(try pod().differences(from: running) == [])
        #expect(dead.differences(from: running) == ["app: OOMKilled (exit 137)", "not ready"])
        #expect(
            try pod(state: Self.backOff, lastState: Self.killed, restarts: 1, isReady: false).differences(from: dead)
                == ["app: restarts 0 → 1", "app: OOMKilled (exit 137)", "app: CrashLoopBackOff"])
        #expect(
            running.differences(from: pending)
                == ["Pending → Running", "on node n1", "address 10.0.0.1", "app: running", "ready"])
        #expect(
            try pod(metadata: Self.deletion).differences(from: running) == ["deletion requested, grace 30 s"])
        #expect(try pod(metadata: #","labels":{"a":"b"}"#).differences(from: running) == ["labels"])
        #expect(
            try pod(state: #"{"terminated":{"exitCode":0,"signal":9}}"#).differences(from: running)
                == ["app: signal 9"])
    }

    @Test("a pod that is seen for the first time is told by what its containers wait for or died of")
    func summary() throws {
        #expect(try pod().summary == [])
        #expect(try pod(state: Self.backOff).summary == ["app: CrashLoopBackOff"])
        #expect(try pod(state: Self.killed).summary == ["app: OOMKilled (exit 137)"])
    }

    @Test("columns grow with their widest cell, and the last one is not padded")
    func table() {
        var table = StreamingTable(widths: [3, 1, 1])
        #expect(table.row(["a", "b", "c"]) == "a    b  c")
        #expect(table.row(["longer", "b", "c"]) == "longer  b  c")
        #expect(table.row(["a", "b", "c"]) { $0 == 0 ? "<\($1)>" : $1 } == "<a>       b  c")
    }
}
