import FaultProxy
import InformerOracle
import KubernetesSimulator
import Testing

import struct KubernetesSimulator.APIStatus

@testable import KubernetesClient

/// Faults of the server. After each, picture, cache and server have to agree (`Stage.run`).
@Suite("Server faults, against the simulator") struct ServerFaultTests {
    private static let expired = RequestFault.status(
        APIStatus(code: 410, reason: "Expired", message: "too old resource version"))

    /// Breaks the connection so that the next watch meets what was planned for it.
    private static func reconnect(_ stage: Stage) async throws {
        _ = await stage.watchIsOpen()
        stage.simulator.disturbWatches(.end)
    }

    @Test(
        "a 410 inside a 200 costs exactly one list, and tells of the deletions that were missed",
        arguments: UInt64(0)..<3)
    func expiredInStream(seed: UInt64) async throws {
        try await Stage.run(seed: seed) { stage in
            #expect(await stage.watchIsOpen())
            try await stage.proxy.refuseConnections()
            try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
            try stage.simulator.delete("configmaps", namespace: "default", name: "initial-3")
            try stage.churn(30)
            stage.simulator.compact()
            try await stage.proxy.heal()
            try await stage.proxy.acceptConnections()
            try await stage.expectTruth()
            #expect(stage.lists == 2)
            #expect(stage.oracle.count("relist") >= 1)
            #expect(stage.health.statistics.restarts[.expired] == 1)
        }
    }

    @Test("a 410 at the HTTP level costs exactly one list")
    func expiredAtOpening() async throws {
        try await Stage.run { stage in
            stage.simulator.inject(Self.expired, for: RequestMatch(verb: "watch"), times: 1)
            try await Self.reconnect(stage)
            try stage.churn(20)
            try await stage.expectTruth()
            #expect(stage.lists == 2)
        }
    }

    @Test(
        "an expired continue token begins the list anew; no mixture of moments is ever shown", arguments: UInt64(0)..<3)
    func expiredToken(seed: UInt64) async throws {
        try await Stage.run(
            seed: seed, objects: 50, waitsForSync: false,
            prepare: { simulator, proxy in
                try await proxy.inject(.delay(.milliseconds(50)), on: .all)
            }
        ) { stage in
            #expect(await eventually { stage.simulator.requestCount(verb: "list") >= 3 })
            try stage.churn(10)
            stage.simulator.compact()
            try await stage.informer.waitUntilSynced()
        }
    }

    @Test(
        "429, 500, 503 and 504 on opening a watch are waited out and cost no list",
        arguments: [429, 500, 503, 504])
    func refusedWatch(code: Int) async throws {
        try await Stage.run { stage in
            stage.simulator.inject(
                .status(APIStatus(code: code, reason: "Planned", message: "planned")),
                for: RequestMatch(verb: "watch"), times: 2)
            try await Self.reconnect(stage)
            try stage.churn(20)
            try await stage.expectTruth()
            #expect(stage.lists == 1)
        }
    }

