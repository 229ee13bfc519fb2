import CurlTransport
import FaultProxy
import InformerOracle
import RealCluster
import Testing

@testable import KubernetesClient

/// Faults of a real API server. After each, picture, cache and server have to agree (`ClusterStage.run`). One after the
/// other, with a server of their own.
@Suite("Server faults, against a real API server", .realCluster, .serialized)
struct ServerFaultTests {
    @Test("a 410 inside a 200 costs exactly one list, and tells of what was missed, each change once")
    func expired() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        try await ClusterStage.run(on: controlPlane) { stage in
            try await stage.disconnect()
            try await stage.delete("initial-1")
            try await stage.create("initial-1", "new")
            try await stage.delete("initial-3")
            try await stage.modify("initial-5", "changed")
            try await stage.create("another", "new")
            try await controlPlane.compact(hard: true)
            try await stage.reconnect()
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts[.expired] == 1)
            #expect(stage.oracle.count("relist") == 5)
            #expect(stage.oracle.count("deleted") == 2)
            #expect(stage.oracle.count("modified") == 1)
        }
    }

    @Test("a compaction between list and watch costs exactly one list")
    func compactedBetween() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        try await ClusterStage.run(
            on: controlPlane, waitsForSync: false,
            prepare: { stage in
                _ = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "initial-0")
                // Longer than a busy machine needs from there to the freeze.
                try await stage.proxy.inject(.delay(.seconds(8)), .toClient, on: .existing)
            }
        ) { stage in
            // The list is on its way back; the watch that follows it gets no further than the proxy.
            let sent = try await stage.proxy.counters.bytesToServer
            try await stage.proxy.waitUntil { $0.bytesToServer > sent }
            try await stage.proxy.inject(.freeze, .toServer, on: .existing)
            try await stage.proxy.refuseConnections()
            try await stage.informer.waitUntilSynced()
            try await stage.churn(20)
            try await controlPlane.compact(hard: true)
            try await stage.reconnect()
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts[.expired] == 1)
        }
    }

    @Test("an expired continue token begins the list anew; no mixture of moments is ever shown")
    func expiredToken() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        var settings = ReflectorSettings()
        settings.pageSize = 4
        try await ClusterStage.run(
            on: controlPlane, objects: 100, settings: settings, waitsForSync: false,
            prepare: { stage in
                _ = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "initial-0")
                // 25 pages of a second each: time enough for a few writes and a compaction.
                try await stage.proxy.inject(.delay(.seconds(1)), .toClient, on: .existing)
            }
        ) { stage in
            let received = try await stage.proxy.counters.bytesToClient
            let pageBytes = 500
            try await stage.proxy.waitUntil { $0.bytesToClient >= received + pageBytes }
            try await stage.delete("initial-0")
            try await stage.churn(10)
            try await controlPlane.compact()
            try await stage.proxy.heal()
            try await stage.informer.waitUntilSynced()
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts == [.expired: 1])
        }
    }

    @Test("a server that is killed and started again is followed within seconds")
    func killed() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        try await ClusterStage.run(on: controlPlane) { stage in
            #expect(await stage.isWatching())
            try await Self.outdateVersions(controlPlane)
            try await controlPlane.killAPIServer()
            try await controlPlane.startAPIServer()
            let ready = ContinuousClock.now
            try await stage.modify("initial-0", "after the restart")
            // Five seconds are promised; other tests and builds may hold this process up.
            try await stage.expectTruth(within: .seconds(20))
            print("killed and restarted: followed after \(ContinuousClock.now - ready)")
            #expect(stage.lists <= 2)
        }
    }

    /// Writes an object of another kind: a server that starts after it knows no version of before, so that watches which
    /// have seen nothing since get 410.
    private static func outdateVersions(_ controlPlane: ControlPlane) async throws {
        _ = try await KubernetesClient(configuration: controlPlane.configuration()).createNamespace()
    }

    @Test("fifty informers that share nothing list at most once each after a restart, not all at once")
    func herd() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        let admin = try KubernetesClient(configuration: controlPlane.configuration())
        let namespace = try await admin.createNamespace()
        let selection = Selection(namespace: namespace)
        let informers = try (0..<50).map { _ in
            Informer<ObjectSummary>(
                client: try KubernetesClient(configuration: controlPlane.configuration()), resource: .configMaps,
                selection: selection)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for informer in informers { group.addTask { await informer.run() } }
            for informer in informers { try await informer.waitUntilSynced() }
            #expect(informers.map(\.health.statistics.lists) == Array(repeating: 1, count: informers.count))

            try await Self.outdateVersions(controlPlane)
            async let restarted: Void = Self.restart(controlPlane, andCreateIn: namespace, by: admin)
            var relistTimes: [Int: ContinuousClock.Instant] = [:]
            let isFollowed = await eventually(within: ClusterStage.patience) {
                for (i, informer) in informers.enumerated() where informer.health.statistics.lists > 1 {
                    relistTimes[i] = relistTimes[i] ?? .now
                }
                return informers.allSatisfy { $0.objects.count == 1 }
            }
            try await restarted
            #expect(isFollowed)
            #expect(informers.allSatisfy { $0.health.statistics.lists <= 2 })
            let first = try #require(relistTimes.values.min())
            let last = try #require(relistTimes.values.max())
            print("restart with fifty informers: \(relistTimes.count) lists within \(last - first)")
            #expect(last - first >= .seconds(2))
            group.cancelAll()
        }
    }

    private static func restart(
        _ controlPlane: ControlPlane, andCreateIn namespace: String, by admin: KubernetesClient
    ) async throws {
        try await controlPlane.restart()
        try await admin.createConfigMap("after-the-restart", in: namespace)
    }

    @Test("a server that knows no streaming lists is listed in pages, and that is remembered")
    func streamingListRefused() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        var settings = ReflectorSettings()
        settings.initialSync = .stream
        try await ClusterStage.run(on: controlPlane, settings: settings) { stage in
            #expect(stage.lists == 1)
            try await stage.disconnect()
            try await stage.churn(20)
            try await controlPlane.compact(hard: true)
            try await stage.reconnect()
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts[.initialEventsUnsupported] == 1)
        }
    }

    @Test("a server that sends its clients elsewhere (GOAWAY) is obeyed without an error or a list")
    func goAway() async throws {
        // About every 50th request; the server allows no more.
        try await ControlPlane.withControlPlane(flags: ["--goaway-chance=0.02"]) { controlPlane in
            try await ClusterStage.run(on: controlPlane) { stage in
                #expect(await stage.isWatching())
                for _ in 0..<500 { _ = try await stage.client.get(.namespaces, name: "default") }
                try await stage.churn(20)
                try await stage.expectTruth()
                #expect(try await stage.proxy.counters.connections > 1)
                #expect(stage.lists == 1)
            }
        }
    }

    @Test("a new authority is trusted once its file is there, and not before")
    func newAuthority() async throws {
        let controlPlane = try await BreakableControlPlane.watch.ready()
        try await ScratchFolder.run { folder in
            let authority = try folder.copy(controlPlane.certificateAuthority, to: "ca.crt")
            try await ClusterStage.run(
                on: controlPlane,
                identity: { plane, _ in try plane.configuration(authority: authority) }
            ) { stage in
                #expect(await stage.isWatching())
                try await controlPlane.rotateCertificate(newCA: true)
                try await stage.churn(20)
                #expect(
                    await eventually { stage.health.lastError?.contains("no trusted TLS connection") == true })
                let error = await #expect(throws: APIError.self) {
                    _ = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "initial-0")
                }
                #expect(error?.transport?.kind == .tls)

                try folder.copy(controlPlane.certificateAuthority, to: "ca.crt")
                try await stage.expectTruth()
                #expect(stage.lists <= 2)
            }
        }
    }
}

extension APIError {
    /// What went wrong below HTTP, if that is what went wrong.
    fileprivate var transport: TransportError? { if case .transport(let error, _) = self { error } else { nil } }
}
