import JSON
import Testing

@testable import ScriptStore

extension ClusterTests {
    @Suite("The history of scripts")
    struct ScriptHistoryTests {
        private func revisions(_ cluster: TestCluster) async throws -> [ScriptRevision] {
            try await cluster.store(keepsHistory: true).history?.revisions(of: TestCluster.mapName) ?? []
        }

        @Test("every change is recorded, with who, what and the hash, and what others did before it")
        func recorded() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: #"{"0":{"title":"a","code":"1","active":true}}"#]
                )
                let ann = cluster.store(keepsHistory: true, author: "ann")
                try await ann.change(note: "off") { $0.change(0) { $0.isActive = false } }
                try cluster.editCode(0, "dashboard")
                try await ann.change(note: "on") { $0.change(0) { $0.isActive = true } }
                let revisions = try await revisions(cluster)
                #expect(revisions.map(\.number) == [1, 2, 3, 4])
                #expect(revisions.map(\.author) == ["", "ann", "", "ann"])
                #expect(revisions.map(\.note) == ["found", "off", "found", "on"])
                #expect(revisions.map { $0.scripts[0]?.code } == ["1", "1", "dashboard", "dashboard"])
                #expect(revisions.map { $0.scripts[0]?.isActive } == [true, false, false, true])
                #expect(revisions.allSatisfy { $0.hash == $0.scripts.revision })
                #expect(revisions.map { $0.time == nil } == [true, false, true, false])
            }
        }

        @Test("rolling back brings code, titles, activity and removed scripts back, under their indexes")
        func rollback() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store(keepsHistory: true)
                try await store.change(note: "") { set in
                    for title in ["a", "b"] { set.addOnce(title, "v1") }
                }
                try await store.change(note: "") { set in
                    set.change(0) { $0.code = "v2" }
                    set.remove(1)
                    set.addOnce("c", "v1")
                }
                let first = try #require(try await revisions(cluster).first)
                let outcome = try await store.change(note: "rollback to 1") { $0.restore(first) }
                #expect(outcome.after.revision == first.hash)
                #expect(outcome.after.nextIndex == 3)
                #expect(try await revisions(cluster).last?.hash == first.hash)
            }
        }

        @Test("the folder sync takes a rollback for an edit in the cluster and does not undo it")
        func rollbackAndSync() {
            let file = ScriptOrigin(folder: "f", path: "a.js", sha256: SyncFixture.hash("v2"))
            var set = ScriptSet()
            set.add(
                title: "a", code: "v1", isActive: true,
                origin: ScriptOrigin(folder: "f", path: "a.js", sha256: SyncFixture.hash("v1")))
            set.add(
                title: "b", code: "b", isActive: true,
                origin: ScriptOrigin(folder: "f", path: "b.js", sha256: SyncFixture.hash("b")))
            let revision = ScriptRevision(
                number: 1, hash: set.revision, time: nil, author: "", note: "", scripts: set)
            set.change(0) {
                $0.code = "v2"
                $0.origin = file
            }
            set.remove(1)
            set.restore(revision)
            #expect(set[0]?.code == "v1")
            #expect(set[0]?.wasEditedSinceSync == true)
            // Its file is gone, so the sync must not remove it again.
            #expect(set[1]?.origin == nil)
        }

        @Test("as many revisions are kept as fit, the newest, and numbers are not given twice")
        func bounded() throws {
            var log = RevisionLog()
            var set = ScriptSet()
            set.add(title: "a", code: "", isActive: true)
            for i in 0..<50 {
                set.change(0) { $0.code = "\(i)" }
                let isKept = log.append {
                    ScriptRevision(number: $0, hash: "h", time: nil, author: "", note: "", scripts: set)
                }
                #expect(isKept)
            }
            #expect(log.revisions.map(\.number) == Array(31...50))
            var map: JSONValue = [:]
            log.write(to: &map)
            #expect(RevisionLog(map).revisions == log.revisions)
            // Also after all of them were removed by hand.
            map["binaryData"] = [:]
            var emptied = RevisionLog(map)
            _ = emptied.append {
                ScriptRevision(number: $0, hash: "h", time: nil, author: "", note: "", scripts: set)
            }
            #expect(emptied.revisions.map(\.number) == [51])
        }

        @Test("large sets drop older revisions, and one that is too large by itself is told")
        func large() throws {
            var random = SeededGenerator(seed: 1)
            func set(_ bytes: Int) -> ScriptSet {
                // Digits at random compress to a bit less than half.
                var set = ScriptSet()
                set.add(
                    title: "a",
                    code: (0..<bytes).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined(),
                    isActive: true)
                return set
            }
            var log = RevisionLog()
            for _ in 0..<4 {
                let scripts = set(600_000)
                let isKept = log.append {
                    ScriptRevision(number: $0, hash: "", time: nil, author: "", note: "", scripts: scripts)
                }
                #expect(isKept)
            }
            #expect(log.entries.map(\.number) == [2, 3, 4])
            let huge = set(2_500_000)
            let isKept = log.append {
                ScriptRevision(number: $0, hash: "", time: nil, author: "", note: "", scripts: huge)
            }
            #expect(!isKept)
            #expect(log.entries.map(\.number) == [2, 3, 4])
        }

        @Test("damaged entries are passed over")
        func damaged() {
            let map: JSONValue = [
                "binaryData": ["revision-1": "AAAA", "revision-x": "AAAA", "other": "AAAA", "revision-2": "%"]
            ]
            #expect(RevisionLog(map).revisions == [])
            #expect(GZip.decompress([1, 2, 3], limit: 10) == nil)
            #expect(GZip.decompress(GZip.compress(Array(repeating: 7, count: 1000)), limit: 999) == nil)
            #expect(GZip.decompress(GZip.compress([]), limit: 10) == [])
            #expect(GZip.decompress(GZip.compress(Array("abc".utf8)).dropLast(9), limit: 10) == nil)
        }

        @Test("a change that cannot be recorded is made all the same, and told")
        func refused() async throws {
            try await TestCluster.run { cluster in
                cluster.simulator.inject(
                    .answer(status: 403, contentType: "text/plain", body: "no"),
                    for: .init(verb: "get", name: TestCluster.mapName + "-history"), times: nil)
                let outcome = try await cluster.store(keepsHistory: true).change(note: "") { $0.addOnce("a") }
                #expect(outcome.isWritten)
                #expect(outcome.warnings.count == 1)
                #expect(outcome.warnings.first?.hasPrefix("written, but not recorded in the history: ") == true)
            }
        }
    }
}
