package import JSON

/// Why a config map's scripts cannot be read at all.
package enum ScriptSetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text of a key is not JSON. `entry` is the script in or after which it goes wrong, if that is known.
    case notJSON(key: String, entry: String?, JSONError, line: Int, column: Int)
    /// The text of a key is JSON, but not an object.
    case notObject(key: String)
    /// The key that names further config maps is not of its form.
    case malformedShardIndex(String)
    /// A further config map is not there, or no longer.
    case missingShard(name: String)
    /// A further config map does not hold what the index says: it was changed, or the index is older or newer.
    case wrongShard(name: String, expected: String, found: String)

    /// What is wrong, where, and what to do.
    package var description: String {
        switch self {
        case .notJSON(let key, let entry, let error, let line, let column):
            "\(key)\(entry.map { ", script \"\($0)\"" } ?? ""): \(error) (line \(line), column \(column)); "
                + "mend the text, or bring a good version back with: remora scripts rollback"
        case .notObject(let key): "\(key) is not a JSON object of scripts, such as {\"0\": {\"title\": …}}"
        case .malformedShardIndex(let problem): "\(ConfigMapKey.shards) is not as Remora writes it: \(problem)"
        case .missingShard(let name): "the config map \(name), which \(ConfigMapKey.shards) names, does not exist"
        case .wrongShard(let name, let expected, let found):
            "the config map \(name) does not hold what \(ConfigMapKey.shards) says: its scripts have the hash "
                + "\(found.prefix(12)), not \(expected.prefix(12))"
        }
    }
}

/// An entry of `SCRIPTING_SCRIPTS` that is not a script. It does not keep the others from being read, does not run, and
/// is written back as it was.
package struct ScriptEntryProblem: Equatable, Sendable, CustomStringConvertible {
    /// The entry's key.
    package let entry: String
    /// What is wrong with it.
    package let problem: String
    /// Where it starts: bytes from the start of the text.
    package let offset: Int

    /// A sentence.
    package var description: String {
        "\(ConfigMapKey.scripts), script \"\(entry)\" at byte \(offset): \(problem); it is passed over"
    }
}
