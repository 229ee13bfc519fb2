import FaultProxy
import InformerOracle
import RealCluster
import Testing

@testable import KubernetesClient

/// Faults that can only be waited out, with the default settings. They wait beside each other, and do little else.
@Suite("Silence, against a real API server", .realCluster)
struct SilenceTests {
    /// The informer promises 30 s; other tests and builds may hold this process up.
    private static let halfOpenLimit: Duration = .seconds(45)

    @Test("a change on a half-open connection is seen within 30 s, without a list")
    func halfOpen() async throws {
        try await ClusterStage.run { stage in
            #expect(await stage.isWatching())
            try await stage.proxy.inject(.freeze, on: .existing)
            let frozen = ContinuousClock.now
            try await stage.modify("initial-0", "after the freeze")
            try await stage.expectTruth(within: Self.halfOpenLimit)
            print("half-open connection: the change was seen after \(ContinuousClock.now - frozen)")
            #expect(stage.lists == 1)
            #expect(stage.health.statistics.restarts == [.silence: 1])
        }
    }

    @Test("a connection that freezes before the head of a list is given up, and the list repeated")
    func frozenBeforeHead() async throws {
        try await ClusterStage.run(
            waitsForSync: false,
            prepare: { stage in
                // The informer's list finds this connection open, and silent.
                _ = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "initial-0")
                try await stage.proxy.inject(.freeze, .toClient, on: .existing)
            }
        ) { stage in
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts == [.connection: 1])
        }
    }

    @Test("a connection that freezes in the body of a list is given up, and the list repeated")
    func frozenBody() async throws {
        try await ClusterStage.run(
            waitsForSync: false,
            prepare: { stage in
                var random = SplitMix64(seed: 1)
                for i in 0..<4 { try await stage.create("large-\(i)", Self.incompressible(500_000, &random)) }
                try await stage.proxy.inject(.throttle(bytesPerSecond: 50_000), on: .new)
            }
        ) { stage in
            // More than a handshake and a head, less than the list.
            try await stage.proxy.waitUntil(within: ClusterStage.patience) { $0.bytesToClient > 100_000 }
            try await stage.proxy.inject(.freeze, on: .existing)
            try await stage.proxy.heal(.new)
            #expect(!stage.health.isSynced)
            try await stage.expectTruth()
            #expect(stage.lists == 2, "\(stage.health)")
            #expect(stage.health.statistics.restarts == [.connection: 1])
        }
    }

    private static func incompressible(_ count: Int, _ random: inout SplitMix64) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<64, using: &random)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("20 s of refused connections cost few tries and no list")
    func refused() async throws {
        try await ClusterStage.run { stage in
            try await stage.disconnect()
            try await stage.churn(30)
            // The first six waits take 12 to 17 s, the seventh 8 to 12 s.
            let refusals = 7
            #expect(
                await eventually(within: ClusterStage.patience) {
                    stage.health.statistics.restarts[.connection, default: 0] >= refusals
                })
            #expect(stage.health.lastError?.contains("cannot connect to https://127.0.0.1:\(stage.proxy.port)") == true)
            try await stage.reconnect()
            try await stage.expectTruth()
            #expect(stage.lists == 1)
            // The break itself, the refusals, and no more than one that was under way.
            #expect(stage.health.statistics.watches <= refusals + 3)
            #expect(await eventually { stage.health.lastError == nil })
        }
    }

    @Test("an etcd that was restored from a backup is noticed and followed within two minutes")
    func restored() async throws {
        try await ControlPlane.withControlPlane { controlPlane in
            try await ClusterStage.run(on: controlPlane) { stage in
                try await controlPlane.backup()
                // Far enough that the restored server does not reach the informer's version by its own writes.
                for round in UInt64(0)..<4 { try await stage.churn(100, round: round) }
                try await stage.expectTruth()
                try await controlPlane.restore()
                let ready = ContinuousClock.now
                try await stage.churn(5, round: 4)
                try await stage.expectTruth()
                print("etcd restored from a backup: followed after \(ContinuousClock.now - ready)")
                #expect(stage.lists == 2, "\(stage.health)")
                #expect(stage.health.statistics.restarts[.futureVersion] == 1)
            }
        }
    }
}
