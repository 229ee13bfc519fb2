import Fleet
import Hub
import JSON
import KubernetesSimulator
import Testing

/// Names from a simulated cluster's watches to workers.
@Suite("Names of a cluster, on workers")
struct NameFeedTests {
    private func slice(_ name: String, of service: String, _ addresses: [String]) -> JSONValue {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string(name), "namespace": "shop",
                "labels": ["kubernetes.io/service-name": .string(service)],
            ],
            "addressType": "IPv4",
            "endpoints": .array(
                addresses.map { ["addresses": [.string($0)], "targetRef": ["kind": "Pod", "name": "web-1"]] }),
            "ports": [],
        ]
    }

    private func service(_ name: String, _ address: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name), "namespace": "shop"],
            "spec": ["clusterIP": .string(address), "ports": [["port": 80]]],
        ]
    }

    private func node(_ name: String, _ address: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
            "status": ["addresses": [["type": "InternalIP", "address": .string(address)]]],
        ]
    }

    /// A running pod; its address.
    private func run(_ stage: HubStage, _ name: String, on node: String) throws -> String {
        let pod = try stage.simulator.create(
            SimulatedPod(name: name, namespace: "shop"),
            after: [.scheduled(node: node), .containerCreating, .started, .ready])
        return try #require(pod["status"]?["podIP"]?.string)
    }

    private func start(_ stage: HubStage, _ identity: String = "hub-a", port: Int = 0) -> RunningHub {
        stage.start(identity) { configuration in
            configuration.fleet.heartbeat = .milliseconds(500)
            configuration.listen = ("127.0.0.1", port)
        }
    }

    @Test("a worker names a pod of another node with its service, and services and nodes, and follows what changes")
    func names() async throws {
        let stage = try await HubStage(scripts: [])
        try stage.simulator.create(node("node-2", "192.0.2.2"))
        let address = try run(stage, "web-1", on: "node-2")
        try stage.simulator.create(service("web", "10.96.0.9"))
        try stage.simulator.create(slice("web-x", of: "web", [address]))
        let hub = start(stage)
        let worker = try EngineWorker(port: try await hub.port, name: "w1", node: "node-1")
        #expect(
            await eventually {
                worker.names[address] == "pod shop/web-1 of web in web-x"
                    && worker.names["10.96.0.9"] == "service shop/web" && worker.names["192.0.2.2"] == "node /node-2"
            }, "\(worker.names)")
        let status = try JSONValue(parsing: try await hub.get("/status").body)
        #expect(status["names"]?["pods"] == 1 && status["names"]?["services"] == 1 && status["names"]?["nodes"] == 1)
        #expect(status["names"]?["leftOut"] == 0 && status["problems"] == [])
        #expect(try await hub.get("/metrics").body.contains("remora_names{kind=\"service\"} 1\n"))
        // Everything goes, and the address is another pod's.
        try stage.simulator.delete("endpointslices.discovery.k8s.io", namespace: "shop", name: "web-x")
        try stage.simulator.delete("services", namespace: "shop", name: "web")
        try stage.simulator.delete("pods", namespace: "shop", name: "web-1", gracePeriodSeconds: 0)
        #expect(await eventually { worker.names == ["192.0.2.2": "node /node-2"] }, "\(worker.names)")
        let other = try run(stage, "web-2", on: "node-2")
        #expect(await eventually { worker.names[other] == "pod shop/web-2" }, "\(worker.names)")
        #expect(worker.tables == 1)
        await worker.stop()
        await hub.stop()
        await stage.stop()
    }

    @Test("where services and endpoint slices may not be read, pods have names, the status says why, and it heals")
    func refused() async throws {
        let stage = try await HubStage(scripts: [])
        let address = try run(stage, "web-1", on: "node-2")
        try stage.simulator.create(service("web", "10.96.0.9"))
        try stage.simulator.create(slice("web-x", of: "web", [address]))
        stage.changeAccess { rules in
            rules.denials = [.init(resource: "services"), .init(resource: "endpointslices.discovery.k8s.io")]
        }
        let hub = start(stage)
        let worker = try EngineWorker(port: try await hub.port, name: "w1", node: "node-1")
        #expect(await eventually { worker.names == [address: "pod shop/web-1"] }, "\(worker.names)")
        let problems = await hub.hub.status.problems
        #expect(
            problems.contains { $0.hasPrefix("workers get no names from services: ") }
                && problems.contains { $0.hasPrefix("workers get no names from endpoint slices: ") }, "\(problems)")
        #expect(try await hub.get("/readyz").status == 200)
        stage.changeAccess { _ in }
        #expect(
            await eventually {
                worker.names == [address: "pod shop/web-1 of web in web-x", "10.96.0.9": "service shop/web"]
            }, "\(worker.names)")
        #expect(await eventually { await hub.hub.status.problems == [] })
        #expect(worker.tables == 1)
        await worker.stop()
        await hub.stop()
        await stage.stop()
    }

    @Test("a hub that stands by knows everybody's name already")
    func standby() async throws {
        let stage = try await HubStage(scripts: [])
        _ = try run(stage, "web-1", on: "node-2")
        try stage.simulator.create(service("web", "10.96.0.9"))
        let hubs = ["hub-a", "hub-b"].map { stage.start($0, lease: "remora-hub") }
        for hub in hubs {
            #expect(
                await eventually {
                    let names = await hub.hub.status.names
                    return names?.isComplete == true && names?.counts == [.pod: 1, .service: 1, .node: 0]
                })
        }
        #expect(await eventually { hubs.contains { $0.hub.isLeader } })
        #expect(hubs.contains { !$0.hub.isLeader })
        for hub in hubs { await hub.stop() }
        await stage.stop()
    }

    @Test("a worker of a hub that ends is told by the next one what has changed meanwhile; what is gone ends")
    func nextHub() async throws {
        let stage = try await HubStage(scripts: [])
        let gone = try run(stage, "web-1", on: "node-2")
        let first = start(stage)
        let port = try await first.port
        let worker = try EngineWorker(port: port, name: "w1", node: "node-1")
        #expect(await eventually { worker.names == [gone: "pod shop/web-1"] })
        await first.stop()
        #expect(await eventually { worker.status?.isConnected == false })
        #expect(worker.names == [gone: "pod shop/web-1"])
        try stage.simulator.delete("pods", namespace: "shop", name: "web-1", gracePeriodSeconds: 0)
        let new = try run(stage, "web-2", on: "node-3")
        let next = start(stage, "hub-b", port: port)
        #expect(await eventually { worker.names == [new: "pod shop/web-2"] }, "\(worker.names)")
        #expect(worker.tables == 2)
        await worker.stop()
        await next.stop()
        await stage.stop()
    }
}
