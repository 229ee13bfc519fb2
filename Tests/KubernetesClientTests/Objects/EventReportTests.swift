import JSON
import Testing
import Timestamps

@testable import KubernetesClient

@Suite("Reported events")
struct EventReportTests {
    private let pod = ObjectIdentity(
        key: ObjectKey(namespace: "shop", name: "web"), uid: "6e0c", resourceVersion: "1042")

    @Test("the body is an Event that kubectl describe shows at its object")
    func body() throws {
        let report = EventReport(
            about: pod, of: .pods, .warning, reason: "ScriptFailed", message: "line 3", reporter: "remora.dev/hub",
            instance: "hub-0")
        let time = try #require(Timestamp("2026-01-31T10:00:00.999999Z"))
        #expect(
            report.body(at: time, suffix: 0xabc) == [
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": "web.abc", "namespace": "shop"],
                "involvedObject": [
                    "apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web", "uid": "6e0c",
                    "resourceVersion": "1042",
                ],
                "type": "Warning", "reason": "ScriptFailed", "message": "line 3",
                "source": ["component": "remora.dev/hub"],
                "reportingComponent": "remora.dev/hub", "reportingInstance": "hub-0",
                "firstTimestamp": "2026-01-31T10:00:00Z", "lastTimestamp": "2026-01-31T10:00:00Z", "count": 1,
            ])
    }

    @Test("an event about something outside namespaces lives in the namespace default")
    func clusterScope() {
        let node = ObjectIdentity(key: ObjectKey(name: "node-a"), uid: "u", resourceVersion: "1")
        let report = EventReport(about: node, of: .nodes, reason: "R", message: "m", reporter: "r")
        #expect(report.namespace == "default")
        let body = report.body(at: Timestamp(microseconds: 0), suffix: 1)
        #expect(body["metadata"] == ["name": "node-a.1", "namespace": "default"])
        #expect(body["involvedObject"]?["namespace"] == "")
        #expect(body["type"] == "Normal")
    }

    @Test(
        "a message that is too long is cut between characters, with a mark, and never longer than the server takes",
        arguments: [
            ("short", "short"), (String(repeating: "x", count: 20), String(repeating: "x", count: 20)),
            (String(repeating: "x", count: 21), String(repeating: "x", count: 17) + "…"),
            (String(repeating: "é", count: 11), String(repeating: "é", count: 8) + "…"),
            (String(repeating: "👩‍👩‍👧", count: 2), "…"), ("", ""),
        ])
    func cut(text: String, result: String) {
        #expect(EventReport.cut(text, bytes: 20) == result)
        #expect(EventReport.cut(text, bytes: 20).utf8.count <= 20)
    }
}
