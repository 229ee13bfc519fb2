/// Why scripts could not be read from the cluster or written to it; errors of requests are `APIError`s.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no config map of the name.
    case noConfigMap(name: String, namespace: String)
    /// Several config maps carry the label and none has the usual name.
    case ambiguous(names: [String], namespace: String)
    /// The API server refuses changes of it.
    case immutable(kind: String, name: String)
    /// Others wrote faster for as long as this.
    case contended(name: String, attempts: Int, seconds: Int)
    /// Scripts for which there is no room.
    case tooLarge([SizeProblem])
    /// Further config maps that the index names have gone or changed, and it is not because of a newer index.
    case unreadable(ScriptSetError, configMap: String)

    /// What happened, to what, and what to do.
    package var description: String {
        switch self {
        case .noConfigMap(let name, let namespace):
            "there is no config map \(name) in namespace \(namespace); name the namespace with -n, or the config map "
                + "with --set scripting.configMap=NAME"
        case .ambiguous(let names, let namespace):
            "several config maps in namespace \(namespace) can be meant (\(names.joined(separator: ", "))): "
                + "name one with --set scripting.configMap=NAME"
        case .immutable(let kind, let name):
            "the \(kind) \(name) is immutable, so nothing can be written to it: delete it and create it without "
                + "\"immutable: true\""
        case .contended(let name, let attempts, let seconds):
            "others kept changing the config map \(name): given up after \(attempts) attempts in \(seconds) s; "
                + "nothing was written, try again"
        case .tooLarge(let problems): problems.map(\.description).joined(separator: "\n")
        case .unreadable(let error, let configMap):
            "the scripts in config map \(configMap) cannot be read: \(error)"
        }
    }
}

/// A script for which there is no room.
package struct SizeProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The script's index.
    package let index: Int
    /// The script's title.
    package let title: String
    /// What it takes in the config map, escaped.
    package let bytes: Int
    /// What there is room for.
    package let limit: Int
    /// What all scripts together take, if it is they that are too many.
    package let total: Int?

    /// Names the script and the sizes.
    package var description: String {
        let name = "script \(index) \"\(title.trimmed)\" takes \(bytes) bytes in the config map"
        guard let total else {
            return "\(name), more than the \(limit) that one script can have: shorten it, or split it"
        }
        return "\(name), and with it all take \(total), more than the \(limit) there is room for: remove others, or "
            + "allow further config maps with --set scripting.shards=true"
    }
}
