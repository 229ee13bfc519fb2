package import JSON

/// What makes one ``FleetSet`` into another: only what differs.
package struct FleetPush: Sendable, Equatable {
    /// The set that comes out.
    package let revision: String
    /// Names this push of this hub: answers repeat it.
    package let nonce: String
    /// The revision to which it is to be applied; nil: to nothing, it is complete.
    package let base: String?
    /// Scripts that are new or have another text or title.
    package let changed: [FleetScript]
    /// The indexes of scripts that are gone.
    package let removed: [Int]
    /// `env`, if it changed.
    package let environment: JSONValue?
    /// The config map's keys, if one of them changed.
    package let keys: [String: String]?

    var isComplete: Bool { base == nil }

    /// What a worker needs that has `base` and is to have `target`; a nil base makes it complete.
    init(from base: FleetManifest?, to target: FleetSet, nonce: String) {
        let wanted = target.manifest
        revision = wanted.revision
        self.nonce = nonce
        self.base = base?.revision
        changed = target.scripts.filter { base?.scripts[$0.index] != wanted.scripts[$0.index] }
        removed = (base?.scripts.keys.filter { wanted.scripts[$0] == nil } ?? []).sorted()
        environment = base?.environment == wanted.environment ? Optional.none : target.environment
        keys = base?.keys == wanted.keys ? nil : target.keys
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let revision = value["revision"]?.string, let nonce = value["nonce"]?.string else {
            throw FleetWireError("a push without revision or nonce")
        }
        self.revision = revision
        self.nonce = nonce
        base = value["base"]?.string
        var changed: [FleetScript] = []
        for script in value["put"]?.array ?? [] {
            guard let index = script["index"]?.integer.flatMap({ Int(exactly: $0) }),
                let title = script["title"]?.string,
                let code = script["code"]?.string
            else { throw FleetWireError("a push with a script without index, title or code") }
            changed.append(FleetScript(index: index, title: title, code: code))
        }
        self.changed = changed
        removed = (value["remove"]?.array ?? []).compactMap { $0.integer.flatMap { Int(exactly: $0) } }
        environment = value["env"]
        keys = value["keys"]?.object.map { members in
            members.reduce(into: [:]) { $0[$1.key] = $1.value.string }
        }
    }

    var json: JSONValue {
        var value: JSONValue = [
            "type": "push", "nonce": .string(nonce), "revision": .string(revision),
            "put": .array(
                changed.map {
                    ["index": .integer(Int64($0.index)), "title": .string($0.title), "code": .string($0.code)]
                }),
            "remove": .array(removed.map { .integer(Int64($0)) }),
        ]
        value["base"] = base.map(JSONValue.string)
        value["env"] = environment
        if let keys {
            var members: JSONValue = [:]
            for (key, text) in keys.sorted(by: { $0.key < $1.key }) { members[key] = .string(text) }
            value["keys"] = members
        }
        return value
    }
}
