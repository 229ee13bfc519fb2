package import Dissection
internal import FilterLanguage
package import JSON
internal import PacketCapture
package import ScriptTraffic
internal import Timestamps

/// What is captured and dissected, by the keys of the config map.
///
/// A value that makes no sense leaves the one before in force.
package struct TrafficSettings: Sendable, Equatable {
    /// The keys that are understood; others are none of ours.
    package static let keys = [
        "BPF_OVERRIDE", "CAPTURE_SELF", "CUSTOM_MACROS", "DETECT_DUPLICATES", "DISSECTION_ENABLED",
        "DUPLICATE_TIMEFRAME", "ENABLED_DISSECTORS", "GLOBAL_FILTER", "PCAP_TTL", "PORT_MAPPING", "STOPPED",
        "TRAFFIC_SAMPLE_RATE",
    ]

    /// What is captured, in the language of tcpdump; empty for everything (`BPF_OVERRIDE`).
    package private(set) var filter = ""
    /// Whether items are made at all (`DISSECTION_ENABLED`).
    package private(set) var makesItems = true
    /// Which dissectors run, which ports hint at which, and which share of connections is dissected.
    package private(set) var dissection = DissectionSettings()
    /// Nothing is captured (`STOPPED`).
    package private(set) var isStopped = false
    /// The worker's own connections are captured, too (`CAPTURE_SELF`).
    package private(set) var capturesItself = false
    /// What filters of all scripts have in common (`GLOBAL_FILTER`, `CUSTOM_MACROS`).
    package private(set) var terms = FilterTerms()
    /// How long files of streams stay that scripts asked for (`PCAP_TTL`); zero: none are written.
    package private(set) var streamFilesKept = PacketArchive.streamFilesKept
    private var detectsDuplicates = false { didSet { duplicatesChanged() } }
    private var duplicateWindow = Self.duplicateWindow { didSet { duplicatesChanged() } }

    private static let duplicateWindow: Duration = .milliseconds(200)
    /// A filter that no packet passes.
    private static let nothing = "less 0"

    /// The defaults.
    package init() {}

    private mutating func duplicatesChanged() {
        dissection.duplicateWindow = detectsDuplicates ? Int64(duplicateWindow / .nanoseconds(1)) : nil
    }

    /// What is to be captured, all in all: `BPF_OVERRIDE` in place of everything else.
    ///
    /// - Parameters:
    ///   - own: a filter for all but the worker's own connections.
    func captureFilter(own: String) -> String {
        if isStopped { return Self.nothing }
        return filter.isEmpty && !capturesItself ? own : filter
    }

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
                flag(\.makesItems, key, text, &problems, whenEmpty: true)
            case "STOPPED": flag(\.isStopped, key, text, &problems)
            case "CAPTURE_SELF": flag(\.capturesItself, key, text, &problems)
            case "DETECT_DUPLICATES": flag(\.detectsDuplicates, key, text, &problems)
            case "DUPLICATE_TIMEFRAME":
                duration(\.duplicateWindow, key, text, &problems, whenEmpty: Self.duplicateWindow)
            case "PCAP_TTL":
                duration(\.streamFilesKept, key, text, &problems, whenEmpty: PacketArchive.streamFilesKept)
            case "CUSTOM_MACROS":
                do {
                    terms.macros = try FilterMacros.custom(parsing: text)
                } catch {
                    problems.append("\(key): \(error); the macros before stay in force")
                }
            // After the macros, by the order of names: it may use them.
            case "GLOBAL_FILTER":
                do throws(FilterError) {
                    _ = try Filter(text, macros: terms.macros)
                    terms.globalFilter = text.contains { !$0.isWhitespace } ? text : ""
                } catch {
                    problems.append("\(key): \(error); the filter before stays in force")
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

    private mutating func flag(
        _ path: WritableKeyPath<Self, Bool>, _ key: String, _ text: String, _ problems: inout [String],
        whenEmpty standard: Bool = false
    ) {
        switch text.lowercased() {
        case "": self[keyPath: path] = standard
        // `1` and `0` come from upstream's `--set`.
        case "true", "1": self[keyPath: path] = true
        case "false", "0": self[keyPath: path] = false
        default: problems.append("\(key): \"\(text)\" is neither true nor false")
        }
    }

    private mutating func duration(
        _ path: WritableKeyPath<Self, Duration>, _ key: String, _ text: String, _ problems: inout [String],
        whenEmpty standard: Duration
    ) {
        if text.isEmpty {
            self[keyPath: path] = standard
        } else if let value = GoDuration.parse(text), value >= .zero {
            self[keyPath: path] = value
        } else {
            problems.append("\(key): \"\(text)\" is no duration such as 300ms or 1h30m")
        }
    }
}

extension TrafficSettings {
    /// For programs.
    package var json: JSONValue {
        var ports: JSONValue = [:]
        for (port, names) in dissection.portMapping.sorted(by: { $0.key < $1.key }) {
            for name in names.sorted() { ports[name] = .array((ports[name]?.array ?? []) + [.integer(Int64(port))]) }
        }
        var macros: JSONValue = [:]
        for (name, text) in terms.macros.expansions.sorted(by: { $0.key < $1.key })
        where FilterMacros.builtIn.expansions[name] != text { macros[name] = .string(text) }
        return [
            "BPF_OVERRIDE": .string(filter), "CAPTURE_SELF": .boolean(capturesItself), "CUSTOM_MACROS": macros,
            "DETECT_DUPLICATES": .boolean(detectsDuplicates), "DISSECTION_ENABLED": .boolean(makesItems),
            "DUPLICATE_TIMEFRAME": .string("\(duplicateWindow / .milliseconds(1))ms"),
            "GLOBAL_FILTER": .string(terms.globalFilter),
            "PCAP_TTL": .string("\(streamFilesKept / .seconds(1))s"), "STOPPED": .boolean(isStopped),
            "ENABLED_DISSECTORS": .array(dissection.enabled.sorted().map(JSONValue.string)), "PORT_MAPPING": ports,
            "TRAFFIC_SAMPLE_RATE": .double(dissection.sampledShare * 100),
        ]
    }
}
