internal import Digests
internal import JSON

/// Names the parts of a ``FleetSet`` without holding them: what a worker says it has, and what a push is computed from.
package struct FleetManifest: Sendable, Hashable {
    /// The digest of each script, by its index.
    package let scripts: [Int: String]
    /// The digest of `env`.
    package let environment: String
    /// The digest of the config map's keys.
    package let keys: String
    /// Names all of it. Computed from the parts and never taken from the wire, so that what two sides call by one name
    /// is one thing.
    package let revision: String

    package init(scripts: [Int: String], environment: String, keys: String) {
        self.scripts = scripts
        self.environment = environment
        self.keys = keys
        var text = "env \(environment) keys \(keys)"
        for (index, digest) in scripts.sorted(by: { $0.key < $1.key }) { text += " \(index) \(digest)" }
        revision = SHA256Digest(of: text).hex
    }

    /// The indexes of the scripts that are not what they were in another set; nil: with `env` or the keys all of them are.
    func changes(since other: FleetManifest) -> Set<Int>? {
        guard environment == other.environment, keys == other.keys else { return nil }
        return Set(scripts.filter { other.scripts[$0.key] != $0.value }.keys)
    }

    /// Reads its JSON; nil if it is none.
    init?(_ value: JSONValue?) {
        guard let members = value?["scripts"]?.object, members.count <= Self.scriptLimit,
            let environment = value?["env"]?.string, let keys = value?["keys"]?.string
        else { return nil }
        var scripts: [Int: String] = [:]
        for (index, digest) in members {
            guard let index = Int(index), let digest = digest.string, digest.utf8.count <= 64 else { return nil }
            scripts[index] = digest
        }
        guard environment.utf8.count <= 64, keys.utf8.count <= 64 else { return nil }
        self.init(scripts: scripts, environment: environment, keys: keys)
    }

    var json: JSONValue {
        var members: JSONValue = [:]
        for (index, digest) in scripts.sorted(by: { $0.key < $1.key }) { members[String(index)] = .string(digest) }
        return ["scripts": members, "env": .string(environment), "keys": .string(keys)]
    }

    /// A config map of 1 MiB holds fewer.
    private static let scriptLimit = 20_000

    package static func == (a: FleetManifest, b: FleetManifest) -> Bool { a.revision == b.revision }
    package func hash(into hasher: inout Hasher) { hasher.combine(revision) }
}
