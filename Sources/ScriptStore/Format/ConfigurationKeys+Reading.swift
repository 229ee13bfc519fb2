internal import JSON
internal import Timestamps

extension ConfigurationKeys {
    /// Takes the values of a config map's entries over, and says which it could not take.
    package mutating func update(from data: [String: String]) -> [ConfigurationProblem] {
        var reading = KeyReading(data: data)
        let defaults = ConfigurationKeys()
        let previous = self

        func take<Value>(
            _ path: WritableKeyPath<ConfigurationKeys, Value>, _ key: String, _ expected: String,
            _ parse: (String) -> Value?
        ) {
            self[keyPath: path] = reading.value(
                key, default: defaults[keyPath: path], previous: previous[keyPath: path], expected, parse)
        }
        func text(_ path: WritableKeyPath<ConfigurationKeys, String>, _ key: String) {
            take(path, key, "wants a text") { $0.trimmed }
        }
        func list(_ path: WritableKeyPath<ConfigurationKeys, [String]>, _ key: String) {
            take(path, key, "wants a list with commas", KeyReading.list)
        }
        func flag(_ path: WritableKeyPath<ConfigurationKeys, Bool>, _ key: String) {
            take(path, key, "wants true or false") { Self.flags[$0.trimmed.lowercased()] }
        }
        func duration(_ path: WritableKeyPath<ConfigurationKeys, Duration>, _ key: String) {
            take(path, key, "wants a duration such as 300ms or 1h30m") { text in
                GoDuration.parse(text.trimmed).flatMap { $0 < .zero ? nil : $0 }
            }
        }
        func size(_ path: WritableKeyPath<ConfigurationKeys, Int64>, _ key: String) {
            take(path, key, "wants a size such as 500MB or 1Gi") { ByteSize.parse($0) }
        }

        take(\.podRegex, "POD_REGEX", "wants a regular expression") { text in
            (try? Regex(text)).map { _ in text }
        }
        list(\.namespaces, "NAMESPACES")
        list(\.excludedNamespaces, "EXCLUDED_NAMESPACES")
        flag(\.isStopped, "STOPPED")
        text(\.captureFilterOverride, "BPF_OVERRIDE")
        flag(\.capturesItself, "CAPTURE_SELF")
        flag(\.isDissectionEnabled, "DISSECTION_ENABLED")
        take(\.enabledDissectors, "ENABLED_DISSECTORS", "wants a list with commas") { KeyReading.list($0) }
        take(\.portMapping, "PORT_MAPPING", "wants JSON such as {\"http\": [80, 8080]}", KeyReading.portMapping)
        take(\.customMacros, "CUSTOM_MACROS", "wants JSON such as {\"https\": \"tls and http\"}", KeyReading.texts)
        text(\.globalFilter, "GLOBAL_FILTER")
        text(\.defaultFilter, "DEFAULT_FILTER")
        take(\.sampledPercent, "TRAFFIC_SAMPLE_RATE", "wants a number from 0 to 100") { text in
            Int(text.trimmed).flatMap { 0...100 ~= $0 ? $0 : nil }
        }
        duration(\.itemLifetime, "JSON_TTL")
        duration(\.streamLifetime, "PCAP_TTL")
        duration(\.failedStreamLifetime, "PCAP_ERROR_TTL")
        duration(\.duplicateWindow, "DUPLICATE_TIMEFRAME")
        flag(\.detectsDuplicates, "DETECT_DUPLICATES")
        flag(\.isRawCaptureEnabled, "RAW_CAPTURE_ENABLED")
        size(\.rawCaptureByteLimit, "RAW_CAPTURE_STORAGE_SIZE")
        flag(\.isDumpEnabled, "PCAP_DUMP_ENABLE")
        duration(\.dumpFileInterval, "PCAP_TIME_INTERVAL")
        duration(\.dumpLifetime, "PCAP_MAX_TIME")
        size(\.dumpByteLimit, "PCAP_MAX_SIZE")
        text(\.timeZone, "TIMEZONE")
        flag(\.isScriptEditingDisabled, "SCRIPTING_DISABLED")
        take(
            \.environmentSources, ConfigMapKey.environmentSources,
            "wants JSON such as [{\"secretRef\": {\"name\": \"aws\"}}]", KeyReading.environmentSources)
        return reading.problems
    }

    /// Upstream writes `true` and `false`; `1` and `0` come from its `--set`.
    private static let flags = ["true": true, "1": true, "false": false, "0": false]
}

/// Reads values and collects what is wrong with them.
private struct KeyReading {
    let data: [String: String]
    private(set) var problems: [ConfigurationProblem] = []

    init(data: [String: String]) { self.data = data }

    /// The value of a key. A text without content means the default, as a missing key does.
    mutating func value<Value>(
        _ key: String, default standard: Value, previous: Value, _ expected: String, _ parse: (String) -> Value?
    ) -> Value {
        guard let text = data[key], !text.trimmed.isEmpty else { return standard }
        if let value = parse(text) { return value }
        // A bounded piece of it: whoever put a file there does not want to read it again.
        problems.append(ConfigurationProblem(key: key, problem: "\(expected), not \"\(text.prefix(80))\""))
        return previous
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }

    static func portMapping(_ text: String) -> [String: [UInt16]]? {
        guard let object = (try? JSONValue(parsing: text))?.object else { return nil }
        var mapping: [String: [UInt16]] = [:]
        for (name, value) in object {
            guard let ports = value.array?.map({ $0.integer.flatMap { UInt16(exactly: $0) } }) else { return nil }
            guard ports.allSatisfy({ $0 != nil }) else { return nil }
            mapping[name] = ports.compactMap { $0 }
        }
        return mapping
    }

    static func texts(_ text: String) -> [String: String]? {
        guard let object = (try? JSONValue(parsing: text))?.object else { return nil }
        guard object.values.allSatisfy({ $0.string != nil }) else { return nil }
        return object.reduce(into: [:]) { $0[$1.key] = $1.value.string }
    }

    static func environmentSources(_ text: String) -> [EnvironmentSource]? {
        guard let array = (try? JSONValue(parsing: text))?.array else { return nil }
        let sources = array.compactMap(EnvironmentSource.init)
        return sources.count == array.count ? sources : nil
    }
}
