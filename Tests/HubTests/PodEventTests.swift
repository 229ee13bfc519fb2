import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import Testing

/// Pods of a simulated cluster, to the hooks of a hub.
@Suite("Pod events to hooks")
struct PodEventTests {
    static let watcher = """
        function onPodEvent(event, pod, change) {
          console.log(event, pod.metadata.name, pod.ObjectMeta.Name === pod.metadata.name, change ? change.kind : "-",
            change ? change.firstSeen : "-", pod.metadata.managedFields === undefined);
        }
        """
    private static let pod = SimulatedPod(name: "web-1", namespace: "shop")
    private static let node = "node-1"

    private static func line(_ event: String, _ kind: String = "-", first: String = "true", pod: String = "web-1")
        -> String
    {
        "[hub-0] \(event) \(pod) true \(kind) \(kind == "-" ? "-" : first) true"
    }

    @Test("a pod's life reaches the hook: added, crash by crash, deleted, each once")
    func life() async throws {
        let stage = try await HubStage(scripts: [Self.watcher])
        let hub = stage.start()
        #expect(await eventually { (try? await hub.get("/readyz").status) == 200 })
        try stage.simulator.create(
            Self.pod, after: [.scheduled(node: Self.node), .containerCreating, .started, .ready])
        for step in [PodStep.oomKilled, .restarted, .exited(code: 3), .crashLoopBackOff(seconds: 10), .restarted] {
            try stage.simulator.advance(Self.pod, by: step)
        }
        try stage.simulator.delete("pods", namespace: "shop", name: "web-1", gracePeriodSeconds: 30)
        try stage.simulator.delete("pods", namespace: "shop", name: "web-1", gracePeriodSeconds: 0)
        await hub.expect(Self.line("DELETED", "gone"))
        let told = hub.output.filter { !$0.hasSuffix("- - true") || $0.contains("ADDED") }
        #expect(
            told == [
                Self.line("ADDED"), Self.line("MODIFIED", "oom-killed"), Self.line("MODIFIED", "crashed"),
                Self.line("MODIFIED", "crash-loop"), Self.line("MODIFIED", "terminating"), Self.line("DELETED", "gone"),
            ])
        await hub.stop()
        await stage.stop()
    }

    @Test("pods that exist are told as added, once, with what is wrong with them as no news")
    func existing() async throws {
        let stage = try await HubStage(scripts: [Self.watcher])
        try stage.simulator.create(
            Self.pod,
            after: [
                .scheduled(node: Self.node), .containerCreating, .started, .ready, .oomKilled, .restarted, .ready,
            ])
        for number in 2..<300 { try stage.simulator.create(SimulatedPod(name: "web-\(number)", namespace: "shop")) }
        let hub = stage.start()
        let expected =
            [Self.line("ADDED", "oom-killed", first: "false")]
            + (2..<300).map { Self.line("ADDED", pod: "web-\($0)") }
        await hub.expect(expected)
        #expect(hub.output.count == expected.count)
        await hub.stop()
        await stage.stop()
    }

    @Test("an Event about a pod is told as a modification of the pod as it is")
    func event() async throws {
        let stage = try await HubStage(scripts: [Self.watcher])
        let hub = stage.start()
        let created = try stage.simulator.create(
            Self.pod, after: [.scheduled(node: Self.node), .containerCreating, .started, .ready])
        await hub.expect(Self.line("ADDED"))
        try stage.simulator.create([
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": "web-1.1", "namespace": "shop"],
            "involvedObject": [
                "kind": "Pod", "namespace": "shop", "name": "web-1", "uid": created["metadata"]?["uid"] ?? "",
                "fieldPath": "spec.containers{app}",
            ],
            "type": "Warning", "reason": "Unhealthy", "message": "Liveness probe failed: HTTP 500", "count": 1,
        ])
        await hub.expect(Self.line("MODIFIED", "liveness-failing"))
        await hub.stop()
        await stage.stop()
    }

    @Test("hub.action reaches every script's onHubAction, with who sent it; hub.targeted lists the pods that are meant")
    func actions() async throws {
        let sender = """
            function onPodEvent(event, pod) {
              if (event === "ADDED") hub.action("seen", {name: pod.metadata.name, pods: JSON.parse(hub.targeted()).targets.length});
            }
            """
        let receiver = """
            function onHubAction(action, object, from) {
              console.log(action, object.name, object.pods, from.script, from.node, utils.nodeName());
            }
            """
        let stage = try await HubStage(scripts: [sender, receiver])
        try stage.edit("POD_REGEX", "^web-")
        let hub = stage.start()
        #expect(await eventually { (try? await hub.get("/readyz").status) == 200 })
        try stage.simulator.create(SimulatedPod(name: "db-1", namespace: "shop"))
        await hub.expect("[hub-1] seen db-1 0 s0 hub hub")
        try stage.simulator.create(Self.pod)
        await hub.expect("[hub-1] seen web-1 1 s0 hub hub")
        let targeted = try await hub.get("/pods/targeted")
        #expect(try JSONValue(parsing: targeted.body)["targets"]?.array?.count == 1)
        #expect(try JSONValue(parsing: targeted.body)["excluded"]?.array?.count == 1)
        await hub.stop()
        await stage.stop()
    }

    @Test("a script cuts a pod off only where that is allowed; its siblings go on")
    func blocking() async throws {
        let script = """
            function onPodEvent(event, pod) {
              if (event !== "ADDED" || pod.metadata.name !== "web-1") return;
              try { hub.blockPod(pod.metadata.name, pod.metadata.namespace); console.log("blocked"); }
              catch (e) { console.log(e.code); }
            }
            """
        let stage = try await HubStage(scripts: [script])
        try stage.simulator.create(Self.pod)
        try stage.simulator.create(SimulatedPod(name: "web-2", namespace: "shop"))
        let careful = stage.start()
        await careful.expect("[hub-0] UNAVAILABLE")
        await careful.stop()
        let hub = stage.start { $0.allowsBlockingPods = true }
        await hub.expect("[hub-0] blocked")
        let policy = try await stage.client.get(.networkPolicies, namespace: "shop", name: "remora-blocked")
        #expect(
            policy["spec"] == [
                "podSelector": ["matchLabels": ["remora.dev/blocked": "true"]], "policyTypes": ["Ingress", "Egress"],
            ])
        func label(of pod: String) async throws -> JSONValue? {
            try await stage.client.get(.pods, namespace: "shop", name: pod)["metadata"]?["labels"]?[
                "remora.dev/blocked"]
        }
        #expect(try await label(of: "web-1") == "true")
        #expect(try await label(of: "web-2") == nil)
        await hub.stop()
        await stage.stop()
    }
}
