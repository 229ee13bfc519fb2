import FaultProxy
import Glibc
import InformerOracle
import JSON
import KubernetesClient
import RealCluster
import RemoraProgram
import Testing

/// `remora hub` and `remora worker` as users run them, and everything that can happen to them.
@Suite("Hub and workers as processes, against a real API server", .realCluster, .serialized)
struct FleetProcessTests {
    private static func script(_ word: String) -> String {
        """
        console.log("\(word) runs");
        function onPodEvent(event, pod, change) {
          if (change && change.kind === "crashed") console.log("\(word)", change.containerID, change.firstSeen ? "news" : "again");
        }
        """
    }

    @Test("an edit runs everywhere; a broken one is nacked by line and column, and what ran before goes on")
    func edits() async throws {
        try await FleetOfProcesses.run(workers: 3, pods: 3) { fleet in
            func says(_ line: String, _ life: Int = 0) async -> Bool {
                await eventually {
                    (0..<3).allSatisfy {
                        fleet.output(of: $0)[life].contains("[\(FleetOfProcesses.node($0))-0] \(line)")
                    }
                }
            }
            try await fleet.stage.edit(Self.script("second"))
            #expect(await says("second runs"))
            #expect(await eventually { await fleet.states() == ["current", "current", "current"] })

            try await fleet.stage.edit("var a = 1;\nvar = 2;")
            #expect(await eventually { await fleet.states() == ["refused", "refused", "refused"] })
            for worker in await fleet.matrix() {
                let refusal = worker["refused"]?[0]
                #expect(refusal?["line"] == 2 && refusal?["column"] == 5 && refusal?["index"] == 0)
                #expect(refusal?["message"]?.string?.hasPrefix("SyntaxError") == true)
            }
            // For people: one line for all of them, also without asking for those on which all is well.
            for options in [[], ["--workers"]] {
                let text = try await fleet.status(options)
                #expect(text.output.contains("\nworkers 3: 3 refused\n"), "\(text)")
                #expect(text.output.contains("0 recorder  3 outdated "), "\(text)")
                #expect(
                    text.output.contains("    outdated on node-0, node-1, node-2: recorder:2:5: SyntaxError: "),
                    "\(text)")
                #expect(text.status == .exited(1))
            }
            let wide = try await fleet.status(["--wide"])
            let cells = wide.output.split(separator: "\n").filter { $0.hasPrefix("    node-") }
            #expect(cells.count == 3 && cells.allSatisfy { $0.contains("  outdated ") }, "\(wide)")
            for pod in 0..<3 { try await fleet.stage.crash(pod, 1) }
            #expect(
                await eventually {
                    (0..<3).allSatisfy {
                        fleet.output(of: $0)[0].contains("[\(FleetOfProcesses.node($0))-0] second run-\($0)-1 news")
                    }
                })

