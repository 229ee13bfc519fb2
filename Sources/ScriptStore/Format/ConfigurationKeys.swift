/// What the keys of the config map say beside the scripts: which pods are meant, and how capture works.
///
/// ```swift
/// var keys = ConfigurationKeys()
/// let problems = keys.update(from: configMap.data)
/// ```
/// A missing key has its default. A value that is no value of its key leaves the previous one in force, and is named.
package struct ConfigurationKeys: Sendable, Equatable {
    /// `POD_REGEX`: which pods are targeted, by their names.
    package var podRegex = ".*"
    /// `NAMESPACES`: the targeted namespaces; empty: all.
    package var namespaces: [String] = []
    /// `EXCLUDED_NAMESPACES`: namespaces that are not targeted.
    package var excludedNamespaces: [String] = []
    /// `STOPPED`: nothing is captured.
    package var isStopped = false
    /// `BPF_OVERRIDE`: the capture filter in place of the generated one; empty: none.
    package var captureFilterOverride = ""
    /// `CAPTURE_SELF`: also the product's own traffic.
    package var capturesItself = false
    /// `DISSECTION_ENABLED`: packets become items.
    package var isDissectionEnabled = true
    /// `ENABLED_DISSECTORS`: the protocols of items; nil: all that there are.
    package var enabledDissectors: [String]?
    /// `PORT_MAPPING`: the ports at which a protocol is expected.
    package var portMapping: [String: [UInt16]] = [:]
    /// `CUSTOM_MACROS`: what names stand for in filters.
    package var customMacros: [String: String] = [:]
    /// `GLOBAL_FILTER`: items that do not match are dropped everywhere; empty: none.
    package var globalFilter = ""
    /// `DEFAULT_FILTER`: the dashboard's first query.
    package var defaultFilter = ""
    /// `TRAFFIC_SAMPLE_RATE`: the share of streams that are dissected, in percent.
    package var sampledPercent = 100
    /// `JSON_TTL`: how long items live.
    package var itemLifetime: Duration = .seconds(300)
    /// `PCAP_TTL`: how long the packets of a stream live; zero: none are kept.
    package var streamLifetime: Duration = .zero
    /// `PCAP_ERROR_TTL`: the same for streams that could not be dissected.
    package var failedStreamLifetime: Duration = .zero
    /// `DUPLICATE_TIMEFRAME`: within which an equal item is a duplicate.
    package var duplicateWindow: Duration = .milliseconds(200)
    /// `DETECT_DUPLICATES`.
    package var detectsDuplicates = false
    /// `RAW_CAPTURE_ENABLED`: packets are kept for snapshots.
    package var isRawCaptureEnabled = true
    /// `RAW_CAPTURE_STORAGE_SIZE`: how many bytes of them.
    package var rawCaptureByteLimit: Int64 = 1 << 30
    /// `PCAP_DUMP_ENABLE`: workers keep files of all packets.
    package var isDumpEnabled = false
    /// `PCAP_TIME_INTERVAL`: how long one such file is written.
    package var dumpFileInterval: Duration = .seconds(60)
    /// `PCAP_MAX_TIME`: how long it is kept.
    package var dumpLifetime: Duration = .seconds(3600)
    /// `PCAP_MAX_SIZE`: how many bytes of them are kept.
    package var dumpByteLimit: Int64 = 500_000_000
    /// `TIMEZONE`: in which times are shown; empty: that of the viewer. Jobs run by UTC whatever it says.
    package var timeZone = ""
    /// `SCRIPTING_DISABLED`: the dashboard may not change scripts.
    package var isScriptEditingDisabled = false
    /// `SCRIPTING_ENV_FROM`: further secrets whose entries scripts see in `env`.
    package var environmentSources: [EnvironmentSource] = []

    /// The defaults.
    package init() {}
}

/// A value that its key does not allow; the value before stays in force.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// The key.
    package let key: String
    /// What the key wants, and what is there.
    package let problem: String

    /// A sentence.
    package var description: String { "\(key) \(problem); the value before stays in force" }
}
