package import Dissection
package import JSON
internal import PacketCapture

/// What is captured and dissected, by the keys of the config map.
///
/// A value that makes no sense leaves the one before in force.
package struct TrafficSettings: Sendable, Equatable {
    /// The keys that are understood; others are none of ours.
    package static let keys = [
        "BPF_OVERRIDE", "DISSECTION_ENABLED", "ENABLED_DISSECTORS", "PORT_MAPPING", "TRAFFIC_SAMPLE_RATE",
    ]

    /// What is captured, in the language of tcpdump; empty for everything (`BPF_OVERRIDE`).
    package private(set) var filter = ""
    /// Whether items are made at all (`DISSECTION_ENABLED`).
    package private(set) var makesItems = true
    /// Which dissectors run, which ports hint at which, and which share of connections is dissected.
    package private(set) var dissection = DissectionSettings()

    /// The defaults.
    package init() {}

    /// Takes values; keys that are not named stay as they are. Returns what is wrong.
    ///
    /// - Parameters:
    ///   - check: throws if a filter is wrong for what is captured.
    package mutating func apply(
        _ values: [String: String], checkFilter check: (String) throws -> Void = { _ in }
    ) -> [String] {
        var problems: [String] = []
        for (key, text) in values.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "BPF_OVERRIDE":
                let text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                do {
                    try check(text)
                    filter = text
                } catch {
                    problems.append("\(key): \(error); the filter before stays in force")
                }
            case "DISSECTION_ENABLED":
                switch text.lowercased() {
                case "true", "": makesItems = true
                case "false": makesItems = false
                default: problems.append("\(key): \"\(text)\" is neither true nor false")
                }
            case "ENABLED_DISSECTORS":
                for name in dissection.setEnabled(text) {
                    problems.append("\(key): there is no dissector \"\(name)\" in this version")
                }
            case "PORT_MAPPING":
                do {
                    try dissection.setPortMapping(text)
                } catch {
                    problems.append("\(key): \(error)")
                }
            case "TRAFFIC_SAMPLE_RATE":
                if text.isEmpty {
                    dissection.sampledShare = 1
                } else if let percent = Double(text), (0...100).contains(percent) {
                    dissection.sampledShare = percent / 100
                } else {
                    problems.append("\(key): \"\(text)\" is no number from 0 to 100")
                }
            default: break
            }
        }
        return problems
    }
}

extension TrafficSettings {
    /// For programs.
    package var json: JSONValue {
        var ports: JSONValue = [:]
        for (port, names) in dissection.portMapping.sorted(by: { $0.key < $1.key }) {
            for name in names.sorted() { ports[name] = .array((ports[name]?.array ?? []) + [.integer(Int64(port))]) }
        }
        return [
            "BPF_OVERRIDE": .string(filter), "DISSECTION_ENABLED": .boolean(makesItems),
            "ENABLED_DISSECTORS": .array(dissection.enabled.sorted().map(JSONValue.string)), "PORT_MAPPING": ports,
            "TRAFFIC_SAMPLE_RATE": .double(dissection.sampledShare * 100),
        ]
    }
}
