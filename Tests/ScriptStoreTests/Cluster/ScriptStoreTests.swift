import JSON
import KubernetesClient
import KubernetesSimulator
import Testing

@testable import ScriptStore

extension ClusterTests {
    @Suite("Changing scripts in the cluster")
    struct ScriptStoreTests {
        private let upstream =
            #"{"0":{"title":" Foo","code":"// Foo\n","active":true},"3":{"title":"Bar","code":"//Bar\n","active":false}}"#

        @Test("a change keeps what else the config map holds")
        func otherKeysStay() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap(
                    [
                        ConfigMapKey.scripts: upstream, ConfigMapKey.activeScripts: "Foo, later", "POD_REGEX": "^a",
                    ], annotations: ["note": "mine"])
                let outcome = try await cluster.store().change(note: "on") { $0.change(3) { $0.isActive = true } }
                #expect(outcome.isWritten)
                let map = try cluster.simulator.get("configmaps", namespace: "default", name: TestCluster.mapName)
                #expect(map["metadata"]?["annotations"] == ["note": "mine"])
                #expect(map["metadata"]?["labels"] == ["app.kubeshark.com/app": "hub"])
                let data = cluster.data()
                #expect(data["POD_REGEX"] == "^a")
                #expect(data[ConfigMapKey.activeScripts] == "later,Foo,Bar")
                #expect(data[ConfigMapKey.nextIndex] == "4")
                #expect(try await cluster.scripts().scripts.map(\.isActive) == [true, true])
            }
        }

        @Test("a change that changes nothing writes nothing")
        func nothing() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: upstream])
                let outcome = try await cluster.store(keepsHistory: true).change(note: "on") {
                    $0.change(0) { $0.isActive = true }
                }
                #expect(!outcome.isWritten)
                #expect(cluster.simulator.requestSummary.map(\.name) == ["get configmaps"])
            }
        }

        @Test(
            "8.2#8: a missing key, an empty text and null are no scripts, and can be added to",
            arguments: [nil, "", "null"])
        func emptyStates(text: String?) async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap(text.map { [ConfigMapKey.scripts: $0] } ?? [:])
                try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(try await cluster.scripts().scripts.map(\.title) == ["a"])
            }
        }

        @Test("without a config map, one is created")
        func created() async throws {
            try await TestCluster.run { cluster in
                try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(try await cluster.scripts().scripts.map(\.title) == ["a"])
                let map = try cluster.simulator.get("configmaps", namespace: "default", name: TestCluster.mapName)
                #expect(map["metadata"]?["labels"] == ["app.kubeshark.com/app": "hub"])
            }
        }

        @Test("8.2#6, #7: many tools at once, with creates, updates and deletions: no edit is lost")
        func storm() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                let tools = 12
                let rounds = 6
                var attempts = 0
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for tool in 0..<tools {
                        group.addTask {
                            let store = cluster.store()
                            var attempts = 0
                            for round in 0..<rounds {
                                let outcome = try await store.change(note: "") { set in
                                    set.addOnce("t\(tool) r\(round)")
                                    // Its own script of the round before is changed, the one before that removed.
                                    if round > 0, let script = set.scripts(titled: "t\(tool) r\(round - 1)").first {
                                        set.change(script.index) { $0.code = "changed" }
                                    }
                                    if round > 1, let script = set.scripts(titled: "t\(tool) r\(round - 2)").first {
                                        set.remove(script.index)
                                    }
                                }
                                attempts += outcome.attempts
                            }
                            return attempts
                        }
                    }
                    for try await count in group { attempts += count }
                }
                let scripts = try await cluster.scripts().scripts
                let expected = (0..<tools).flatMap { ["t\($0) r\(rounds - 2)", "t\($0) r\(rounds - 1)"] }
                #expect(Set(scripts.map(\.title)) == Set(expected))
                #expect(scripts.count == expected.count)
                #expect(scripts.filter { $0.code == "changed" }.count == tools)
                #expect(Set(scripts.map(\.index)).count == scripts.count)
                #expect(cluster.data()[ConfigMapKey.nextIndex] == String(tools * rounds))
                // Otherwise nothing was contended and the test shows nothing.
                #expect(attempts > tools * rounds)
            }
        }

        @Test("8.2#6: an edit between reading and writing is kept: the change is applied to it")
        func editBetween() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: upstream])
                var runs = 0
                let outcome = try await cluster.store().change(note: "") { set in
                    runs += 1
                    // Somebody saves in the dashboard while this tool has read and not yet written.
                    if runs == 1 { try cluster.editCode(0, "edited meanwhile") }
                    set.change(3) { $0.isActive = true }
                }
                #expect(outcome.attempts == 2)
                let scripts = try await cluster.scripts()
                #expect(scripts[0]?.code == "edited meanwhile")
                #expect(scripts[3]?.isActive == true)
            }
        }

        @Test("conflicts that do not end are given up after about ten seconds, and nothing is written")
        func endlessConflict() async throws {
            var retry = ConflictRetry(start: .now)
            var random = SystemRandomNumberGenerator()
            let start = ContinuousClock.now
            var elapsed: Duration = .zero
            var waits: [Duration] = []
            while let wait = retry.next(at: start + elapsed, using: &random) {
                waits.append(wait)
                elapsed += wait + .milliseconds(1)
            }
            #expect(elapsed >= .seconds(9) && elapsed <= .seconds(12))
            #expect(waits.allSatisfy { $0 <= .seconds(1) })
            #expect(waits.count > 10)
            #expect(Set(waits).count > waits.count / 2)
        }

        @Test("a busy server is asked again, a refusal is not")
        func busy() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                let update = RequestMatch(verb: "update", resource: "configmaps")
                cluster.simulator.inject(
                    .answer(status: 503, contentType: "text/plain", body: "starting"), for: update, times: 2)
                let outcome = try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(outcome.attempts == 3)
                cluster.simulator.inject(
                    .answer(status: 403, contentType: "text/plain", body: "no"), for: update, times: 1)
                await #expect(throws: APIError.self) {
                    try await cluster.store().change(note: "") { $0.addOnce("b") }
                }
            }
        }

        @Test("an update whose answer is lost is not made twice")
        func lostAnswer() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                cluster.simulator.inject(
                    .truncate(afterBytes: 20), for: RequestMatch(verb: "update", resource: "configmaps"))
                await #expect(throws: (any Error).self) {
                    try await cluster.store().change(note: "") { $0.addOnce("a") }
                }
                let again = try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(!again.isWritten)
                #expect(try await cluster.scripts().scripts.count == 1)
            }
        }

        @Test("scripts that cannot be read stay for somebody to mend, unless they are to be replaced")
        func unreadable() async throws {
            try await TestCluster.run { cluster in
                let broken = #"{"0":{"title":"a""#
                try cluster.createConfigMap([ConfigMapKey.scripts: broken, ConfigMapKey.nextIndex: "9"])
                await #expect(throws: StoreError.self) {
                    try await cluster.store().change(note: "") { $0.addOnce("b") }
                }
                #expect(cluster.data()[ConfigMapKey.scripts] == broken)
                let outcome = try await cluster.store().change(note: "", replacesUnreadable: true) {
                    $0.addOnce("b")
                }
                #expect(outcome.after.scripts.map(\.index) == [9])
            }
        }

        @Test("an immutable config map is refused with what to do")
        func immutable() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                try cluster.simulator.modify("configmaps", namespace: "default", name: TestCluster.mapName) {
                    $0["immutable"] = true
                }
                await #expect(throws: StoreError.immutable(kind: "config map", name: TestCluster.mapName)) {
                    try await cluster.store().change(note: "") { $0.addOnce("a") }
                }
            }
        }

        @Test(
            "SCRIPTING_ENV in the config map is told, in clear text as it stands there",
            arguments: ["SCRIPTING_ENV"])
        func leakedEnvironment(key: String) async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([key: #"{"PASSWORD":"hunter2"}"#])
                let outcome = try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(
                    outcome.warnings == [
                        "SCRIPTING_ENV stands in the config map kubeshark-config-map, where everybody can read it: move it to "
                            + "the secret"
                    ])
            }
        }
    }
}

