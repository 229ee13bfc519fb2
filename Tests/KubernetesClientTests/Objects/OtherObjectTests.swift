import Testing
import Timestamps

@testable import KubernetesClient

@Suite("Reading events, nodes and config maps")
struct OtherObjectTests {
    @Test("an event of a kubelet is read with the object that it is about")
    func event() throws {
        let event = try ClusterEvent.reading(
            #"""
            {"metadata":{"name":"web.1","namespace":"shop","uid":"u","resourceVersion":"5"},
            "involvedObject":{"kind":"Pod","namespace":"shop","name":"web","uid":"6e0c","apiVersion":"v1",
            "fieldPath":"spec.containers{app}"},"reason":"Unhealthy","message":"Readiness probe failed","type":"Warning",
            "source":{"component":"kubelet","host":"node-a"},"firstTimestamp":"2026-01-31T10:00:00Z",
            "lastTimestamp":"2026-01-31T10:09:00Z","count":12,"eventTime":null,"reportingComponent":"kubelet"}
            """#)
        var reference = event.object
        #expect(reference.kind == "Pod" && reference.fieldPath == "spec.containers{app}" && reference.uid == "6e0c")
        reference.fieldPath = ""
        #expect(reference != event.object)
        #expect([event.type, event.reason, event.source] == ["Warning", "Unhealthy", "kubelet"])
        #expect(event.message == "Readiness probe failed")
        #expect(event.count == 12)
        #expect(event.lastSeen == Timestamp("2026-01-31T10:09:00Z"))
    }

    @Test("an event of the newer API has its time and its reporter elsewhere, whatever the order of the fields")
    func newerEvent() throws {
        let fields = [
            #""eventTime":"2026-01-31T10:00:00.000001Z""#, #""lastTimestamp":null"#, #""source":{}"#, #""count":null"#,
            #""reportingComponent":"scheduler""#,
        ]
        for fields in [fields, fields.reversed()] {
            let event = try ClusterEvent.reading(#"{"metadata":{"name":"e"},\#(fields.joined(separator: ","))}"#)
            #expect(event.lastSeen == Timestamp("2026-01-31T10:00:00.000001Z"))
            #expect(event.source == "scheduler")
            #expect(event.count == 1)
        }
    }

    @Test("of two times and two reporters the older API's count, whatever the order")
    func bothAPIs() throws {
        let fields = [
            #""eventTime":"2026-01-31T10:00:00Z""#, #""lastTimestamp":"2026-01-31T11:00:00Z""#,
        ]
        for fields in [fields, fields.reversed()] {
            let event = try ClusterEvent.reading(#"{"metadata":{"name":"e"},\#(fields.joined(separator: ","))}"#)
            #expect(event.lastSeen == Timestamp("2026-01-31T11:00:00Z"))
        }
    }

    @Test("a node is read with its addresses, conditions and taints")
    func node() throws {
        let node = try Node.reading(
            #"""
            {"metadata":{"name":"node-a"},"spec":{"unschedulable":true,"podCIDR":"10.1.0.0/24",
            "taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute","timeAdded":"2026-01-31T10:00:00Z"},
            {"key":"for","value":"gpu","effect":"NoSchedule"}]},
            "status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"},{"type":"Hostname","address":"a"}],
            "conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","message":"gone",
            "lastTransitionTime":"2026-01-31T10:00:00Z"}],
            "images":[{"names":["x"],"sizeBytes":1}]}}
            """#)
        #expect(node.identity.key.description == "node-a")
        #expect(node.isUnschedulable)
        #expect(
            node.addresses == [.init(type: "InternalIP", address: "10.0.0.1"), .init(type: "Hostname", address: "a")])
        #expect(
            node.conditions == [
                .init(
                    type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", message: "gone",
                    since: Timestamp("2026-01-31T10:00:00Z"))
            ])
        #expect(
            node.taints == [
                .init(key: "node.kubernetes.io/unreachable", effect: "NoExecute"),
                .init(key: "for", value: "gpu", effect: "NoSchedule"),
            ])
    }

    @Test("a node without taints and with null in their place are one")
    func nodeWithoutTaints() throws {
        for spec in ["{}", #"{"taints":null}"#, "null"] {
            let node = try Node.reading(#"{"metadata":{"name":"n"},"spec":\#(spec),"status":{"conditions":null}}"#)
            #expect(node.taints == [] && node.conditions == [] && !node.isUnschedulable)
        }
    }

    @Test("a config map is read with its text, and the names of what is not text")
    func configMap() throws {
        let map = try ConfigMap.reading(
            #"""
            {"metadata":{"name":"m","namespace":"n"},"immutable":true,"data":{"a":"1\n2","empty":"","null":null},
            "binaryData":{"b":"AAE="}}
            """#)
        #expect(map.data == ["a": "1\n2", "empty": "", "null": ""])
        #expect(map.binaryKeys == ["b"])
        #expect(map.isImmutable)
        #expect(try ConfigMap.reading(#"{"metadata":{"name":"m"},"data":null}"#).data.isEmpty)
    }
}
