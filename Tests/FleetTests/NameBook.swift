import Fleet

/// What somebody knows who reads lines about names as they are meant.
struct NameBook: Sendable {
    private(set) var names: [String: FleetName] = [:]
    private(set) var ends: [FleetNames.End] = []
    private(set) var parts: [FleetNames.Part] = []
    private var listed: Set<String>?

    /// Names by address, `kind namespace/name`.
    var short: [String: String] { names.mapValues { "\($0.kind) \($0.namespace)/\($0.name)" } }

    mutating func take(_ line: FleetNames) {
        parts.append(line.part)
        if line.part.begins { listed = [] }
        for end in line.ended {
            names[end.address] = nil
            ends.append(end)
        }
        for name in line.put {
            names[name.address] = name
            listed?.insert(name.address)
        }
        guard line.part.completes, let listed else { return }
        names = names.filter { listed.contains($0.key) }
        self.listed = nil
    }
}

extension Samples {
    static func name(_ address: String, _ name: String, _ kind: FleetName.Kind = .pod, since: Int64 = 1) -> FleetName {
        FleetName(
            address: address, kind: kind, namespace: kind == .node ? "" : "shop", name: name, since: since,
            node: kind == .pod ? "n1" : "")
    }

    static func news(_ address: String, _ name: String?, at time: Int64 = 10) -> FleetNameNews {
        FleetNameNews(address: address, name: name.map { Samples.name(address, $0, since: time) }, time: time)
    }
}