extension ClusterTests {
    @Suite("Finding the config map")
    struct DiscoveryTests {
        @Test(
            "8.1#20: a config map of another name is found by its label, the newer one or the older",
            arguments: [
                "app.kubeshark.com/app", "app.kubeshark.co/app",
            ])
        func label(key: String) async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap(
                    [ConfigMapKey.scripts: "{}"], name: "kubeshark-config-map-default", labels: [key: "hub"])
                // Of the same chart, but without scripts.
                try cluster.createConfigMap([:], name: "kubeshark-nginx-config-map", labels: [key: "hub"])
                try await cluster.store().change(note: "") { $0.addOnce("a") }
                #expect(
                    cluster.data("kubeshark-config-map-default")[ConfigMapKey.scripts]?.contains("\"a\"") == true)
                #expect(cluster.data() == [:])
            }
        }

        @Test("8.1#20: a config map and a secret that are named are used, and no others")
        func named() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                let store = cluster.store(
                    location: StoreLocation(namespace: "default", configMapName: "mine", secretName: "hidden"))
                try await store.change(note: "") { $0.addOnce("a") }
                try await store.setEnvironment(ScriptEnvironment(["A": "1"]))
                #expect(cluster.data()[ConfigMapKey.scripts] == "{}")
                #expect(cluster.data("mine")[ConfigMapKey.nextIndex] == "1")
                #expect(try cluster.simulator.list("secrets").map { $0["metadata"]?["name"]?.string } == ["hidden"])
            }
        }

        @Test("of several none is guessed")
        func ambiguous() async throws {
            try await TestCluster.run { cluster in
                for name in ["a", "b"] { try cluster.createConfigMap([ConfigMapKey.scripts: "{}"], name: name) }
                await #expect(throws: StoreError.ambiguous(names: ["a", "b"], namespace: "default")) {
                    try await cluster.store().read()
                }
            }
        }
    }
}

