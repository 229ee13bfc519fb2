/// A file that a configuration names, and how to speak of it.
struct WatchedFile: Sendable {
    /// Where it is, as an absolute path.
    let path: String
    /// What names it; nil if it was looked for by itself.
    let namedBy: ConfigurationPlace?

    /// Something is wrong with what it holds.
    func invalid(_ problem: String) -> ConfigurationError {
        guard let namedBy else { return .invalid(ConfigurationPlace(file: path), problem: problem) }
        return .invalid(namedBy, problem: "\(path) \(problem)")
    }
}
