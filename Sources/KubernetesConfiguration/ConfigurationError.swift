/// Why it is not known how to reach a cluster, or as whom; in words that say what to do.
///
/// No description holds a secret: values of tokens, passwords and keys are never repeated.
public enum ConfigurationError: Error, Sendable, Equatable {
    /// No source of configuration exists; the places that were looked at, each with what was found there.
    case nothingFound(lookedFor: [String])
    /// A file cannot be read; the place that names it, unless it was looked for by itself.
    case unreadable(file: String, problem: FileProblem, namedBy: ConfigurationPlace?)
    /// A kubeconfig is not YAML.
    case malformed(file: String, line: Int, column: Int, problem: String)
    /// A field has a value that cannot be used.
    case invalid(ConfigurationPlace, problem: String)
    /// Something is named that no kubeconfig has.
    case unknownName(KubeconfigEntryKind, name: String, namedBy: ConfigurationPlace, known: [String])
    /// No context is chosen, and no cluster or server instead.
    case noContext(files: [String], known: [String])
    /// A credential plugin did not give credentials.
    case plugin(PluginFailure)
    /// The task that asked was cancelled.
    case cancelled

    /// Whether the same request may succeed a little later, with nothing done by a person.
    public var isRetryable: Bool {
        switch self {
        case .unreadable: true
        case .plugin(let failure): failure.isRetryable
        case .nothingFound, .malformed, .invalid, .unknownName, .noContext, .cancelled: false
        }
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// A sentence for a person: what happened, where, and what to do.
    public var description: String {
        switch self {
        case .nothingFound(let places):
            """
            found no way to reach a Kubernetes cluster. Looked for:
            \(places.map { "  - \($0)" }.joined(separator: "\n"))
            Name a kubeconfig with --kubeconfig or KUBECONFIG, give --server, or run in a pod with a service account.
            """
        case .unreadable(let file, let problem, let place):
            "cannot read \(file): \(problem)" + (place.map { " (named by \($0))" } ?? "")
        case .malformed(let file, let line, let column, let problem):
            "\(file), line \(line), column \(column): \(problem)"
        case .invalid(let place, let problem):
            "\(place): \(problem)"
        case .unknownName(let kind, let name, let place, let known):
            "\(place): there is no \(kind.rawValue) \"\(name)\""
                + (NameSuggestion.closest(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ".")
                + " " + NameSuggestion.listing(known, of: kind)
        case .noContext(let files, let known):
            "no context is chosen in \(files.joined(separator: ", ")): give --context, or set one with"
                + " `kubectl config use-context NAME`. \(NameSuggestion.listing(known, of: .context))"
        case .plugin(let failure):
            failure.description
        case .cancelled:
            "the task that asked for credentials was cancelled"
        }
    }
}

/// The named things that a kubeconfig holds.
public enum KubeconfigEntryKind: String, Sendable, Hashable {
    /// A server and how to trust it.
    case cluster
    /// A cluster and a user.
    case context
    /// Credentials.
    case user
}

/// Where in the configuration something stands.
public struct ConfigurationPlace: Sendable, Hashable, CustomStringConvertible {
    /// The file, or nil for an option.
    public var file: String?
    /// The entry, such as `user "dev"`.
    public var entry: String?
    /// The field's name, or the option's.
    public var key: String?

    /// A place of these parts.
    public init(file: String? = nil, entry: String? = nil, key: String? = nil) {
        self.file = file
        self.entry = entry
        self.key = key
    }

    /// Its parts, from the outermost to the innermost.
    public var description: String { [file, entry, key].compactMap { $0 }.joined(separator: ", ") }

    /// A field at this place; of a field of a field, the name is the whole path.
    func field(_ name: String) -> ConfigurationPlace {
        var place = self
        place.key = key.map { "\($0).\(name)" } ?? name
        return place
    }
}
