import FaultProxy
import Fleet
import FoundationEssentials
import JSON
import Testing
import Timestamps

/// Both ends over real sockets.
@Suite("Hub and workers over the network")
struct SocketTests {
    private func line(_ text: String) -> FleetConsoleLine {
        FleetConsoleLine(index: 0, title: "s", level: .output, text: text, time: .now())
    }
    private func action(_ name: String) -> FleetAction {
        FleetAction(action: name, object: nil, index: 0, title: "s", time: .now())
    }
    private func event(_ type: String, _ uid: String, _ version: UInt64) -> FleetPodEvent {
        Samples.event(type, uid, version: version)
    }
    private func place(_ uid: String, node: String = "n1") -> PodPlace {
        PodPlace(namespace: "shop", name: "pod-\(uid)", node: node)
    }

    @Test("an edit reaches every worker, encoded once, and every worker answers; keys and env come with it")
    func edit() async throws {
        let hub = try await HubEnd.start()
        hub.hub.publish(Samples.set([0: "a", 1: "b"]))
        let workers = try (1...5).map { try WorkerEnd(port: hub.server.port, name: "w\($0)", node: "n\($0)") }
        #expect(await eventually { hub.hub.workers.count(where: { $0.state == .current }) == 5 })
        let encoded = hub.hub.encodings
        hub.hub.publish(Samples.set([0: "a", 1: "B"], environment: ["K": "v"], keys: ["POD_REGEX": "^web"]))
        #expect(await eventually { workers.allSatisfy { $0.workload.runs == [0: "a", 1: "B"] } })
        #expect(await eventually { hub.hub.workers.allSatisfy { $0.state == .current && $0.latency != nil } })
        #expect(workers.allSatisfy { $0.workload.keys == ["POD_REGEX": "^web"] && $0.workload.applied.count == 2 })
        #expect(hub.hub.encodings == encoded + 1)
        #expect(hub.hub.counters.accepted == 10)
        for worker in workers { await worker.stop() }
        await hub.stop()
    }

