import FaultProxy
import InformerOracle
import KubernetesSimulator
import Testing

@testable import KubernetesClient

/// Faults of the network. After each, picture, cache and server have to agree (`Stage.run`).
@Suite("Network faults, against the simulator") struct ConnectionFaultTests {
    @Test("a half-open connection is noticed, and the watch goes on without a list", arguments: UInt64(0)..<3)
    func halfOpen(seed: UInt64) async throws {
        try await Stage.run(seed: seed) { stage in
            try stage.churn(20)
            try await stage.expectTruth()
            // Once is enough, unless the watch was just about to end by itself.
            for round in UInt64(1)...5 where stage.health.statistics.restarts[.silence, default: 0] == 0 {
                _ = await stage.watchIsOpen()
                try await stage.proxy.inject(.freeze, on: .existing)
                try stage.churn(20, round: round)
                try await stage.expectTruth()
            }
            #expect(stage.lists == 1)
            #expect(stage.health.statistics.restarts[.silence, default: 0] >= 1)
        }
    }

    @Test("a connection that freezes in the middle of a list, or before its head, is given up and the list repeated")
    func frozenList() async throws {
        var settings = Stage.quickSettings
        settings.pageSize = 500
        for fault in [RequestFault.hang, .hangAfterHeader] {
            try await Stage.run(
                settings: settings, waitsForSync: false,
                prepare: { simulator, _ in
                    simulator.inject(fault, for: RequestMatch(verb: "list"), times: 1)
                }
            ) { stage in
                // What hangs is cut by hand: the limits of the transport have tests of their own.
                #expect(await eventually { stage.simulator.requestCount(verb: "list") >= 1 })
                try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
                try await stage.informer.waitUntilSynced()
                #expect(stage.health.statistics.restarts[.connection] == 1)
            }
        }
    }

    @Test("resets and orderly ends in the middle of a line lose nothing", arguments: UInt64(0)..<6)
    func cutLines(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        try await Stage.run(seed: seed) { stage in
            for round in UInt64(0)..<5 {
                _ = await stage.watchIsOpen()
                let bytes = Int.random(in: 0...3000, using: &random)
                try await stage.proxy.inject(
                    seed % 2 == 0 ? .reset(afterBytes: bytes) : .close(afterBytes: bytes), on: .existing)
                try stage.churn(20, round: round)
            }
            try await stage.proxy.heal()
            try await stage.expectTruth()
            #expect(stage.lists == 1)
        }
    }

    @Test("a stream of single bytes gives the same events")
    func singleBytes() async throws {
        try await Stage.run { stage in
            try await stage.proxy.inject(.slice(to: 1), on: .all)
            try stage.churn(100)
            try await stage.expectTruth()
            #expect(stage.health.garbledLines == 0)
        }
    }

    @Test("refused connections are waited out")
    func refused() async throws {
        try await Stage.run { stage in
            try await stage.proxy.refuseConnections()
            try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
            try stage.churn(30)
            #expect(await eventually { stage.health.phase == .waiting && stage.health.lastError != nil })
            try await stage.proxy.heal()
            try await stage.proxy.acceptConnections()
            try await stage.expectTruth()
            #expect(stage.lists == 1)
            #expect(await eventually { stage.health.lastError == nil })
        }
    }

    @Test("what comes late comes in order")
    func delayed() async throws {
        try await Stage.run { stage in
            try await stage.proxy.inject(.delay(.milliseconds(100)), on: .all)
            try stage.churn(100)
            try await stage.expectTruth()
        }
    }

    @Test("random faults, one after the other, end with the truth", arguments: UInt64(0)..<6)
    func randomFaults(seed: UInt64) async throws {
        try await Stage.run(seed: seed) { stage in
            var random = SplitMix64(seed: seed)
            for round in UInt64(0)..<10 {
                switch Int.random(in: 0..<6, using: &random) {
                case 0: try await stage.proxy.inject(.reset(afterBytes: .random(in: 0...5000, using: &random)))
                case 1: try await stage.proxy.inject(.close(afterBytes: .random(in: 0...5000, using: &random)))
                case 2: try await stage.proxy.inject(.slice(to: .random(in: 1...50, using: &random)))
                case 3: try await stage.proxy.inject(.delay(.milliseconds(.random(in: 0...50, using: &random))))
                case 4: stage.simulator.compact()
                default: try await stage.proxy.inject(.freeze, on: .existing)
                }
                try stage.churn(10, round: round)
                try await Task.sleep(for: .milliseconds(.random(in: 0...200, using: &random)))
                try await stage.proxy.heal(.new)
            }
        }
    }
}
