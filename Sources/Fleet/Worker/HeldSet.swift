package import JSON

/// What a worker holds: the set of its hub, what of it was refused, and what runs in the place of that.
package struct HeldSet: Sendable, Equatable {
    /// As the hub wants it.
    package private(set) var set: FleetSet
    /// What of it does not run.
    package private(set) var failures: [FleetScriptFailure]
    /// The last version that ran of each script that was refused, where there is one.
    private var lastGood: [Int: FleetScript]

    /// Nothing.
    package init() {
        set = FleetSet()
        failures = []
        lastGood = [:]
    }

    /// A set of which nothing was refused.
    package init(_ set: FleetSet) {
        self.set = set
        failures = []
        lastGood = [:]
    }

    /// What runs: the set with the last good version of what was refused.
    package var running: FleetSet {
        let refused = Set(failures.map(\.index))
        let scripts = set.scripts.compactMap { refused.contains($0.index) ? lastGood[$0.index] : $0 }
        return FleetSet(scripts: scripts, environment: set.environment, keys: set.keys)
    }

    /// Takes over a set that was tried, and of which these scripts were refused.
    package mutating func take(_ new: FleetSet, refusing reasons: [FleetScriptFailure]) {
        let ran = Dictionary(running.scripts.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        let kept = Set(new.scripts.map(\.index))
        failures = reasons.filter { kept.contains($0.index) }
        lastGood = failures.reduce(into: [:]) { $0[$1.index] = ran[$1.index] }
        set = new
    }

    // MARK: On disk

    /// Its text on disk.
    package var json: JSONValue {
        var value = FleetPush(from: nil, to: set, nonce: "").json
        for member in ["type", "nonce", "remove"] { value[member] = nil }
        value["failures"] = .array(failures.map(\.json))
        value["lastGood"] = .array(
            lastGood.values.sorted { $0.index < $1.index }.map {
                ["index": .integer(Int64($0.index)), "title": .string($0.title), "code": .string($0.code)]
            })
        return value
    }

    /// Reads its text; throws if it is not what its revision names.
    package init(_ value: JSONValue) throws(FleetWireError) {
        var value = value
        value["nonce"] = ""
        guard let set = FleetSet().applying(try FleetPush(value)) else {
            throw FleetWireError("its content is not that of its revision")
        }
        var good: [Int: FleetScript] = [:]
        for script in value["lastGood"]?.array ?? [] {
            guard let index = script["index"]?.integer.flatMap({ Int(exactly: $0) }), let code = script["code"]?.string
            else { continue }
            good[index] = FleetScript(index: index, title: script["title"]?.string ?? "", code: code)
        }
        self.set = set
        failures = (value["failures"]?.array ?? []).compactMap(FleetScriptFailure.init)
        lastGood = good
    }
}
