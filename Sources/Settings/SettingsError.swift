/// Why the configuration is not usable. Quotes no values, which may be secrets.
package enum SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The file is not YAML, or not a mapping.
    case notYAML(path: String, reason: String)
    /// A key has a value of another type.
    case wrongType(key: String, expected: String, origin: String)
    /// `--set` names a key that there is not.
    case unknownKey(String, suggestion: String?)
    /// An argument of `--set` and its siblings is not of their grammar.
    case malformed(argument: String, reason: String)

    /// What is wrong, where, and what to do.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read the configuration file \(path): \(reason)"
        case .notYAML(let path, let reason):
            "the configuration file \(path) is not valid: \(reason); mend it, or write one with the defaults with: "
                + "remora config --regenerate"
        case .wrongType(let key, let expected, let origin): "\(key) wants \(expected) (\(origin))"
        case .unknownKey(let key, let suggestion):
            "there is no setting \(key)" + (suggestion.map { "; did you mean \($0)?" } ?? "")
                + "; see all with: remora config"
        case .malformed(let argument, let reason): "\(argument): \(reason)"
        }
    }
}
