import JSON
import KubernetesClient
import PodSignals
import Testing
import Timestamps

/// What the recordings cannot show: newer API servers, nodes in trouble, and beginnings in the middle.
@Suite("Deriving changes")
struct DerivationTests {
    /// A pod with one container, in the API's form.
    private static func pod(
        version: Int = 1, uid: String = "u1", deletion: String? = nil, phase: String = "Running", reason: String = "",
        conditions: [JSONValue] = [], isReady: Bool = true, restarts: Int64 = 0, id: String = "run-1",
        state: JSONValue = ["running": ["startedAt": "2026-01-01T10:00:00Z"]], last: JSONValue = [:],
        list: String = "containerStatuses"
    ) throws -> Pod {
        var metadata: JSONValue = [
            "name": "web", "namespace": "shop", "uid": .string(uid), "resourceVersion": .string("\(version)"),
        ]
        metadata["deletionTimestamp"] = deletion.map(JSONValue.string)
        if deletion != nil { metadata["deletionGracePeriodSeconds"] = 30 }
        var status: JSONValue = [
            "phase": .string(phase), "reason": .string(reason), "conditions": .array(conditions),
        ]
        status[list] = [
            [
                "name": "app", "ready": .boolean(isReady), "restartCount": .integer(restarts), "state": state,
                "lastState": last, "containerID": .string("containerd://\(id)"),
            ]
        ]
        return try Pod.reading(["metadata": metadata, "spec": ["nodeName": "n1"], "status": status])
    }

    private static func ended(_ code: Int64, _ reason: String = "Error", run: String = "run-1", at: String = "10:01:00")
        -> JSONValue
    {
        [
            "terminated": [
                "exitCode": .integer(code), "reason": .string(reason), "containerID": .string("containerd://\(run)"),
                "finishedAt": .string("2026-01-01T\(at)Z"),
            ]
        ]
    }

    private static func node(_ type: String, _ status: String, _ message: String = "") throws -> Node {
        try Node.reading([
            "metadata": ["name": "n1", "uid": "n", "resourceVersion": "1"],
            "status": [
                "conditions": [["type": .string(type), "status": .string(status), "message": .string(message)]]
            ],
        ])
    }

    private static func told(_ earlier: Pod, _ later: Pod) -> [String] {
        var signals = PodSignals()
        _ = signals.apply(.added(earlier))
        return signals.apply(.modified(later, from: earlier)).brief
    }

