/// The helpers that scripts can call, by name.
///
/// One list for the check of scripts, for the declarations that editors read, and for the error of a helper that a
/// process does not have.
public enum HelperCatalog {
    /// Helpers of an object, by the object's path.
    private static let groups: [(owner: String, names: String)] = [
        ("console", "log error clear warn info debug"),
        ("test", "pass fail"),
        ("vendor", "webhook webhookForm request slack slackBot influxdb elastic"),
        ("vendor.influxdb", "writeAll"),
        ("vendor.elastic", "bulk"),
        ("vendor.kinesis", "put putAll"),
        ("vendor.s3", "put clear"),
        ("vendor.gcs", "put clear"),
        ("vendor.azure", "put"),
        ("vendor.otlp", "logs metrics traces"),
        ("file", "write append move copy delete mkdir mkdirTemp temp tar read exists list size"),
        ("pcap", "path snapshot nameResolutionHistory"),
        ("hub", "action targeted blockPod"),
        ("utils", "nodeName workerName json2Yaml"),
        ("jobs", "schedule remove removeAll list run runAll"),
        ("jobs.scheduler", "isRunning start stop"),
        ("kfl", "match validate"),
        ("prometheus", "vector metric"),
        ("aggregation", "msg json jsonWithMsg"),
        ("chatgpt", "prompt sentiment"),
        ("wrapper", "kflPcapS3 buildHAR joinMaps pcapSnapshot"),
    ]

    /// Helpers that stand alone.
    public static let functions: Set<String> = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"]

    /// Every helper's path, such as `vendor.s3.put`, in the order of the reference.
    public static let paths: [String] =
        groups.flatMap { group in group.names.split(separator: " ").map { "\(group.owner).\($0)" } }
        + functions.sorted()

    /// The objects at the front of paths.
    public static let roots: Set<String> = Set(groups.map { String($0.owner.prefix { $0 != "." }) })

    private static let known = Set(paths)
    /// Paths of objects that helpers stand in.
    private static let owners = Set(groups.map(\.owner)).union(roots)

    /// What a called path is.
    public enum Verdict: Sendable, Equatable {
        /// A helper, or something of its own that follows one (`vendor.webhook.call`).
        case known
        /// No helper; with the path that may have been meant.
        case unknown(suggestion: String?)
    }

    /// Judges a path that a script calls and that begins with one of the ``roots``.
    public static func judge(_ path: String) -> Verdict {
        var front = path[...]
        while true {
            if known.contains(String(front)) { return .known }
            guard let dot = front.lastIndex(of: ".") else { break }
            front = front[..<dot]
        }
        // Objects are objects: `hub.hasOwnProperty("action")` is a question and no helper.
        let parts = path.split(separator: ".")
        if let last = parts.last, objectMethods.contains(String(last)),
            owners.contains(parts.dropLast().joined(separator: "."))
        {
            return .known
        }
        return .unknown(suggestion: Suggestion.nearest(to: path, among: paths))
    }

    private static let objectMethods: Set<String> = ["hasOwnProperty", "propertyIsEnumerable", "toString", "valueOf"]
}
