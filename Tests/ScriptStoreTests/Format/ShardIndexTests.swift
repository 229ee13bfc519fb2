import Digests
import Testing

@testable import ScriptStore

@Suite("Scripts in further config maps")
struct ShardIndexTests {
    private let text = #"{"0":{"title":"a","code":"1","active":true}}"#

    private func data(_ hash: String, own: String = "{}") -> [String: String] {
        [
            ConfigMapKey.scripts: own,
            ConfigMapKey.shards: ShardIndex([.init(name: "map-1", sha256: hash)]).text,
        ]
    }

    @Test("scripts of all maps make one set")
    func whole() throws {
        let data = data(SHA256Digest(of: text).hex, own: #"{"4":{"title":"b","code":"2","active":false}}"#)
        let set = try ScriptSet(data: data, shards: ["map-1": text])
        #expect(set.scripts.map(\.title) == ["a", "b"])
        #expect(set.nextIndex == 5)
    }

    @Test("a set is taken only if every map has its hash")
    func hashes() {
        #expect(throws: ScriptSetError.missingShard(name: "map-1")) { try ScriptSet(data: data("00")) }
        #expect(
            throws: ScriptSetError.wrongShard(name: "map-1", expected: "00", found: SHA256Digest(of: text).hex)
        ) { try ScriptSet(data: data("00"), shards: ["map-1": text]) }
    }

    @Test("a script in the config map itself wins over one of the same index in a further one")
    func ownWins() throws {
        let data = data(SHA256Digest(of: text).hex, own: #"{"0":{"title":"edited","code":"2","active":true}}"#)
        #expect(try ScriptSet(data: data, shards: ["map-1": text]).scripts.map(\.title) == ["edited"])
    }

    @Test(
        "an index that is not of its form is refused with the reason",
        arguments: [
            ("{", "JSON ends too early, at byte 1"), ("{}", "it has no list \"shards\""),
            (#"{"shards":[{"name":"a","sha256":"b"},{"name":""}]}"#, "entry 1 has no \"name\" and \"sha256\""),
        ])
    func malformed(text: String, problem: String) {
        #expect(throws: ScriptSetError.malformedShardIndex(problem)) { try ShardIndex(parsing: text) }
    }

    @Test("no index is an index of nothing")
    func none() throws {
        #expect(try ShardIndex(parsing: nil).shards == [])
        #expect(try ShardIndex(parsing: " ").shards == [])
        #expect(try ShardIndex(parsing: ShardIndex().text).shards == [])
    }
}