            // Without the hub workers begin with what is on their disks: the version that ran, not the broken one.
            try await fleet.killHub()
            for worker in 0..<3 {
                try await fleet.kill(worker)
                fleet.startWorker(worker)
            }
            #expect(await says("second runs", 1))
            fleet.startHub()
            try await fleet.stage.edit(Self.script("third"))
            #expect(await says("third runs", 1))
            #expect(await eventually { await fleet.states() == ["current", "current", "current"] })
            let matrix = await fleet.matrix()
            #expect(Set(matrix.map { $0["scripts"]?[0]?["revision"]?.string }).count == 1)
            #expect(matrix.allSatisfy { $0["scripts"]?[0]?["state"] == "running" })
        }
    }

    @Test("hubs and workers that are killed, networks that freeze and break: each crash is news once, and none is lost")
    func churn() async throws {
        try await FleetOfProcesses.run(workers: 2, pods: 8) { fleet in
            let stage = fleet.stage
            /// The pods of a worker's node.
            func runs(_ worker: Int, _ rounds: Range<Int>) -> [String] {
                rounds.flatMap { round in
                    stride(from: worker, to: 8, by: 2).map { "run-\($0)-\(round)" }
                }.sorted()
            }
            func crashAll(_ round: Int, _ between: (Int) async throws -> Void = { _ in }) async throws {
                for pod in 0..<8 {
                    try await stage.crash(pod, round)
                    try await between(pod)
                }
            }
            func haveHeard(_ round: Int) async -> Bool {
                await eventually {
                    (0..<2).allSatisfy { worker in
                        HubOnServer.told(fleet.output(of: worker).flatMap { $0 })
                            .isSuperset(of: runs(worker, round..<round + 1))
                    }
                }
            }
            func areBack() async -> Bool { await eventually { await fleet.states() == ["current", "current"] } }

            try await crashAll(1)
            #expect(await haveHeard(1))
            // The hub is killed within moments of a crash, at other moments each time.
            for (round, pause) in [(2, 0), (3, 4), (4, 15), (5, 40)] {
                try await crashAll(round) { pod in
                    guard pod == 3 else { return }
                    try await Task.sleep(for: .milliseconds(pause))
                    try await fleet.killHub()
                    fleet.startHub()
                }
                #expect(await haveHeard(round), "round \(round): \(fleet.output(of: 0)) \(fleet.output(of: 1))")
            }
            // Killed again before it has found its feet.
            try await crashAll(6) { pod in
                guard pod == 2 || pod == 5 else { return }
                try await fleet.killHub()
                fleet.startHub()
            }
            #expect(await haveHeard(6))
            #expect(await areBack())
            // The first worker's process dies; the second one's network stands still and then breaks.
            try await fleet.network(1).inject(.freeze, on: .existing)
            try await crashAll(7) { pod in
                guard pod == 1 else { return }
                try await fleet.kill(0)
                fleet.startWorker(0)
            }
            try await fleet.network(1).inject(.reset(afterBytes: 0), .both, on: .existing)
            try await fleet.network(1).heal()
            #expect(await haveHeard(7))
            #expect(await areBack())
            try await crashAll(8)
            #expect(await haveHeard(8))

            // One that was there all the time has heard everything as news, once; one that was killed nothing twice.
            let told = HubOnServer.news(fleet.output(of: 1).flatMap { $0 })
            #expect(told.sorted() == runs(1, 1..<9))
            for worker in 0..<2 {
                for life in fleet.output(of: worker) {
                    let lines = life.filter { $0.hasSuffix(" news") }
                    #expect(lines.count == Set(lines).count, "worker \(worker): \(lines)")
                }
                #expect(
                    HubOnServer.told(fleet.output(of: worker).flatMap { $0 }).isSuperset(of: runs(worker, 1..<9)))
            }
            let news = HubOnServer.news(fleet.hubOutput)
            #expect(news.count == Set(news).count, "\(news)")
            #expect(
                HubOnServer.told(fleet.hubOutput).isSuperset(of: runs(0, 1..<9) + runs(1, 1..<9)))
        }
    }

    @Test(
        "a worker names a pod of another node and a service, from the hub's watches, and forgets neither too soon nor too late"
    )
    func names() async throws {
        let address = "10.77.0.1"
        let code = """
            var known = "";
            setInterval(function () {
              if (utils.nodeName() === "hub") return;
              var history = pcap.nameResolutionHistory(), moments = Object.keys(history);
              var names = history[moments[moments.length - 1]] || {};
              var all = Object.keys(names).map(function (a) { return a + "=" + names[a].FullAddress; }).sort().join(" ");
              if (all !== known) console.log("names:", known = all);
            }, 50);
            """
        try await FleetOfProcesses.run(workers: 2, pods: 2) { fleet in
            let (stage, namespace) = (fleet.stage, fleet.stage.namespace)
            func says(_ names: [String], _ life: Int = 0) async -> Bool {
                let text = "names:" + names.sorted().map { " " + $0 }.joined()
                return await eventually {
                    (0..<2).allSatisfy { worker in
                        fleet.output(of: worker)[life].last?.hasSuffix(text) == true
                    }
                }
            }
            try await stage.edit(code)
            try await stage.admin.patch(
                .pods,
                .merge([
                    "status": [
                        "phase": "Running", "podIP": .string(address), "podIPs": [["ip": .string(address)]],
                        "startTime": "2026-01-31T10:00:00Z",
                    ]
                ]), namespace: namespace, name: "pod-1", subresource: "status")
            let service = try await stage.admin.create(
                .services,
                [
                    "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"],
                    "spec": ["ports": [["port": 80]]],
                ], namespace: namespace)
            let cluster = try #require(service["spec"]?["clusterIP"]?.string)
            // The version that this server has.
            try await stage.admin.create(
                .endpointSlicesBeta,
                [
                    "apiVersion": "discovery.k8s.io/v1beta1", "kind": "EndpointSlice",
                    "metadata": ["name": "web-x", "labels": ["kubernetes.io/service-name": "web"]],
                    "addressType": "IPv4",
                    "endpoints": [
                        ["addresses": [.string(address)], "targetRef": ["kind": "Pod", "name": "pod-1"]],
                        ["addresses": ["198.51.100.7"]],
                    ], "ports": [],
                ], namespace: namespace)
            let (pod, web) = ("\(address)=pod-1.\(namespace)", "\(cluster)=web.\(namespace)")
            let outside = "198.51.100.7=web.\(namespace)"
            #expect(await says([pod, web, outside]), "\(fleet.output(of: 0)) \(fleet.hub.log)")

            // Meanwhile nobody tells, and nothing is forgotten; the next hub tells what is left.
            try await fleet.killHub()
            try await stage.admin.delete(.services, namespace: namespace, name: "web")
            try await stage.admin.delete(
                .pods, namespace: namespace, name: "pod-1", options: DeleteOptions(gracePeriodSeconds: 0))
            fleet.startHub()
            #expect(await says([outside]), "\(fleet.output(of: 0)) \(fleet.output(of: 1))")
            let lines = fleet.output(of: 0)[0].suffix(2)
            #expect(lines.first?.hasSuffix([web, pod, outside].sorted().joined(separator: " ")) == true, "\(lines)")
        }
    }
}
