internal import JSON
internal import YAML

/// What one kubeconfig or several merged ones hold, by name; fields are checked when they are used, so that a broken
/// entry troubles only those who choose it.
struct Kubeconfig: Sendable {
    /// The entries of one kind, in the order of the files.
    private struct Entries: Sendable {
        private(set) var names: [String] = []
        private var byName: [String: KubeconfigFields] = [:]

        subscript(name: String) -> KubeconfigFields? { byName[name] }

        /// Adds an entry unless one of this name is there already; says whether it did.
        @discardableResult mutating func add(_ name: String, _ fields: KubeconfigFields) -> Bool {
            guard byName[name] == nil else { return false }
            names.append(name)
            byName[name] = fields
            return true
        }
    }

    /// The files, in the order in which they count.
    private(set) var files: [String]
    /// The name of the current context, and the file that says so.
    private(set) var currentContext: (name: String, place: ConfigurationPlace)?
    private var entries: [KubeconfigEntryKind: Entries] = [:]

    /// Kubeconfigs are read up to this size: a thousand clusters with their certificates have half of it.
    static let byteLimit = YAML.Limits().bytes

    /// What those have who use no kubeconfig.
    static let empty = Kubeconfig(files: [])

    private init(files: [String]) { self.files = files }

    /// Reads one file; `path` must be absolute.
    init(path: String) throws(ConfigurationError) {
        self.init(files: [path])
        let root = try Self.root(path)
        if let kind = try root.string("kind"), kind != "Config" {
            throw .invalid(root.place.field("kind"), problem: "is \"\(kind)\", so this is no kubeconfig (kind: Config)")
        }
        currentContext = try root.string("current-context").map { ($0, root.place.field("current-context")) }
        for kind in [KubeconfigEntryKind.cluster, .context, .user] {
            entries[kind] = try Self.entries(root, kind)
        }
    }

    /// Whether nothing can be chosen from it.
    var isEmpty: Bool { currentContext == nil && entries.values.allSatisfy(\.names.isEmpty) }

    /// The names of all entries of a kind.
    func names(_ kind: KubeconfigEntryKind) -> [String] { entries[kind]?.names ?? [] }

    /// An entry that is named at `place`.
    func entry(
        _ kind: KubeconfigEntryKind, _ name: String, namedBy place: ConfigurationPlace
    ) throws(ConfigurationError) -> KubeconfigFields {
        guard let fields = entries[kind]?[name] else {
            throw .unknownName(kind, name: name, namedBy: place, known: names(kind))
        }
        return fields
    }

    /// Adds what a later file has and the earlier ones do not: the first file that has an entry, or sets the current
    /// context, counts. Entries are never mixed.
    mutating func merge(_ later: Kubeconfig) {
        files += later.files
        currentContext = currentContext ?? later.currentContext
        for (kind, laterEntries) in later.entries {
            for name in laterEntries.names {
                guard let fields = laterEntries[name] else { continue }
                entries[kind, default: Entries()].add(name, fields)
            }
        }
    }

    private static func root(_ path: String) throws(ConfigurationError) -> KubeconfigFields {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
        return try KubeconfigFields(parse(path), place: ConfigurationPlace(file: path), folder: folder)
    }

    private static func parse(_ path: String) throws(ConfigurationError) -> JSONValue {
        let bytes: [UInt8]
        do {
            bytes = try FileContents(path: path, limit: byteLimit).bytes
        } catch {
            throw .unreadable(file: path, problem: error, namedBy: nil)
        }
        do {
            return try YAML.parse(bytes)
        } catch {
            let problem = (error.context.map { "\($0): " } ?? "") + error.problem
            throw .malformed(file: path, line: error.line, column: error.column, problem: problem)
        }
    }

    private static func entries(
        _ root: KubeconfigFields, _ kind: KubeconfigEntryKind
    ) throws(ConfigurationError) -> Entries {
        var entries = Entries()
        for item in try root.list("\(kind.rawValue)s") {
            guard let name = try item.string("name") else {
                throw .invalid(item.place, problem: "has no name")
            }
            let place = ConfigurationPlace(file: root.place.file, entry: "\(kind.rawValue) \"\(name)\"")
            let fields = try item.at(place).fieldsOrNone(kind.rawValue).at(place)
            guard entries.add(name, fields) else { throw .invalid(place, problem: "stands twice in this file") }
        }
        return entries
    }
}