    @Test("error events of every code, and one without a code, are waited out and cost no list")
    func errorEvents() async throws {
        let lines = [500, 504, 799].map { #"{"type":"ERROR","object":{"kind":"Status","code":\#($0)}}"# }
        for line in lines + [#"{"type":"ERROR","object":{"kind":"Status"}}"#] {
            try await Stage.run { stage in
                await stage.provoke(.line(line)) { stage.health.statistics.restarts[.serverError, default: 0] >= 1 }
                try stage.churn(20)
                try await stage.expectTruth()
                #expect(stage.lists == 1)
            }
        }
    }

    @Test("garbled lines are told of and lose nothing")
    func garbledLines() async throws {
        for line in ["{", "<html>", #"{"type":"ADDED","object":{"metadata":{}}}"#, "\u{0}\u{1}\u{2}"] {
            try await Stage.run { stage in
                await stage.provoke(.line(line)) { stage.health.garbledLines >= 1 }
                try stage.churn(20)
                try await stage.expectTruth()
                #expect(stage.lists == 1)
            }
        }
    }

    @Test("a line that is garbled in the same place again and again costs a list")
    func garbledForEver() async throws {
        try await Stage.run(speaking: .http) { stage in
            try await stage.proxy.rewriteLines(times: 4) {
                $0.target.contains("watch=true")
            } _: { line in
                String(decoding: line, as: UTF8.self).contains("poison") ? .replace(with: "garbled") : .keep
            }
            try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
            try await stage.proxy.heal(.new)
            try stage.simulator.create(Stage.configMap("poison", "1"))
            try stage.churn(5)
            try await stage.expectTruth()
            #expect(stage.lists == 2)
        }
    }

    @Test("repeated events and types that are not known yet change nothing")
    func repeatedAndUnknown() async throws {
        try await Stage.run { stage in
            #expect(await stage.watchIsOpen())
            stage.simulator.disturbWatches(.repeatEvents)
            stage.simulator.disturbWatches(.line(#"{"type":"PAUSED","object":{"kind":"ConfigMap"},"more":[1]}"#))
            try stage.churn(40)
            try await stage.expectTruth()
            #expect(stage.health.outdatedEvents >= 10)
            #expect(stage.health.statistics.unknownEvents >= 1)
            #expect(stage.lists == 1)
        }
    }

    @Test("a bookmark that goes backwards costs one list")
    func backwardBookmark() async throws {
        try await Stage.run { stage in
            #expect(await stage.watchIsOpen())
            try stage.churn(20)
            try await stage.expectTruth()
            await stage.provoke(.bookmark(7)) { stage.lists >= 2 }
            try await stage.expectTruth()
            #expect(stage.lists == 2)
        }
    }

    @Test("a server that was restored from a backup is noticed", arguments: UInt64(0)..<3)
    func restored(seed: UInt64) async throws {
        try await Stage.run(seed: seed) { stage in
            stage.simulator.backUp()
            try stage.churn(60)
            try await stage.expectTruth()
            #expect(stage.simulator.restore())
            try stage.churn(3, round: 1)
            try await stage.expectTruth()
            #expect(stage.health.statistics.restarts[.futureVersion, default: 0] >= 1)
        }
    }

    @Test("an object made again under its name is a deletion and an addition", arguments: [true, false])
    func newUID(isForgotten: Bool) async throws {
        try await Stage.run { stage in
            #expect(await stage.watchIsOpen())
            let deletions = stage.oracle.count("deleted")
            try await stage.proxy.refuseConnections()
            try await stage.proxy.inject(.reset(afterBytes: 0), on: .existing)
            try stage.simulator.delete("configmaps", namespace: "default", name: "initial-1")
            try stage.simulator.create(Stage.configMap("initial-1", "new"))
            if isForgotten { stage.simulator.compact() }
            try await stage.proxy.heal()
            try await stage.proxy.acceptConnections()
            try await stage.expectTruth()
            #expect(stage.oracle.count("deleted") == deletions + 1)
        }
    }

    @Test("everything deleted at once is told of, each object once")
    func allDeleted() async throws {
        try await Stage.run(objects: 500, subscriberLimit: 50) { stage in
            for i in 0..<500 { try stage.simulator.delete("configmaps", namespace: "default", name: "initial-\(i)") }
            try await stage.expectTruth()
            #expect(stage.oracle.count("deleted") == 500)
        }
    }

    @Test("objects of a megabyte, also of control characters, arrive whole")
    func largeObjects() async throws {
        let texts = [
            String(repeating: "x", count: 1_000_000), String(repeating: "\u{1}", count: 1_000_000),
            String(repeating: "\u{1f980}\"\\\n", count: 140_000),
        ]
        try await Stage.run { stage in
            for (i, text) in texts.enumerated() { try stage.simulator.create(Stage.configMap("large-\(i)", text)) }
            try await stage.expectTruth()
            for (i, text) in texts.enumerated() {
                let map = try await stage.client.get(ConfigMap.self, namespace: "default", name: "large-\(i)")
                #expect(map.data["value"] == text)
            }
        }
    }

    @Test("without bookmarks it works as well")
    func withoutBookmarks() async throws {
        try await Stage.run(
            configure: { simulator in
                simulator.bookmarkInterval = .seconds(3600)
            },
            prepare: { simulator, _ in
                simulator.inject(.watch([.dropBookmarks]), for: RequestMatch(verb: "watch"), times: nil)
            }
        ) { stage in
            for round in UInt64(0)..<3 {
                try stage.churn(20, round: round)
                try await Self.reconnect(stage)
            }
            try await stage.expectTruth()
            #expect(stage.lists == 1)
        }
    }

    @Test("a streaming list is used where the server has it, and a list where it has not", arguments: [true, false])
    func streamingList(isOffered: Bool) async throws {
        var settings = Stage.quickSettings
        settings.initialSync = .stream
        try await Stage.run(
            settings: settings,
            configure: { simulator in
                simulator.offersStreamingLists = isOffered
            }
        ) { stage in
            try stage.churn(20)
            try await stage.expectTruth()
            #expect(stage.lists == (isOffered ? 0 : 1))
            await stage.provoke(
                .error(APIStatus(code: 410, reason: "Expired", message: "too old resource version"))
            ) { stage.health.statistics.restarts[.expired] == 1 }
            try stage.churn(20, round: 1)
            try await stage.expectTruth()
            #expect(stage.lists == (isOffered ? 0 : 2))
        }
    }

    @Test("a subscriber of five milliseconds an event, at hundreds of events a second, gets every final state")
    func slowSubscriber() async throws {
        try await Stage.run(subscriberLimit: 10, subscriberDelay: .milliseconds(200)) { stage in
            for round in UInt64(0)..<10 {
                try stage.churn(100, round: round)
                try await Task.sleep(for: .milliseconds(30))
            }
            try await stage.expectTruth()
            #expect(stage.oracle.mergedEvents > 0)
        }
    }

    @Test("permission that is taken away is told of, and found again when it is back")
    func forbidden() async throws {
        try await Stage.run { stage in
            _ = await stage.watchIsOpen()
            let fault = stage.simulator.inject(
                .status(APIStatus(code: 403, reason: "Forbidden", message: #"configmaps is forbidden: User "x""#)),
                times: nil)
            stage.simulator.disturbWatches(.end)
            try stage.churn(10)
            #expect(await eventually { stage.health.lastError?.contains("configmaps is forbidden") == true })
            stage.simulator.removeFault(fault)
            try await stage.expectTruth()
            #expect(stage.lists == 1)
        }
    }

    @Test("a compressed list that is cut is an error, and the list is repeated")
    func cutList() async throws {
        try await Stage.run(
            waitsForSync: false,
            prepare: { simulator, _ in
                simulator.inject(.truncate(afterBytes: 300), for: RequestMatch(verb: "list"), times: 2)
            }
        ) { stage in
            try await stage.informer.waitUntilSynced()
            #expect(stage.lists == 3)
        }
    }

    @Test("stopping is no lost connection")
    func stopping() async throws {
        try await Stage.run { stage in
            let informer = Informer<ObjectSummary>(client: stage.client, resource: .configMaps)
            let running = Task { await informer.run() }
            #expect(await eventually { informer.health.phase == .watching })
            let before = informer.health.statistics.restarts
            running.cancel()
            await running.value
            #expect(informer.health.phase == .stopped)
            #expect(informer.health.statistics.restarts == before)
            #expect(informer.health.lastError == nil)
        }
    }
}
