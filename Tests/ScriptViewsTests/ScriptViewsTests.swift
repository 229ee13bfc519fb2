import JSON
import ScriptRuntime
import ScriptViews
import Testing
import Threading

/// Keeps what scripts print.
private final class Lines: ScriptEventSink {
    private let lines = Locked<[String]>([])

    func receive(_ event: ScriptEvent) {
        if case .console(let line) = event { lines.withLock { $0.append(line.text) } }
    }

    var all: [String] { lines.withLock { $0 } }
}

@Suite("Second views of what hooks get")
struct ScriptViewsTests {
    /// Runs a script with a call of a hook, and returns what it printed.
    private func run(_ source: String, _ call: HookCall) async throws -> [String] {
        let lines = Lines()
        var configuration = ScriptEngineConfiguration()
        configuration.preludes = [ScriptViews.prelude]
        let engine = ScriptEngine(configuration, sink: lines)
        try await engine.load(ScriptDefinition(index: 0, title: "test.js", source: source))
        engine.deliver(call)
        await engine.untilIdle()
        await engine.shutdown()
        return lines.all
    }

    private func pod(_ body: String, _ json: String = Self.podText) async throws -> [String] {
        try await run(
            "function onPodEvent(event, pod, change) { \(body) }",
            .podEvent("MODIFIED", pod: Array(json.utf8), change: nil))
    }

    private func item(_ body: String) async throws -> [String] {
        try await run("function onItemCaptured(data) { \(body) }", .itemCaptured(Array(Self.itemText.utf8)))
    }

    private static let podText = """
        {"metadata":{"name":"cart-1","namespace":"shop","uid":"u-1","creationTimestamp":"2026-03-01T10:00:00Z",
        "labels":{"app.kubernetes.io/name":"cart","podIP":"kept"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"cart","uid":"r-1","controller":true}]},
        "spec":{"nodeName":"node-1","hostNetwork":true,"containers":[{"name":"app","image":"cart:1",
        "ports":[{"containerPort":8080}],"resources":{"limits":{"memory":"64Mi"}},
        "livenessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":5}}]},
        "status":{"phase":"Running","podIP":"10.0.0.7","podIPs":[{"ip":"10.0.0.7"}],"qosClass":"Burstable",
        "conditions":[{"type":"Ready","status":"False","lastTransitionTime":"2026-03-01T10:01:00Z"}],
        "containerStatuses":[{"name":"app","ready":false,"restartCount":4,"imageID":"sha256:1","containerID":"c://2",
        "state":{"waiting":{"reason":"CrashLoopBackOff"}},
        "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-03-01T10:00:59Z"}}}]}}
        """

    @Test("a pod has JSON names, and only those when it is listed or serialized")
    func podNames() async throws {
        let lines = try await pod(
            """
            pod.ObjectMeta.Name;
            var names = []; for (var name in pod) names.push(name);
            console.log(names.join(), Object.keys(pod).join(), pod.metadata.labels["app.kubernetes.io/name"]);
            console.log(JSON.stringify(pod) === JSON.stringify(JSON.parse(JSON.stringify(pod))), "ObjectMeta" in pod);
            console.log(JSON.stringify(pod).indexOf("ObjectMeta"));
            """)
        #expect(lines == ["metadata,spec,status metadata,spec,status cart", "true true", "-1"])
    }

