import FaultProxy
import InformerOracle
import RealCluster
import Testing

@testable import KubernetesClient

/// Faults of the network between the client and a real API server, over TLS and HTTP/2. After each, picture, cache and
/// server have to agree (`ClusterStage.run`). One after the other, so that two processors are enough.
@Suite("Network faults, against a real API server", .realCluster, .serialized)
struct NetworkFaultTests {
    @Test("resets and orderly ends in the middle of a record lose nothing", arguments: UInt64(0)..<4)
    func cutRecords(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        try await ClusterStage.run(seed: seed) { stage in
            for round in UInt64(0)..<4 {
                #expect(await stage.isWatching())
                let bytes = Int.random(in: 0...3000, using: &random)
                try await stage.proxy.inject(
                    seed % 2 == 0 ? .reset(afterBytes: bytes) : .close(afterBytes: bytes), on: .existing)
                try await stage.churn(20, round: round)
            }
            try await stage.proxy.heal()
            try await stage.expectTruth()
            #expect(stage.lists == 1)
            #expect(stage.health.garbledLines == 0)
            #expect(stage.health.statistics.restarts[.connection, default: 0] >= 1)
        }
    }

    @Test("a stream of single bytes gives the same events")
    func singleBytes() async throws {
        try await ClusterStage.run { stage in
            try await stage.proxy.inject(.slice(to: 1), on: .all)
            try await stage.churn(50)
            try await stage.expectTruth()
            #expect(stage.lists == 1)
            #expect(stage.health.garbledLines == 0)
        }
    }

    @Test("objects of a megabyte, also of characters that JSON makes six times as long, arrive whole")
    func largeObjects() async throws {
        // The server takes requests of 3 MB; it sends `<` as six bytes.
        let texts = [
            String(repeating: "x", count: 1_000_000), String(repeating: "<", count: 1_000_000),
            String(repeating: "\u{1}", count: 400_000), String(repeating: "\u{1f980}\"\\\n", count: 140_000),
        ]
        try await ClusterStage.run { stage in
            for (i, text) in texts.enumerated() { try await stage.create("large-\(i)", text) }
            try await stage.expectTruth()
            for (i, text) in texts.enumerated() {
                let map = try await stage.client.get(ConfigMap.self, namespace: stage.namespace, name: "large-\(i)")
                #expect(map.data == ["value": text])
            }
            #expect(stage.lists == 1)
            #expect(stage.health.garbledLines == 0)
        }
    }

    @Test("an object made again under its name while disconnected is a deletion and an addition")
    func newUID() async throws {
        try await ClusterStage.run { stage in
            try await stage.disconnect()
            try await stage.delete("initial-1")
            try await stage.create("initial-1", "new")
            try await stage.reconnect()
            try await stage.expectTruth()
            #expect(stage.oracle.count("deleted") == 1)
            #expect(stage.oracle.count("added") == 21)
            #expect(stage.oracle.count("modified") == 0)
            #expect(stage.lists == 1)
        }
    }

    @Test("2,000 objects deleted at once are told of, each once")
    func allDeleted() async throws {
        try await ClusterStage.run(objects: 2000, subscriberLimit: 50) { stage in
            #expect(await stage.isWatching())
            _ = try await stage.controlPlane.kubectl(
                "delete", "--raw", "/api/v1/namespaces/\(stage.namespace)/configmaps")
            try await stage.expectTruth()
            #expect(stage.oracle.count("deleted") == 2000)
            #expect(stage.lists == 1)
        }
    }

    @Test("a slow subscriber gets every final state")
    func slowSubscriber() async throws {
        try await ClusterStage.run(subscriberLimit: 10, subscriberDelay: .milliseconds(500)) { stage in
            for round in UInt64(0)..<5 { try await stage.churn(100, round: round) }
            try await stage.expectTruth()
            #expect(stage.oracle.mergedEvents > 0)
            #expect(stage.lists == 1)
        }
    }

    @Test("random faults, one after the other, end with the truth", arguments: UInt64(0)..<3)
    func randomFaults(seed: UInt64) async throws {
        try await ClusterStage.run(seed: seed) { stage in
            async let faults: Void = stage.proxy.follow(FaultSchedule(seed: seed), steps: 20)
            for round in UInt64(0)..<10 { try await stage.churn(10, round: round) }
            try await faults
            try await stage.proxy.heal()
            try await stage.expectTruth()
            #expect(stage.lists == 1)
        }
    }
}
