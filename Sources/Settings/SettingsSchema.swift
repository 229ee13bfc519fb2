internal import JSON
internal import OrderedCollections

/// The settings that there are, with their types and defaults.
///
/// Sections of upstream's file that Remora does not use are kept and printed as they are, so that one file serves both.
enum SettingsSchema {
    indirect enum Kind {
        case text
        case flag
        case integer
        case texts
        /// Any names, with any values.
        case anything
        case section(OrderedDictionary<String, (kind: Kind, standard: JSONValue)>)
    }

    /// The section `scripting`; contract 9.1 and, of Remora's own, what names the objects in the cluster.
    private static let scripting: OrderedDictionary<String, (kind: Kind, standard: JSONValue)> = [
        "enabled": (.flag, false), "env": (.anything, [:]), "envFrom": (.anything, []), "source": (.text, ""),
        "sources": (.texts, []), "watchScripts": (.flag, true), "active": (.texts, []), "console": (.flag, true),
        "recursive": (.flag, false), "sourceName": (.text, ""), "configMap": (.text, ""), "secret": (.text, ""),
        "shards": (.flag, true), "history": (.flag, true),
    ]

    static let root: OrderedDictionary<String, (kind: Kind, standard: JSONValue)> = [
        "tap": (.section(["release": (.section(["namespace": (.text, "")]), [:])]), [:]),
        "kube": (.section(["configPath": (.text, ""), "context": (.text, "")]), [:]),
        "scripting": (.section(scripting), [:]), "logLevel": (.text, "warning"), "timezone": (.text, ""),
    ]

    /// Upstream's sections of which nothing is read; and of those that are read, members that are not known here.
    static let foreignSections: Set<String> = [
        "tap", "kube", "logs", "config", "pcapdump", "dumpLogs", "headless", "license", "cloudApiUrl",
        "cloudLicenseEnabled", "demoModeEnabled", "supportChatEnabled", "internetConnectivity",
        "betaEnabled", "manifests", "supplementalData",
    ]

    /// All defaults.
    static var defaults: JSONValue { defaults(of: root) }

    private static func defaults(
        of section: OrderedDictionary<String, (kind: Kind, standard: JSONValue)>
    ) -> JSONValue {
        .object(
            section.mapValues { entry in
                if case .section(let inner) = entry.kind { return defaults(of: inner) }
                return entry.standard
            })
    }

    /// The kind of the setting at some names; nil if there is none, and `.anything` below what is anything.
    static func kind(at names: [String]) -> Kind? {
        var section = root
        for (position, name) in names.enumerated() {
            guard let entry = section[name] else {
                // What upstream knows and Remora does not is not judged.
                return position == 0
                    ? (foreignSections.contains(name) ? .anything : nil)
                    : (names.first.map(foreignSections.contains) == true ? .anything : nil)
            }
            guard position < names.count - 1 else { return entry.kind }
            switch entry.kind {
            case .section(let inner): section = inner
            case .anything: return .anything
            default: return nil
            }
        }
        return .section(root)
    }

    /// The names of all settings, with dots.
    static var allKeys: [String] { keys(of: root, below: "") }

    private static func keys(
        of section: OrderedDictionary<String, (kind: Kind, standard: JSONValue)>, below prefix: String
    ) -> [String] {
        section.flatMap { name, entry -> [String] in
            if case .section(let inner) = entry.kind { return keys(of: inner, below: prefix + name + ".") }
            return [prefix + name]
        }
    }
}