    @Test(
        "a pod that is to make room says why before it is deleted",
        arguments: [
            ("PreemptionByScheduler", "", "preempted"), ("PreemptionByKubeScheduler", "", "preempted"),
            ("EvictionByEvictionAPI", "", "drained"), ("DeletionByTaintManager", "", "tainted"),
            ("DeletionByPodGC", "", "node-lost"),
            ("TerminationByKubelet", "The node was low on resource: memory", "evicted"),
            ("TerminationByKubelet", "Pod was terminated in response to imminent node shutdown.", "node-shutdown"),
            ("TerminationByKubelet", "Preempted in order to admit critical pod", "preempted"),
        ])
    func disruption(reason: String, message: String, kind: String) throws {
        let condition: JSONValue = [
            "type": "DisruptionTarget", "status": "True", "reason": .string(reason), "message": .string(message),
        ]
        #expect(
            Self.told(try Self.pod(), try Self.pod(version: 2, conditions: [condition])) == [
                "MODIFIED \(kind) \(reason)"
            ])
    }

    @Test(
        "a failed pod says what failed it",
        arguments: [
            ("Evicted", "evicted"), ("DeadlineExceeded", "deadline-exceeded"), ("Preempting", "preempted"),
            ("NodeLost", "node-lost"), ("Terminated", "node-shutdown"), ("Shutdown", "node-shutdown"),
            ("UnexpectedAdmissionError", "start-failed"), ("OutOfcpu", "start-failed"),
        ])
    func failure(reason: String, kind: String) throws {
        // The container's end is part of it and no crash of its own.
        let failed = try Self.pod(version: 2, phase: "Failed", reason: reason, isReady: false, state: Self.ended(137))
        #expect(Self.told(try Self.pod(), failed) == ["MODIFIED \(kind) \(reason)"])
    }

    @Test(
        "how a container ended makes the kind",
        arguments: [
            (134, "Error", "containerStatuses", "aborted app Error 134/6 0→0"),
            (139, "Error", "containerStatuses", "segfault app Error 139/11 0→0"),
            (1, "Error", "containerStatuses", "crashed app Error 1/- 0→0"),
            (137, "OOMKilled", "containerStatuses", "oom-killed app OOMKilled 137/9 0→0"),
            (137, "ContainerStatusUnknown", "containerStatuses", "crashed app ContainerStatusUnknown 137/9 0→0"),
            (128, "StartError", "containerStatuses", "start-failed app StartError 128/- 0→0"),
            (0, "Completed", "containerStatuses", "completed app Completed 0/- 0→0"),
            (139, "Error", "initContainerStatuses", "init-crashed app Error 139/11 0→0"),
            (137, "OOMKilled", "initContainerStatuses", "oom-killed app OOMKilled 137/9 0→0"),
        ])
    func ends(code: Int64, reason: String, list: String, told: String) throws {
        let before = try Self.pod(list: list)
        let after = try Self.pod(version: 2, isReady: false, state: Self.ended(code, reason), list: list)
        #expect(Self.told(before, after) == ["MODIFIED \(told)"])
    }

    @Test("an init container that did its work is no news")
    func initialContainers() throws {
        let done = try Self.pod(version: 2, state: Self.ended(0, "Completed"), list: "initContainerStatuses")
        #expect(Self.told(try Self.pod(list: "initContainerStatuses"), done) == [])
    }

    @Test("many restarts between two looks are one change that shows both counts")
    func missedRestarts() throws {
        let later = try Self.pod(version: 9, restarts: 3, id: "run-4", last: Self.ended(1, run: "run-3"))
        #expect(Self.told(try Self.pod(), later) == ["MODIFIED crashed app Error 1/- 0→3"])
    }

    @Test("a restart that the status does not explain is a crash all the same")
    func unexplainedRestart() throws {
        #expect(
            Self.told(try Self.pod(), try Self.pod(version: 2, restarts: 1, id: "run-2"))
                == ["MODIFIED crashed app Restarted 0→1"])
    }

    @Test("a second restart within ten minutes is a crash loop, also if the wait in between was not seen")
    func quickRestarts() throws {
        let first = try Self.pod(version: 2, restarts: 1, id: "run-2", last: Self.ended(1, run: "run-1"))
        let second = try Self.pod(
            version: 3, restarts: 2, id: "run-3", last: Self.ended(1, run: "run-2", at: "10:05:00"))
        let late = try Self.pod(
            version: 4, restarts: 3, id: "run-4", last: Self.ended(1, run: "run-3", at: "10:45:00"))
        var signals = PodSignals()
        _ = signals.apply(.added(first))
        #expect(
            signals.apply(.modified(second, from: first)).brief
                == ["MODIFIED crashed app Error 1/- 1→2", "MODIFIED crash-loop app Error 1→2"])
        #expect(signals.apply(.modified(late, from: second)).brief == ["MODIFIED crashed app Error 1/- 2→3"])
    }

    @Test("readiness that is lost is told each time, and never of a pod that ends")
    func readiness() throws {
        func version(_ number: Int, _ isReady: Bool, at: String, deletion: String? = nil) throws -> Pod {
            let ready: JSONValue = [
                "type": "Ready", "status": isReady ? "True" : "False",
                "lastTransitionTime": .string("2026-01-01T\(at)Z"),
            ]
            return try Self.pod(version: number, deletion: deletion, conditions: [ready], isReady: isReady)
        }
        let versions = [
            try version(1, true, at: "10:00:00"), try version(2, false, at: "10:01:00"),
            try version(3, true, at: "10:02:00"), try version(4, false, at: "10:03:00"),
        ]
        var signals = PodSignals()
        _ = signals.apply(.added(versions[0]))
        let told = zip(versions, versions.dropFirst()).flatMap { signals.apply(.modified($1, from: $0)).brief }
        #expect(told == Array(repeating: "MODIFIED readiness-lost app ContainersNotReady 0→0", count: 2))
        let ending = try version(2, false, at: "10:01:00", deletion: "2026-01-01T10:02:00Z")
        #expect(Self.told(versions[0], ending) == ["MODIFIED terminating"])
    }

    @Test("a node's trouble is that of its pods, until it is over")
    func nodes() throws {
        var signals = PodSignals()
        _ = signals.apply(.added(try Self.pod()))
        let good = try Self.node("Ready", "True")
        func tell(_ type: String, _ status: String, _ message: String = "") throws -> [String] {
            signals.apply(.modified(try Self.node(type, status, message), from: good)).brief
        }
        #expect(try tell("Ready", "True") == [])
        #expect(try tell("Ready", "Unknown") == ["MODIFIED node-lost node n1 by node"])
        #expect(try tell("Ready", "Unknown") == [])
        #expect(try tell("Ready", "True") == [])
        #expect(try tell("Ready", "Unknown") == ["MODIFIED node-lost node n1 by node"])
        #expect(try tell("Ready", "False", "node is shutting down") == ["MODIFIED node-shutdown node n1 by node"])
        #expect(try tell("MemoryPressure", "True") == ["MODIFIED oom-risk node n1 by node"])
        #expect(signals.apply(InformerChange<Node>.deleted(good)).brief == ["MODIFIED node-lost node n1 by node"])
    }

    @Test("what exists at the beginning is shown as lasting, and what happened since the last hub is told")
    func beginning() throws {
        let pod = try Self.pod(restarts: 1, id: "run-2", last: Self.ended(1, at: "10:05:00"))
        var fresh = PodSignals()
        #expect(fresh.existing(pod).brief == ["ADDED crashed app Error 1/- ?→1 (lasting)"])
        var before = PodSignals()
        #expect(
            before.existing(pod, told: Timestamp("2026-01-01T10:04:59Z")).brief
                == ["ADDED crashed app Error 1/- ?→1 (lasting)", "MODIFIED crashed app Error 1/- ?→1"])
        var after = PodSignals()
        #expect(
            after.existing(pod, told: Timestamp("2026-01-01T10:05:00Z")).brief
                == ["ADDED crashed app Error 1/- ?→1 (lasting)"])
    }

    @Test("a crash that only the deleted pod's last version shows is told before the end")
    func lastWords() throws {
        let before = try Self.pod()
        var signals = PodSignals()
        _ = signals.apply(.added(before))
        let last = try Self.pod(
            version: 2, deletion: "2026-01-01T10:02:00Z", isReady: false, state: Self.ended(137, "OOMKilled"))
        #expect(
            signals.apply(.deleted(last)).brief
                == ["MODIFIED oom-killed app OOMKilled 137/9 0→0", "DELETED gone"])
        #expect(signals.podCount == 0)
    }

    @Test("an Event that overtook its pod is told with the pod")
    func earlyEvent() throws {
        let event = try ClusterEvent.reading([
            "metadata": ["name": "e", "namespace": "shop", "uid": "e", "resourceVersion": "2"],
            "involvedObject": ["kind": "Pod", "namespace": "shop", "name": "web", "uid": "u1"],
            "reason": "FailedScheduling", "message": "0/1 nodes are available", "type": "Warning",
        ])
        var signals = PodSignals()
        #expect(signals.apply(event).brief == [])
        #expect(
            signals.apply(.added(try Self.pod())).brief
                == ["ADDED", "MODIFIED start-failed FailedScheduling by event"])
    }

    @Test("a change looks to scripts as the contract says")
    func json() throws {
        let ending = try Self.pod(version: 2, deletion: "2026-01-01T10:02:00Z")
        var signals = PodSignals()
        _ = signals.apply(.added(try Self.pod()))
        let change = try #require(signals.apply(.modified(ending, from: try Self.pod())).first?.change)
        #expect(
            change.json == [
                "kind": "terminating", "container": .null, "reason": "", "exitCode": .null, "signal": .null,
                "restartCount": .null, "previousRestartCount": .null, "severity": "going-away",
                "deadline": "2026-01-01T10:02:00Z", "source": "status", "firstSeen": true,
                "message": "the pod is being deleted, with a grace period of 30 s", "containerID": "",
                "time": "2026-01-01T10:01:30Z",
            ])
    }

    @Test("the outline of a pod reads as the pod that it outlines")
    func outline() throws {
        let pod = try Self.pod(deletion: "2026-01-01T10:02:00Z", restarts: 2, last: Self.ended(1))
        let read = try Pod.reading(pod.outline)
        #expect(read.identity == pod.identity && read.nodeName == "n1" && read.phase == "Running")
        #expect(read.metadata.deletion == pod.metadata.deletion)
        #expect(read.containers == pod.containers)
    }
}
