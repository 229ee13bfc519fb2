import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import Testing
import Threading

/// Hubs that come, go and die, and what their scripts were told.
@Suite("Handover between hubs")
struct HandoverTests {
    /// One line for each transition.
    private static let recorder = """
        function onPodEvent(event, pod, change) {
          if (event === "ADDED" && !change) console.log("added", pod.metadata.name);
          if (change) console.log(change.kind, change.containerID, pod.metadata.name, change.firstSeen);
        }
        """
    private static let steps: [PodStep] = [.scheduled(node: "node-1"), .containerCreating, .started, .ready]

    /// `[hub-0] crashed 5f2a web-1 true`
    private static func pod(in line: String) -> String {
        line.split(separator: " ").dropLast().last.map(String.init) ?? ""
    }

    /// Where the lease is given up, nobody waits for it to expire; a busy machine must not make a leader miss its renewals.
    private func patiently(_ configuration: inout HubConfiguration) { configuration.election = .init() }

    private func news(_ hub: RunningHub) -> [String] { hub.output.filter { $0.hasSuffix("true") } }

    @Test("what happened while no hub ran is told by the next one: crashes, deletions, each once")
    func restart() async throws {
        let stage = try await HubStage(scripts: [Self.recorder])
        let pods = (1...3).map { SimulatedPod(name: "web-\($0)", namespace: "shop") }
        for pod in pods { try stage.simulator.create(pod, after: Self.steps) }
        let first = stage.start(lease: "remora-hub", change: patiently)
        await first.expect("[hub-0] added web-1", "[hub-0] added web-2", "[hub-0] added web-3")
        try stage.simulator.advance(pods[0], by: .oomKilled)
        #expect(await eventually { self.news(first).count == 1 })
        await first.stop()

        try stage.simulator.advance(pods[0], by: .restarted)
        try stage.simulator.advance(pods[1], by: .exited(code: 2))
        try stage.simulator.delete("pods", namespace: "shop", name: "web-3", gracePeriodSeconds: 30)
        try stage.simulator.delete("pods", namespace: "shop", name: "web-3", gracePeriodSeconds: 0)
        let second = stage.start("hub-b", lease: "remora-hub", change: patiently)
        #expect(await eventually { self.news(second).count >= 3 })
        try stage.simulator.advance(pods[0], by: .exited(code: 4))
        #expect(await eventually { self.news(second).count >= 4 })
        // The crash of web-1 that the first hub told is not among them.
        let kinds = news(second).map { "\($0.split(separator: " ")[1]) \(Self.pod(in: $0))" }
        #expect(kinds.sorted() == ["crashed web-1", "crashed web-2", "gone web-3", "terminating web-3"])
        await second.stop()
        await stage.stop()
    }

    @Test("a stand-by tells its scripts nothing; when the leader gives up it goes on where that stopped")
    func standby() async throws {
        let stage = try await HubStage(scripts: [Self.recorder])
        let pods = (1...5).map { SimulatedPod(name: "web-\($0)", namespace: "shop") }
        for pod in pods { try stage.simulator.create(pod, after: Self.steps) }
        let leader = stage.start("hub-a", lease: "remora-hub", change: patiently)
        await leader.expect("[hub-0] added web-5")
        let standby = stage.start("hub-b", lease: "remora-hub", change: patiently)
        #expect(await eventually { (try? await standby.get("/readyz").status) == 200 })
        try stage.simulator.advance(pods[0], by: .oomKilled)
        #expect(await eventually { self.news(leader).count == 1 })
        #expect(standby.output == [] && !standby.hub.isLeader)
        await leader.stop()
        try stage.simulator.advance(pods[1], by: .oomKilled)
        #expect(await eventually { self.news(standby).count == 1 })
        #expect(news(standby)[0].contains("web-2"))
        await standby.expect("[hub-0] added web-5")
        #expect(standby.hub.isLeader)
        await standby.stop()
        await stage.stop()
    }

    @Test("under churn and changing leaders every transition is told, and none twice as news")
    func churn() async throws {
        let stage = try await HubStage(scripts: [Self.recorder])
        let hubs = Recorded()
        var running = [stage.start("hub-0", lease: "remora-hub"), stage.start("hub-1", lease: "remora-hub")]
        #expect(
            await eventually {
                (try? await running[0].get("/readyz").status) == 200 && running.contains { $0.hub.isLeader }
            })
        var number = 2
        for index in 0..<60 {
            let pod = SimulatedPod(name: "web-\(index)", namespace: "shop")
            try stage.simulator.create(pod, after: Self.steps)
            try stage.simulator.advance(pod, by: .oomKilled)
            try await Task.sleep(for: .milliseconds(20))
            if index % 15 == 14 {
                // Whoever leads goes, another one comes.
                let leading = running.firstIndex { $0.hub.isLeader } ?? 0
                let gone = running.remove(at: leading)
                await gone.stop()
                hubs.add(gone.output)
                running.append(stage.start("hub-\(number)", lease: "remora-hub"))
                number += 1
            }
        }
        let wanted = Set((0..<60).map { "web-\($0)" })
        func told() -> [String] { (hubs.lines + running.flatMap(\.output)).filter { $0.contains("oom-killed") } }
        #expect(
            await eventually { Set(told().map { Self.pod(in: $0) }) == wanted },
            "missing: \(wanted.subtracting(told().map { Self.pod(in: $0) }))")
        let news = told().filter { $0.hasSuffix("true") }.map { Self.pod(in: $0) }
        #expect(
            news.count == Set(news).count,
            "told twice: \(Dictionary(grouping: news) { $0 }.filter { $1.count > 1 }.keys)")
        // On a machine so busy that a leader misses its renewals, what it may have told is told again, not as news.
        #expect(news.count > wanted.count / 2)
        for hub in running { await hub.stop() }
        await stage.stop()
    }

    @Test("a journal tells apart what was done, what was under way, and what another hub did")
    func journal() throws {
        let folder = try TestFolder()
        let position = try #require(DeliveryPosition("pods=5 events=4 nodes=3 at=2026-01-31T10:00:00Z"))
        #expect(position.description == "pods=5 events=4 nodes=3 at=2026-01-31T10:00:00Z")
        #expect(DeliveryPosition("") == nil && DeliveryPosition("pods") == nil && DeliveryPosition("pods=0") == nil)
        let first = try DeliveryJournal(folder: folder.path, owner: "me")
        #expect(first.previous == nil)
        first.finished(position)
        var later = position
        later[.pods] = 9
        first.started(later)
        let previous = try #require(try DeliveryJournal(folder: folder.path, owner: "me").previous)
        #expect(previous.owner == "me" && previous.finished == position && previous.started == later)
        #expect(try DeliveryJournal(folder: folder.path, owner: "another").previous == nil)
    }
}

/// What hubs printed that are gone.
final class Recorded: Sendable {
    private let all = Locked<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func add(_ lines: [String]) { all.withLock { $0 += lines } }
}
