internal import JSON

/// `SCRIPTING_SCRIPTS_REF`: the further config maps that hold scripts for which there is no room in the first.
///
/// A set is published by writing this key, in one update together with `SCRIPTING_SCRIPTS`; the maps that it names were
/// written before, under names of their own, and are never changed. So a reader sees either the set before or the one
/// after, and knows by the hashes that it has all of it.
package struct ShardIndex: Sendable, Equatable {
    /// A further config map.
    package struct Shard: Sendable, Equatable {
        /// Its name; its namespace is that of the first config map.
        package let name: String
        /// The SHA-256 of the text of its `SCRIPTING_SCRIPTS`, in hexadecimal digits.
        package let sha256: String

        /// Names a config map and what it must hold.
        package init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    /// The config maps, in order.
    package let shards: [Shard]

    /// More would be a mistake: 64 MiB of scripts are not what a config map is for.
    static let shardLimit = 64

    /// These config maps.
    package init(_ shards: [Shard] = []) { self.shards = shards }

    /// Reads the text of the key; a missing key and an empty text name none.
    package init(parsing text: String?) throws(ScriptSetError) {
        guard let text, !text.trimmed.isEmpty else {
            shards = []
            return
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw .malformedShardIndex(error.description)
        }
        guard let entries = value["shards"]?.array else { throw .malformedShardIndex("it has no list \"shards\"") }
        guard entries.count <= Self.shardLimit else {
            throw .malformedShardIndex("it names \(entries.count) config maps, more than \(Self.shardLimit)")
        }
        var shards: [Shard] = []
        for entry in entries {
            guard let name = entry["name"]?.string, let sha256 = entry["sha256"]?.string, !name.isEmpty else {
                throw .malformedShardIndex("entry \(shards.count) has no \"name\" and \"sha256\"")
            }
            shards.append(Shard(name: name, sha256: sha256.lowercased()))
        }
        self.shards = shards
    }

    /// The text of the key.
    package var text: String {
        let entries = shards.map { shard -> JSONValue in
            ["name": .string(shard.name), "sha256": .string(shard.sha256)]
        }
        let value: JSONValue = ["shards": .array(entries)]
        return value.description
    }
}