    @Test("every Go name of the contract's table reads what its JSON name does")
    func goNames() async throws {
        let lines = try await pod(
            """
            var meta = pod.ObjectMeta, spec = pod.Spec, status = pod.Status;
            console.log(meta.Name, meta.Namespace, meta.UID, meta.CreationTimestamp, meta.OwnerReferences[0].Kind,
                meta.OwnerReferences[0].APIVersion, meta.OwnerReferences[0].Controller, meta.Labels.podIP);
            var container = spec.Containers[0];
            console.log(spec.NodeName, spec.HostNetwork, container.Image, container.Ports[0].ContainerPort,
                container.Resources.Limits.memory, container.LivenessProbe.HTTPGet.Path,
                container.LivenessProbe.PeriodSeconds);
            var state = status.ContainerStatuses[0];
            console.log(status.Phase, status.PodIP, status.PodIPs[0].IP, status.QOSClass, status.Conditions[0].Type,
                status.Conditions[0].LastTransitionTime);
            console.log(state.Name, state.Ready, state.RestartCount, state.ImageID, state.ContainerID,
                state.State.Waiting.Reason, state.LastTerminationState.Terminated.ExitCode,
                state.LastTerminationState.Terminated.Reason, state.LastTerminationState.Terminated.FinishedAt);
            """)
        #expect(
            lines == [
                "cart-1 shop u-1 2026-03-01T10:00:00Z ReplicaSet apps/v1 true kept",
                "node-1 true cart:1 8080 64Mi /healthz 5",
                "Running 10.0.0.7 10.0.0.7 Burstable Ready 2026-03-01T10:01:00Z",
                "app false 4 sha256:1 c://2 CrashLoopBackOff 137 OOMKilled 2026-03-01T10:00:59Z",
            ])
    }

    @Test("what is absent is empty in the Go view and never throws")
    func absent() async throws {
        let lines = try await pod(
            """
            console.log(pod.ObjectMeta.Labels, pod.ObjectMeta.DeletionTimestamp, JSON.stringify(pod.ObjectMeta.Name),
                pod.Spec.Containers, JSON.stringify(pod.Status.Reason), pod.Status.ContainerStatuses,
                pod.Spec.HostNetwork, pod.TypeMeta.Kind === "");
            """, "{}")
        #expect(lines == [#"null null "" null "" null false true"#])
    }

    @Test("the Go view serializes with Go names, is made once, and belongs to its pod")
    func serialized() async throws {
        let lines = try await pod(
            """
            console.log(JSON.parse(JSON.stringify(pod.ObjectMeta)).CreationTimestamp);
            console.log(pod.Status === pod.Status, Object.keys(pod.Status.ContainerStatuses[0].State).join());
            pod.ObjectMeta.Name = "other";
            console.log(pod.ObjectMeta.Name, pod.metadata.name);
            """)
        #expect(
            lines == ["2026-03-01T10:00:00Z", "true Waiting,Running,Terminated", "other cart-1"])
    }

    private static let itemText = """
        {"id":"w/1-0","stream":"1.pcap","node":{"ip":"10.0.0.1","name":"node-1"},
        "protocol":{"name":"http","version":"1.1","abbr":"HTTP"},"src":{"ip":"10.0.0.7","port":"4711","name":"cart",
        "namespace":"shop","pod":{"metadata":{"name":"cart-1","labels":{"app":"cart"}},"spec":{"nodeName":"node-1"}}},
        "dst":{"ip":"10.0.0.8","port":"80","name":"orders","pod":null},"request":{"method":"GET"},"response":null,
        "elapsedTime":1500,"entryFile":"1_pcap-0_entry.json","error":{"type":"timeout","msg":"no answer"},
        "base":{"proto":{"abbr":"HTTP"},"src":{"name":"cart"}}}
        """

    @Test("an item reads by both kinds of names, mixed at every level")
    func itemNames() async throws {
        let lines = try await item(
            """
            console.log(data.Protocol.Name, data.protocol.Abbreviation, data.Source.IP, data.src.Name, data.Node.Name,
                data.Destination.Port, data.EntryFile, data.ElapsedTime, data.Response, data.Error.Message);
            console.log(data.src.pod.ObjectMeta.Labels.app, data.Source.Pod.Spec.NodeName, data.Base.Protocol.Abbr,
                data.base.Source.Name, data.Destination.Pod);
            """)
        #expect(
            lines == [
                "http HTTP 10.0.0.7 cart node-1 80 1_pcap-0_entry.json 1500 null no answer",
                "cart node-1 HTTP cart null",
            ])
    }

    @Test("aliases are not listed, not serialized, and write to the member")
    func itemAliases() async throws {
        let lines = try await item(
            """
            var names = []; for (var name in data) names.push(name);
            data.Passed = true; data.Source.Name = "x";
            console.log(names.length, Object.keys(data.src).join(), data.passed, data.src.name);
            console.log(JSON.stringify(data.protocol), data.hasOwnProperty("Protocol"), String(data));
            """)
        #expect(
            lines == [
                "12 ip,port,name,namespace,pod true x",
                #"{"name":"http","version":"1.1","abbr":"HTTP"} false [object Object]"#,
            ])
    }

    @Test("a hook that changes built-ins, and odd arguments, do not break the views")
    func hostile() async throws {
        let lines = try await run(
            """
            Object.defineProperty = Object.keys = Object.create = null;
            Array.prototype.map = Array.prototype.filter = function () { throw new Error("no"); };
            function onPodEvent(event, pod) { console.log(event, typeof pod, pod && pod.ObjectMeta && pod.ObjectMeta.Name); }
            """, .podEvent("ADDED", pod: Array("null".utf8), change: nil))
        #expect(lines == ["ADDED object null"])
    }
}
