import Fleet
import FoundationEssentials
import Glibc
import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import ScriptRuntime
import Testing
import Threading

/// A hub on a simulated cluster, and workers with the real engine, over real sockets.
@Suite("Hub and workers")
struct HubFleetTests {
    private static func script(_ word: String) -> String {
        """
        console.log('loaded \(word) on ' + utils.nodeName());
        function onPodEvent(event, pod, change) {
          console.log('\(word)', event, pod.metadata.name, change ? change.kind : '-');
          if (change && change.kind === 'oom-killed') hub.action('died', {pod: pod.metadata.name});
        }
        function onHubAction(action, object, sender) {
          console.log('action', action, object.pod, sender.node, sender.script, sender.worker);
        }
        """
    }
    private static let broken = "var a = 1;\nvar = 2;\n"

    private func start(_ stage: HubStage, _ identity: String = "hub-a", port: Int = 0) -> RunningHub {
        stage.start(identity) { configuration in
            configuration.fleet.heartbeat = .milliseconds(500)
            configuration.listen = ("127.0.0.1", port)
        }
    }

    private func workers(_ port: Int) throws -> [EngineWorker] {
        try (1...3).map { try EngineWorker(port: port, name: "w\($0)", node: "node-\($0)") }
    }

    private func states(_ hub: RunningHub) async -> [String] { await hub.hub.status.workers.map(\.state.rawValue) }