extension ClusterTests {
    @Suite("Scripts beyond the size of a config map")
    struct ShardingTests {
        private static let limits: StoreLimits = {
            var limits = StoreLimits()
            limits.fillBytes = 20_000
            return limits
        }()

        private func shardNames(_ cluster: TestCluster) throws -> [String] {
            try cluster.simulator.list("configmaps", namespace: "default").compactMap {
                $0["metadata"]?["name"]?.string
            }
            .filter { $0.hasPrefix("kubeshark-config-map-scripts-") }
        }

        private static let code = String(repeating: "x", count: 4_000)

        @Test("8.2#9: they are spread over further config maps, read as one set, and old ones are removed")
        func spread() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store(limits: Self.limits)
                for i in 0..<12 { try await store.change(note: "") { $0.addOnce("s\(i)", Self.code) } }
                let set = try await cluster.scripts()
                #expect(set.scripts.map(\.title) == (0..<12).map { "s\($0)" })
                let index = try ShardIndex(parsing: cluster.data()[ConfigMapKey.shards])
                #expect(index.shards.count == 2)
                #expect(Set(index.shards.map(\.name)) == Set(try shardNames(cluster)))
                #expect(try cluster.scripts(in: cluster.data()) == [8, 9, 10, 11])

                // An edit of a script in a further map.
                try await store.change(note: "") { $0.change(0) { $0.code = "edited" } }
                #expect(try await cluster.scripts()[0]?.code == "edited")
                // And all of it back in one, when it fits.
                try await store.change(note: "") { set in for i in 0..<10 { set.remove(i) } }
                #expect(try await cluster.scripts().scripts.map(\.index) == [10, 11])
                #expect(cluster.data()[ConfigMapKey.shards] == nil)
                #expect(try shardNames(cluster) == [])
            }
        }

        @Test("a reader sees the set before or the one after, never a mixture, whatever is being written")
        func atomic() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store(limits: Self.limits)
                // All scripts have the same code at any time.
                try await store.change(note: "") { set in for i in 0..<12 { set.addOnce("s\(i)", Self.code + " 0") }
                }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    group.addTask {
                        for round in 1...15 {
                            try await store.change(note: "") { set in
                                for i in 0..<12 { set.change(i) { $0.code = Self.code + " \(round)" } }
                            }
                        }
                        return 0
                    }
                    for _ in 0..<3 {
                        group.addTask {
                            var reads = 0
                            while reads < 40 {
                                let codes = try await cluster.scripts().scripts.map(\.code)
                                #expect(codes.count == 12 && Set(codes).count == 1)
                                reads += 1
                            }
                            return reads
                        }
                    }
                    for try await _ in group {}
                }
                #expect(try shardNames(cluster).count == 2)
            }
        }

        @Test("many writers at once leave no config map behind and lose nothing")
        func contended() async throws {
            try await TestCluster.run { cluster in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for tool in 0..<6 {
                        group.addTask {
                            let store = cluster.store(limits: Self.limits)
                            for i in 0..<3 {
                                try await store.change(note: "") { $0.addOnce("t\(tool)-\(i)", Self.code) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await cluster.scripts().scripts.count == 18)
                let index = try ShardIndex(parsing: cluster.data()[ConfigMapKey.shards])
                #expect(Set(index.shards.map(\.name)) == Set(try shardNames(cluster)))
            }
        }

        @Test("a further config map that was tampered with is not taken, and a script can be replaced in the first")
        func tampered() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store(limits: Self.limits)
                try await store.change(note: "") { set in for i in 0..<12 { set.addOnce("s\(i)", Self.code) } }
                // kubectl edit of the first one: the script there wins.
                try cluster.edit(ConfigMapKey.scripts) {
                    #"{"0":{"title":"s0","code":"mine","active":true},"# + $0.dropFirst()
                }
                #expect(try await cluster.scripts()[0]?.code == "mine")
                let name = try #require(try shardNames(cluster).first)
                try cluster.simulator.delete("configmaps", namespace: "default", name: name)
                await #expect(throws: StoreError.self) { try await cluster.scripts() }
            }
        }

        @Test("a config map that is nearly full is told")
        func warning() async throws {
            try await TestCluster.run { cluster in
                let outcome = try await cluster.store().change(note: "") { set in
                    for i in 0..<8 { set.addOnce("s\(i)", String(repeating: "x", count: 100_000)) }
                }
                #expect(
                    outcome.warnings == [
                        "the config map kubeshark-config-map is 76 % full: \(cluster.data().values.map(\.utf8.count).reduce(0, +)) "
                            + "of 1048576 bytes"
                    ])
            }
        }
    }
}

extension ScriptSet {
    /// What a tool that adds a script does: nothing, if it is there.
    mutating func addOnce(_ title: String, _ code: String = "") {
        if scripts(titled: title).isEmpty { add(title: title, code: code, isActive: false) }
    }
}

extension TestCluster {
    /// The indexes in a config map's own `SCRIPTING_SCRIPTS`.
    func scripts(in data: [String: String]) throws -> [Int] {
        try ScriptSet(data: data.filter { $0.key == ConfigMapKey.scripts }).scripts.map(\.index)
    }
}