    @Test("a worker of a hub without scripts has a complete set too: it is ready")
    func noScripts() async throws {
        let hub = try await HubEnd.start()
        hub.hub.publish(Samples.set([:]))
        let worker = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { worker.workload.applied.count == 1 && hub.worker("w1")?.state == .current })
        hub.hub.publish(Samples.set([0: "a"]))
        #expect(await eventually { worker.workload.runs == [0: "a"] })
        #expect(worker.workload.applied.count == 2)
        await worker.stop()
        await hub.stop()
    }

    @Test("a worker waits for the file by which its hub is trusted, and reads it anew")
    func authority() async throws {
        let hub = try await HubEnd.start()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "ca-\(UInt64.random(in: 0 ... .max)).crt")
        let worker = try WorkerEnd(port: hub.server.port, authoritiesFile: file.path)
        #expect(await eventually { worker.worker.status.problem?.contains("is not there yet") == true })
        try "-----BEGIN CERTIFICATE-----\n".write(toFile: file.path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(await eventually { worker.worker.status.isConnected })
        await worker.stop()
        await hub.stop()
    }

    @Test("a broken script is nacked with its place, the old one runs on; mended, all is well")
    func broken() async throws {
        let hub = try await HubEnd.start()
        let worker = try WorkerEnd(port: hub.server.port)
        hub.hub.publish(Samples.set([0: "a", 1: "b"]))
        #expect(await eventually { hub.worker("w1")?.state == .current })
        hub.hub.publish(Samples.set([0: "A", 1: "bad"]))
        #expect(await eventually { hub.worker("w1")?.state == .refused })
        #expect(hub.worker("w1")?.failures == [Samples.failure(1)])
        #expect(worker.workload.runs == [0: "A", 1: "b"])
        hub.hub.publish(Samples.set([0: "A", 1: "c"]))
        #expect(await eventually { hub.worker("w1")?.state == .current })
        #expect(worker.workload.runs == [0: "A", 1: "c"])
        await worker.stop()
        await hub.stop()
    }

    @Test(
        "lines, actions, results and evidence come up in order; a command is carried out; targeted pods can be asked for"
    )
    func upwards() async throws {
        let hub = try await HubEnd.start()
        let worker = try WorkerEnd(port: hub.server.port)
        worker.worker.print(line("before the connection"))
        #expect(await eventually { hub.lines == ["n1 before the connection"] })
        for number in 1...200 { worker.worker.print(line("\(number)")) }
        #expect(worker.worker.act(action("alarm")))
        #expect(worker.worker.note(["id": "e1"]))
        #expect(await eventually { hub.actions == ["w1 alarm "] && hub.notes == [["id": "e1"]] })
        #expect(hub.lines == ["n1 before the connection"] + (1...200).map { "n1 \($0)" })
        #expect(hub.hub.send(FleetCommand(id: "c1", name: "snapshot", arguments: [:]), to: "w1"))
        #expect(
            await eventually { hub.results == [FleetCommandResult(id: "c1", detail: ["did": "snapshot"])] })
        #expect(!hub.hub.send(FleetCommand(id: "c2", name: "snapshot", arguments: [:]), to: "nobody"))
        #expect(try await worker.worker.targetedPods() == ["targets": [], "excluded": []])
        await worker.stop()
        await hub.stop()
    }

    @Test("a worker hears of the pods that there are, then of those of its node, or of its own pod, alone")
    func pods() async throws {
        let there = [
            Samples.event("ADDED", "old", version: nil),
            FleetPodEvent(mark: nil, event: "ADDED", pod: Samples.pod("far", node: "n2"), change: nil),
        ]
        let hub = try await HubEnd.start(pods: there, begin: Samples.position(10))
        let onNode = try WorkerEnd(port: hub.server.port, name: "w1", node: "n1")
        let beside = try WorkerEnd(
            port: hub.server.port, name: "w2", node: "n1", scope: .pod(namespace: "shop", name: "pod-x"))
        #expect(await eventually { hub.hub.workers.count == 2 && onNode.workload.events == ["ADDED old"] })
        hub.hub.podEvent(event("ADDED", "x", 11), at: place("x"))
        hub.hub.podEvent(event("ADDED", "y", 12), at: place("y", node: "n2"))
        hub.hub.podEvent(event("MODIFIED", "x", 13), at: place("x"))
        hub.hub.podEvent(event("DELETED", "old", 14), at: place("old"))
        #expect(await eventually { onNode.workload.events.count == 4 && beside.workload.events.count == 2 })
        #expect(onNode.workload.events == ["ADDED old", "ADDED x", "MODIFIED x", "DELETED old"])
        #expect(beside.workload.events == ["ADDED x", "MODIFIED x"])
        await onNode.stop()
        await beside.stop()
        await hub.stop()
    }

    @Test("whoever comes without the token is told so, and with a new one in the file gets in")
    func token() async throws {
        let file = "/tmp/fleet-token-\(UInt32.random(in: .min ... .max))"
        try Data("wrong\n".utf8).write(to: URL(filePath: file))
        let hub = try await HubEnd.start(token: "right")
        let worker = try WorkerEnd(port: hub.server.port, tokenFile: file)
        #expect(await eventually { worker.worker.status.problem == "the hub answers 401: this is not the token" })
        #expect(hub.hub.workers.isEmpty)
        try Data("right\n".utf8).write(to: URL(filePath: file))
        #expect(await eventually { worker.worker.status.isConnected })
        await worker.stop()
        await hub.stop()
        try? FileManager.default.removeItem(atPath: file)
    }

    @Test("a worker starts from its disk and works while no hub is there, and the hub then has nothing to send")
    func fromDisk() async throws {
        let folder = "/tmp/fleet-disk-\(UInt32.random(in: .min ... .max))"
        let hub = try await HubEnd.start()
        hub.hub.publish(Samples.set([0: "a", 1: "b"]))
        let first = try WorkerEnd(port: hub.server.port, folder: folder)
        #expect(await eventually { hub.worker("w1")?.state == .current })
        hub.hub.publish(Samples.set([0: "a", 1: "bad"]))
        #expect(await eventually { hub.worker("w1")?.state == .refused })
        let port = hub.server.port
        await first.stop()
        await hub.stop()
        let second = try WorkerEnd(port: port, folder: folder)
        #expect(await eventually { second.workload.runs == [0: "a", 1: "b"] })
        let again = try await HubEnd.start("hub-2", port: port)
        again.hub.publish(Samples.set([0: "a", 1: "bad"]))
        #expect(await eventually { again.worker("w1")?.state == .refused })
        #expect(again.hub.counters.pushes == 0)
        #expect(again.worker("w1")?.failures == [Samples.failure(1)])
        #expect(second.workload.applied.count == 1)
        await second.stop()
        await again.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test("a hub that ends and comes back gets its workers back, with nothing lost, doubled or applied again")
    func hubRestart() async throws {
        let hub = try await HubEnd.start(begin: Samples.position(10))
        hub.hub.publish(Samples.set([0: "a"]))
        let worker = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { hub.worker("w1")?.state == .current })
        hub.hub.podEvent(event("ADDED", "x", 11), at: place("x"))
        worker.worker.print(line("one"))
        #expect(await eventually { worker.workload.events == ["ADDED x"] && hub.lines == ["n1 one"] })
        let port = hub.server.port
        await hub.stop()
        #expect(await eventually { !worker.worker.status.isConnected })
        worker.worker.print(line("two"))
        // The new hub goes on where the old one's journal ends, and tells of x once more.
        let next = try await HubEnd.start("hub-2", port: port, begin: Samples.position(10))
        next.hub.podEvent(event("ADDED", "x", 11), at: place("x"))
        next.hub.podEvent(event("MODIFIED", "x", 12), at: place("x"))
        #expect(await eventually { next.lines == ["n1 two"] && worker.workload.events.count == 2 })
        #expect(worker.workload.events == ["ADDED x", "MODIFIED x"])
        next.hub.publish(Samples.set([0: "a"]))
        #expect(await eventually { next.worker("w1")?.state == .current })
        #expect(worker.workload.applied.count == 1 && next.hub.counters.sweeps == 0)
        await worker.stop()
        await next.stop()
    }

    @Test("a line that is half open is noticed by both ends, and what happened meanwhile comes once it is healed")
    func halfOpen() async throws {
        let hub = try await HubEnd.start(begin: Samples.position(10))
        try await FaultProxy.withProxy(upstreamPort: hub.server.port) { proxy in
            let worker = try WorkerEnd(port: proxy.port)
            hub.hub.publish(Samples.set([0: "a"]))
            #expect(await eventually { hub.worker("w1")?.state == .current })
            hub.hub.podEvent(event("ADDED", "x", 11), at: place("x"))
            #expect(await eventually { worker.workload.events == ["ADDED x"] })
            try await proxy.inject(.freeze)
            hub.hub.publish(Samples.set([0: "b"]))
            hub.hub.podEvent(event("MODIFIED", "x", 12), at: place("x"))
            worker.worker.print(line("from the dark"))
            #expect(await eventually { hub.worker("w1")?.state == .disconnected })
            #expect(await eventually { !worker.worker.status.isConnected })
            hub.hub.podEvent(event("DELETED", "x", 13), at: place("x"))
            try await proxy.heal()
            #expect(await eventually { hub.worker("w1")?.state == .current })
            #expect(await eventually { worker.workload.events.count == 3 && hub.lines.count == 1 })
            #expect(worker.workload.events == ["ADDED x", "MODIFIED x", "DELETED x"])
            #expect(worker.workload.runs == [0: "b"])
            await worker.stop()
        }
        await hub.stop()
    }

    @Test("a network that fails in every way for a while loses and doubles nothing of one hub", arguments: [1, 2, 3])
    func storm(_ seed: UInt64) async throws {
        let hub = try await HubEnd.start(begin: Samples.position(10))
        try await FaultProxy.withProxy(upstreamPort: hub.server.port) { proxy in
            let worker = try WorkerEnd(port: proxy.port)
            #expect(await eventually { worker.worker.status.isConnected })
            hub.hub.podEvent(event("ADDED", "x", 11), at: place("x"))
            #expect(await eventually { worker.workload.events.count == 1 })
            let schedule = FaultSchedule(
                seed: seed, disturbances: .milliseconds(20)...(.milliseconds(400)),
                rests: .milliseconds(50)...(.milliseconds(400)))
            async let trouble: Void = proxy.follow(schedule, steps: 24)
            for number in 1...120 {
                hub.hub.publish(Samples.set([0: "version \(number)"]))
                hub.hub.podEvent(event("MODIFIED", "x", 11 + UInt64(number)), at: place("x"))
                worker.worker.print(line("\(number)"))
                worker.worker.act(action("\(number)"))
                try await Task.sleep(for: .milliseconds(50))
            }
            try await trouble
            #expect(
                await eventually { hub.worker("w1")?.state == .current && worker.workload.runs == [0: "version 120"] })
            #expect(await eventually { hub.lines.count >= 120 && hub.actions.count >= 120 })
            #expect(hub.lines == (1...120).map { "n1 \($0)" })
            #expect(hub.actions == (1...120).map { "w1 \($0) " })
            #expect(await eventually { worker.workload.events.count >= 121 })
            #expect(worker.workload.events == ["ADDED x"] + (1...120).map { _ in "MODIFIED x" })
            #expect(Set(worker.workload.applied).count == worker.workload.applied.count)
            await worker.stop()
        }
        await hub.stop()
    }

    @Test("a hub that sends its workers away, or does not lead, is left and asked again; a session ends after its time")
    func dismissal() async throws {
        let hub = try await HubEnd.start { $0.sessionLimit = .milliseconds(600) }
        hub.hub.publish(Samples.set([0: "a"]))
        let worker = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { worker.worker.status.connects >= 3 })
        #expect(worker.workload.applied.count == 1)
        hub.hub.dismissAll("another hub leads")
        #expect(await eventually { worker.worker.status.problem?.contains("does not lead") == true })
        hub.hub.begin(at: Samples.position(10))
        #expect(await eventually { hub.worker("w1")?.state == .current })
        await worker.stop()
        await hub.stop()
    }

    @Test("of two processes of one name the later one counts")
    func twins() async throws {
        let hub = try await HubEnd.start()
        hub.hub.publish(Samples.set([0: "a"]))
        let old = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { hub.worker("w1")?.state == .current })
        await old.stop()
        let new = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { new.workload.runs == [0: "a"] && hub.worker("w1")?.state == .current })
        new.worker.print(line("of the new one"))
        #expect(await eventually { hub.lines == ["n1 of the new one"] })
        #expect(hub.hub.workers.count == 1)
        await new.stop()
        await hub.stop()
    }
}
