internal import JSON
package import Timestamps

/// The scripts as they were after a change.
package struct ScriptRevision: Sendable, Equatable {
    /// Its number, counted from 1; never given twice.
    package let number: Int
    /// ``ScriptSet/revision`` of the scripts.
    package let hash: String
    /// When the change was written.
    package let time: Timestamp?
    /// Who made the change; empty if that is not known, because another tool made it.
    package let author: String
    /// What was done, in words.
    package let note: String
    /// The scripts.
    package let scripts: ScriptSet
}

extension ScriptRevision {
    /// The most that a revision's JSON may take: a set of 64 config maps.
    private static let byteLimit = 128 << 20

    /// The entry of the history's config map: gzip of JSON.
    var packed: [UInt8] {
        var value: JSONValue = [
            "revision": .string(hash), "author": .string(author), "note": .string(note),
        ]
        value["time"] = time.map { .string($0.description) }
        for (key, text) in scripts.data { value[key] = .string(text) }
        return GZip.compress(value.encoded())
    }

    /// Reads an entry; nil if it is not one, or was damaged.
    init?(number: Int, packed: [UInt8]) {
        guard let bytes = GZip.decompress(packed, limit: Self.byteLimit), let value = try? JSONValue(parsing: bytes)
        else { return nil }
        let keys = [ConfigMapKey.scripts, ConfigMapKey.activeScripts, ConfigMapKey.nextIndex]
        let data = keys.reduce(into: [String: String]()) { $0[$1] = value[$1]?.string }
        guard let scripts = try? ScriptSet(data: data) else { return nil }
        self.init(
            number: number, hash: value["revision"]?.string ?? "", time: value["time"]?.string.flatMap(Timestamp.init),
            author: value["author"]?.string ?? "", note: value["note"]?.string ?? "", scripts: scripts)
    }
}