    @Test("an edit runs on every worker, and the matrix says so in the API and in the status config map")
    func edit() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        let hub = start(stage)
        let workers = try workers(try await hub.port)
        await hub.expect(
            "[hub-0] loaded one on hub", "[node-1-0] loaded one on node-1", "[node-2-0] loaded one on node-2",
            "[node-3-0] loaded one on node-3")
        try stage.edit([Self.script("two")])
        await hub.expect("[node-1-0] loaded two on node-1", "[node-3-0] loaded two on node-3")
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        let status = try JSONValue(parsing: try await hub.get("/status").body)
        #expect(status["fleet"]?["current"] == 3)
        #expect(status["workers"]?.array?.map { $0["node"] } == ["node-1", "node-2", "node-3"])
        #expect(
            await eventually {
                (try? await stage.client.get(
                    ConfigMap.self, namespace: HubStage.namespace, name: "kubeshark-config-map-status"
                ).data["summary"]) == "1 running, 3 of 3 workers current"
            })
        #expect(workers.allSatisfy { $0.loads == 2 })
        for worker in workers { await worker.stop() }
        await hub.stop()
        await stage.stop()
    }

    @Test("a broken script is nacked by every worker with line and column, and the old one runs on everywhere")
    func broken() async throws {
        let stage = try await HubStage(scripts: [Self.script("one"), Self.script("other")])
        let hub = start(stage)
        let workers = try workers(try await hub.port)
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        try stage.edit([Self.broken, Self.script("changed")])
        #expect(await eventually { await self.states(hub) == ["refused", "refused", "refused"] })
        for worker in await hub.hub.status.workers {
            #expect(worker.failures.map(\.index) == [0] && worker.failures.map(\.line) == [2])
            #expect(worker.failures.first?.message.hasPrefix("SyntaxError") == true)
        }
        await hub.expect("[node-2-1] loaded changed on node-2")
        try stage.simulator.create(
            SimulatedPod(name: "web-1", namespace: "shop"), after: [.scheduled(node: "node-2"), .started])
        // The version before the broken one hears of it, on its node alone.
        await hub.expect("[node-2-0] one ADDED web-1 -", "[node-2-1] changed ADDED web-1 -")
        #expect(!hub.output.contains { $0.hasPrefix("[node-1-0] one ADDED") })
        try stage.edit([Self.script("mended"), Self.script("changed")])
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        for worker in workers { await worker.stop() }
        await hub.stop()
        await stage.stop()
    }

    @Test("in stages one worker tries an edit: one that fails there is taken back, and the way back ends it")
    func rollout() async throws {
        let good = "function onHubAction() {}"
        let stage = try await HubStage(scripts: [good])
        try stage.edit("ROLLOUT_STAGES", "1")
        try stage.edit("ROLLOUT_PERIOD", "1s")
        let hub = start(stage)
        let workers = try workers(try await hub.port)
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        #expect(await eventually { await hub.hub.status.rollout?.phase == .settled })
        // Its hook fails on workers alone: the hub finds nothing wrong with it.
        try stage.edit(["if (utils.nodeName() !== 'hub') setInterval(function () { nobody(); }, 20);"])
        let isTakenBack = await eventually { await hub.hub.status.rollout?.json["phase"] == "taken-back" }
        let state = await hub.hub.status
        try #require(isTakenBack, "\(state.rollout as Any) \(state.workers.map(\.json)) \(hub.output.suffix(5))")
        let status = await hub.hub.status
        // As a rule the first by name; one that was away for a moment is passed over.
        let canaries = status.rollout?.canaries ?? []
        let number = try #require(["w1", "w2", "w3"].firstIndex(of: canaries.first ?? ""))
        #expect(canaries.count == 1)
        var loads = [1, 1, 1]
        loads[number] = 3
        let problem = status.problems.first { $0.contains("was taken back") }
        #expect(
            problem?.contains("script 0 on worker \(canaries[0])") == true && problem?.contains("nobody") == true,
            "\(status.problems)")
        #expect(await eventually { await self.states(hub) == ["held-back", "held-back", "held-back"] })
        // The others were never given it; the one that tried it runs what ran before.
        #expect(workers.map(\.loads) == loads)
        try stage.edit([good])
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        #expect(await hub.hub.status.rollout?.phase == .settled)
        #expect(workers.map(\.loads) == loads)
        // One without fault goes to all after its period.
        try stage.edit([good + " // better"])
        #expect(await eventually { workers.map(\.loads) == loads.map { $0 + 1 } })
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        for worker in workers { await worker.stop() }
        await hub.stop()
        await stage.stop()
    }

    @Test("in stages, too, an edit goes out whose top level takes the hub minutes")
    func slowVerdict() async throws {
        let isReleased = Locked(false)
        let stage = try await HubStage(scripts: ["var first;"])
        try stage.edit("ROLLOUT_STAGES", "1")
        try stage.edit("ROLLOUT_PERIOD", "1s")
        let hub = stage.start { configuration in
            configuration.fleet.heartbeat = .milliseconds(500)
            configuration.engine.helpers = [
                HostFunction("hold", waits: true) { _ in
                    while !isReleased.withLock({ $0 }) { usleep(5_000) }
                    return .undefined
                }
            ]
        }
        let workers = try workers(try await hub.port)
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        try stage.edit(["if (utils.nodeName() === 'hub') hold(); console.log('loaded on ' + utils.nodeName());"])
        #expect(await eventually { workers.allSatisfy { $0.loads == 2 } })
        #expect(!hub.output.contains("[hub-0] loaded on hub"))
        isReleased.withLock { $0 = true }
        await hub.expect("[hub-0] loaded on hub")
        for worker in workers { await worker.stop() }
        await hub.stop()
        await stage.stop()
    }

    @Test(
        "what happens to a pod reaches the worker of its node, and what its script tells the hub reaches all of the hub's"
    )
    func events() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        let pod = SimulatedPod(name: "web-1", namespace: "shop")
        try stage.simulator.create([
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": "node-1"],
            "spec": ["taints": [["key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"]]],
            "status": [
                "conditions": [
                    ["type": "DiskPressure", "status": "True", "lastTransitionTime": "2026-01-31T10:00:00Z"],
                    ["type": "Ready", "status": "True"],
                ]
            ],
        ])
        try stage.simulator.create(pod, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        let hub = start(stage)
        let workers = try workers(try await hub.port)
        await hub.expect("[node-1-0] one ADDED web-1 -", "[hub-0] one ADDED web-1 -")
        try stage.simulator.advance(pod, by: .oomKilled)
        await hub.expect("[node-1-0] one MODIFIED web-1 oom-killed", "[hub-0] action died web-1 node-1 s0 w1")
        // The hub's own script says so too; each is told once.
        #expect(await eventually { hub.output.count(where: { $0.contains("action died") }) == 2 })
        #expect(hub.output.count(where: { $0 == "[node-1-0] one MODIFIED web-1 oom-killed" }) == 1)
        #expect(!hub.output.contains { $0.hasPrefix("[node-2-0] one ") })
        // Without any script the packets are saved, by the worker of the node alone, once.
        #expect(await eventually { workers[0].commands.count == 1 })
        #expect(workers[0].commands.first?.contains("\"kind\":\"oom-killed\"") == true)
        #expect(workers[0].commands.first?.hasPrefix("snapshot ") == true && workers[1].commands.isEmpty)
        // With it what is kept beside them: how the pod was before, its Events, and the end of its log.
        let command = try #require(workers[0].commands.first?.dropFirst("snapshot ".count))
        let arguments = try JSONValue(parsing: String(command))
        let before = arguments["evidence"]?["before"]
        #expect(before?["metadata"]?["name"] == "web-1")
        #expect(before?["status"]?["containerStatuses"]?[0]?["state"]?["running"] != nil)
        #expect(arguments["pod"]?["status"]?["containerStatuses"]?[0]?["state"]?["terminated"] != nil)
        #expect(arguments["evidence"]?["events"]?.array != nil)
        #expect(arguments["evidence"]?["log"]?.string != nil)
        let node = arguments["evidence"]?["nodeState"]
        #expect(
            node?["conditions"]?[0] == [
                "type": "DiskPressure", "status": "True", "reason": "", "message": "",
                "lastTransitionTime": "2026-01-31T10:00:00Z",
            ])
        #expect(node?["conditions"]?[1]?["type"] == "Ready" && node?["unschedulable"] == false)
        #expect(
            node?["taints"] == [["key": "node.kubernetes.io/disk-pressure", "value": "", "effect": "NoSchedule"]])
        try stage.edit("POD_REGEX", "^web-")
        #expect(await eventually { workers.allSatisfy { $0.keys["POD_REGEX"] == "^web-" } })
        try stage.edit("POD_REGEX", "(")
        #expect(await eventually { await hub.hub.status.problems.contains { $0.hasPrefix("POD_REGEX") } })
        #expect(workers.allSatisfy { $0.keys["POD_REGEX"] == "^web-" })
        let targeted = try await workers[0].targetedPods()
        #expect(targeted?["targets"]?.array?.map { $0["metadata"]?["name"] } == ["web-1"])
        for worker in workers { await worker.stop() }
        await hub.stop()
        await stage.stop()
    }

    @Test("a hub that may not read logs says once what would change that, and keeps them as soon as it may")
    func forbiddenLogs() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        stage.changeAccess { $0.denials = [.init(resource: "pods/log")] }
        let pods = ["web-1", "web-2", "web-3"].map { SimulatedPod(name: $0, namespace: "shop") }
        for pod in pods {
            try stage.simulator.create(pod, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        }
        let hub = start(stage)
        let worker = try EngineWorker(port: try await hub.port, name: "w1", node: "node-1")
        await hub.expect("[node-1-0] one ADDED web-1 -", "[node-1-0] one ADDED web-3 -")
        #expect(await hub.hub.status.notes == [])
        func evidence(_ count: Int) async throws -> JSONValue? {
            #expect(await eventually { worker.commands.count == count })
            let command = try #require(worker.commands.last?.dropFirst("snapshot ".count))
            return try JSONValue(parsing: String(command))["evidence"]
        }
        for (index, pod) in pods.prefix(2).enumerated() {
            try stage.simulator.advance(pod, by: .oomKilled)
            let evidence = try await evidence(index + 1)
            #expect(evidence?["log"] == nil && evidence?["logProblem"]?.string?.hasPrefix("403: ") == true)
        }
        let status = await hub.hub.status
        #expect(status.notes.count == 1 && status.notes.first?.contains("remora doctor --pod-logs") == true)
        #expect(status.problems == [])
        #expect(hub.log.count(where: { $0.contains("Logs are not kept") }) == 1)
        stage.changeAccess { _ in }
        try stage.simulator.advance(pods[2], by: .oomKilled)
        #expect(try await evidence(3)?["log"]?.string != nil)
        #expect(await hub.hub.status.notes == [])
        await worker.stop()
        await hub.stop()
        await stage.stop()
    }

    @Test("a hub of one namespace that may not see nodes says so once, and has why in evidence")
    func forbiddenNodes() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        stage.changeAccess { $0.denials = [.init(resource: "nodes")] }
        let pod = SimulatedPod(name: "web-1", namespace: "shop")
        try stage.simulator.create(pod, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        let hub = stage.start { configuration in
            configuration.watchedNamespace = "shop"
            configuration.fleet.heartbeat = .milliseconds(500)
        }
        let worker = try EngineWorker(port: try await hub.port, name: "w1", node: "node-1")
        await hub.expect("[node-1-0] one ADDED web-1 -", "[hub-0] one ADDED web-1 -")
        try stage.simulator.advance(pod, by: .oomKilled)
        #expect(await eventually { worker.commands.count == 1 })
        let command = try #require(worker.commands.first?.dropFirst("snapshot ".count))
        let evidence = try JSONValue(parsing: String(command))["evidence"]
        #expect(evidence?["nodeState"] == nil)
        let problem = evidence?["nodeProblem"]?.string
        #expect(problem?.contains("forbidden") == true, "\(String(describing: evidence))")
        #expect(await hub.hub.status.isReady)
        #expect(hub.log.count(where: { $0.contains("Nodes are not seen") }) == 1)
        await worker.stop()
        await hub.stop()
        await stage.stop()
    }

    @Test("a hub that ends and another that begins: scripts are not loaded again, and no event comes twice or is lost")
    func restart() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        let state = "/tmp/hub-fleet-\(UInt32.random(in: .min ... .max))"
        func begin(_ port: Int) -> RunningHub {
            stage.start { configuration in
                configuration.fleet.heartbeat = .milliseconds(500)
                configuration.listen = ("127.0.0.1", port)
                configuration.stateFolder = state
            }
        }
        let pod = SimulatedPod(name: "web-1", namespace: "shop")
        try stage.simulator.create(pod, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        let hub = begin(0)
        let port = try await hub.port
        let workers = try workers(port)
        await hub.expect("[node-1-0] one ADDED web-1 -")
        #expect(await eventually { await self.states(hub) == ["current", "current", "current"] })
        await hub.stop()
        #expect(await eventually { workers.allSatisfy { $0.status?.isConnected == false } })
        try stage.simulator.advance(pod, by: .oomKilled)
        let next = begin(port)
        await next.expect("[node-1-0] one MODIFIED web-1 oom-killed")
        #expect(await eventually { await self.states(next) == ["current", "current", "current"] })
        #expect(workers.allSatisfy { $0.loads == 1 })
        try stage.simulator.advance(pod, by: .restarted)
        try stage.simulator.delete("pods", namespace: "shop", name: "web-1", gracePeriodSeconds: 0)
        await next.expect("[node-1-0] one DELETED web-1 gone")
        let all = (hub.output + next.output).filter { $0.hasPrefix("[node-1-0] one ") }
        #expect(all.count(where: { $0.contains("oom-killed") }) == 1)
        #expect(all.count(where: { $0.contains("ADDED") }) == 1)
        #expect(all.count(where: { $0.contains("DELETED") }) == 1)
        for worker in workers { await worker.stop() }
        await next.stop()
        await stage.stop()
        try? FileManager.default.removeItem(atPath: state)
    }

    @Test("a cluster's worker needs a token for the hub's audience and the right to connect")
    func authentication() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        stage.changeAccess { rules in
            rules.reviewedTokens = [
                "worker": .init(user: .init(name: "system:serviceaccount:remora:worker"), audiences: ["remora-hub"]),
                "stranger": .init(user: .init(name: "system:serviceaccount:shop:web"), audiences: ["remora-hub"]),
                "api": .init(user: .init(name: "system:serviceaccount:remora:worker"), audiences: ["https://api"]),
            ]
            rules.denials = [.init(user: "system:serviceaccount:shop:web", resource: "hubs.remora.dev/workers")]
        }
        let hub = stage.start(allowsEverybody: false)
        let port = try await hub.port
        let file = "/tmp/hub-fleet-token-\(UInt32.random(in: .min ... .max))"
        func connect(_ token: String, _ problem: String?) async throws {
            try Data(token.utf8).write(to: URL(filePath: file))
            let worker = try EngineWorker(port: port, name: "w1", node: "node-1", tokenFile: file)
            #expect(
                await eventually {
                    problem.map { worker.status?.problem?.contains($0) == true } ?? (worker.status?.isConnected == true)
                }, "\(worker.status?.problem ?? "no problem")")
            await worker.stop()
        }
        try await connect("unknown", "does not know this token")
        try await connect("api", "does not know this token")
        try await connect("stranger", "may not create hubs/workers")
        try await connect("worker", nil)
        await hub.stop()
        await stage.stop()
        try? FileManager.default.removeItem(atPath: file)
    }
}
