import JSON
import Testing
import Timestamps

@testable import KubernetesClient

@Suite("Reading pods")
struct PodTests {
    /// A pod in trouble, as a server sends it, with much that nobody keeps.
    private static let text = #"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-5d4f8-x2x7z","generateName":"web-5d4f8-",
        "namespace":"shop","uid":"6e0c","resourceVersion":"1042","creationTimestamp":"2026-01-31T10:00:00Z",
        "deletionTimestamp":"2026-01-31T10:05:30Z","deletionGracePeriodSeconds":30,
        "labels":{"app":"web","pod-template-hash":"5d4f8"},"annotations":{"note":"{\"deep\":[1,{}]}"},
        "ownerReferences":[{"kind":"Other","name":"o"},
        {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f8","uid":"1","controller":true}],
        "managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:phase":{}}}}]},
        "spec":{"containers":[{"name":"app","image":"unused:1"}],"nodeName":"node-a","hostNetwork":true,"volumes":null},
        "status":{"phase":"Running","reason":"Evicted","message":"no space","hostIP":"10.0.0.1","podIP":"10.1.0.7",
        "podIPs":[{"ip":"10.1.0.7"},{"ip":"fd00::7"}],"startTime":"2026-01-31T10:00:01Z","qosClass":"Burstable",
        "conditions":[{"type":"Initialized","status":"True","lastProbeTime":null},
        {"type":"Ready","status":"False","reason":"ContainersNotReady"}],
        "containerStatuses":[
        {"name":"app","image":"shop/web:2","ready":false,"started":false,"restartCount":7,
        "state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s"}},
        "lastState":{"terminated":{"exitCode":137,"signal":9,"reason":"OOMKilled","message":"bye",
        "startedAt":"2026-01-31T10:03:00Z","finishedAt":"2026-01-31T10:04:00Z","containerID":"containerd://51d81234567890123"}}},
        {"name":"proxy","image":"envoy:1","ready":true,"started":true,"restartCount":1,
        "state":{"running":{"startedAt":"2026-01-31T10:00:05Z"}},"lastState":{}}],
        "initContainerStatuses":[{"name":"init","image":"busybox","ready":true,"restartCount":0,
        "state":{"terminated":{"exitCode":0,"reason":"Completed"}}}],
        "ephemeralContainerStatuses":[{"name":"debug","image":"sh","state":{"running":{}}}]}}
        """#

    @Test("identity, owner, labels and deletion are read")
    func metadata() throws {
        let metadata = try Pod.reading(Self.text).metadata
        #expect(
            metadata.identity
                == ObjectIdentity(
                    key: ObjectKey(namespace: "shop", name: "web-5d4f8-x2x7z"), uid: "6e0c", resourceVersion: "1042"))
        #expect(metadata.created == Timestamp("2026-01-31T10:00:00Z"))
        #expect(metadata.deletion == Timestamp("2026-01-31T10:05:30Z"))
        #expect(metadata.deletionGraceSeconds == 30)
        #expect(
            metadata.labels == [.init(key: "app", value: "web"), .init(key: "pod-template-hash", value: "5d4f8")])
        #expect(metadata[label: "app"] == "web")
        #expect(metadata[label: "none"] == nil)
        #expect(metadata.controller == .init(kind: "ReplicaSet", name: "web-5d4f8"))
    }

    @Test("place, phase and conditions are read")
    func status() throws {
        let pod = try Pod.reading(Self.text)
        #expect([pod.nodeName, pod.phase, pod.reason, pod.message] == ["node-a", "Running", "Evicted", "no space"])
        #expect([pod.hostIP, pod.qosClass] + pod.podIPs == ["10.0.0.1", "Burstable", "10.1.0.7", "fd00::7"])
        #expect(pod.usesHostNetwork)
        #expect(pod.started == Timestamp("2026-01-31T10:00:01Z"))
        #expect(
            pod.conditions == [
                .init(type: "Initialized", status: "True", reason: ""),
                .init(type: "Ready", status: "False", reason: "ContainersNotReady"),
            ])
        #expect(!pod.isReady)
        #expect(pod.restartCount == 8)
    }

    @Test("containers are read with what they do and what ended before, init containers first")
    func containers() throws {
        let killed = Pod.Termination(
            exitCode: 137, signal: 9, reason: "OOMKilled", message: "bye", started: Timestamp("2026-01-31T10:03:00Z"),
            finished: Timestamp("2026-01-31T10:04:00Z"), containerID: "51d8123456789")
        #expect(
            try Pod.reading(Self.text).containers == [
                .init(
                    name: "init", role: .initial, image: "busybox", isReady: true,
                    state: .terminated(.init(reason: "Completed"))),
                .init(
                    name: "app", image: "shop/web:2", restartCount: 7,
                    state: .waiting(reason: "CrashLoopBackOff", message: "back-off 5m0s"),
                    lastState: .terminated(killed)),
                .init(
                    name: "proxy", image: "envoy:1", isReady: true, isStarted: true, restartCount: 1,
                    state: .running(since: Timestamp("2026-01-31T10:00:05Z"))),
                .init(name: "debug", role: .ephemeral, image: "sh", state: .running(since: nil)),
            ])
    }

    @Test("a pod that was just created is read as what it says, and nulls as what they leave out")
    func sparse() throws {
        let texts = [
            #"{"metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"1"}}"#,
            #"""
            {"metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"1","labels":null,"annotations":null,
            "ownerReferences":null,"creationTimestamp":null,"deletionGracePeriodSeconds":null},
            "spec":null,"status":{"phase":null,"conditions":null,"containerStatuses":null,"podIPs":null,"podIP":null}}
            """#,
        ]
        for text in texts {
            let pod = try Pod.reading(text)
            #expect(pod.identity.key.description == "n/p")
            #expect([pod.nodeName, pod.phase, pod.reason, pod.hostIP] + pod.podIPs == ["", "", "", ""])
            #expect(pod.metadata.created == nil && pod.metadata.deletion == nil && pod.metadata.controller == nil)
            #expect(pod.metadata.labels.isEmpty && pod.conditions.isEmpty && pod.containers.isEmpty)
            #expect(!pod.isReady && !pod.usesHostNetwork && pod.started == nil)
        }
    }

    @Test("pods that have labels and conditions in common keep them once, whatever the conditions' times")
    func sharing() throws {
        func text(_ app: String, _ ready: String, _ time: Int) -> String {
            #"{"metadata":{"name":"p\#(time)","labels":{"app":"\#(app)","tier":null}},"status":{"conditions":["#
                + #"{"type":"Ready","status":"\#(ready)","lastTransitionTime":"2026-01-31T10:00:0\#(time)Z"}]}}"#
        }
        let interner = StringInterner()
        func pod(_ app: String, _ ready: String, _ time: Int) throws -> Pod {
            let bytes = Array(text(app, ready, time).utf8)
            return try bytes.withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                return try Pod(from: &reader, interner: interner)
            }
        }
        func address<Element>(_ array: [Element]) -> UnsafeRawPointer? {
            array.withUnsafeBytes { $0.baseAddress }
        }
        let pods = [try pod("web", "True", 1), try pod("web", "True", 2), try pod("db", "False", 3)]
        #expect(address(pods[0].metadata.labels) == address(pods[1].metadata.labels))
        #expect(address(pods[0].conditions) == address(pods[1].conditions))
        #expect(pods.map { $0.metadata[label: "app"] } == ["web", "web", "db"])
        #expect(pods.map { $0.metadata[label: "tier"] } == ["", "", ""])
        #expect(
            pods.map(\.conditions) == ["True", "True", "False"].map { [.init(type: "Ready", status: $0, reason: "")] })
    }

    @Test("of old servers the single address counts")
    func singleAddress() throws {
        let pod = try Pod.reading(#"{"metadata":{"name":"p"},"status":{"podIP":"10.1.0.7"}}"#)
        #expect(pod.podIPs == ["10.1.0.7"])
    }

    @Test("a time that is none is left out, and the pod read all the same")
    func oddTime() throws {
        let pod = try Pod.reading(
            #"{"metadata":{"name":"p","creationTimestamp":"yesterday"},"status":{"startTime":"x"}}"#)
        #expect(pod.metadata.created == nil)
        #expect(pod.started == nil)
        #expect(pod.identity.key.name == "p")
    }

    @Test(
        "a field of another type than the API's is an error at its place, not a guess",
        arguments: [
            (#"{"metadata":{"name":7}}"#, JSONError(reason: .expected("a string"), offset: 20)),
            (#"{"metadata":[]}"#, JSONError(reason: .expected("an object"), offset: 12)),
            (#"{"status":{"conditions":{}}}"#, JSONError(reason: .expected("an array"), offset: 24)),
            (
                #"{"status":{"containerStatuses":[{"restartCount":1.5}]}}"#,
                JSONError(reason: .expected("an integer"), offset: 48)
            ),
        ])
    func wrongTypes(text: String, error: JSONError) {
        #expect(throws: error) { try Pod.reading(text) }
    }
}
