/// Names what exists to someone who named what does not.
enum NameSuggestion {
    /// So many names are listed; a longer list would bury the message it belongs to.
    private static let listedNames = 12

    /// The known name that `name` is likely to be a misspelling of.
    static func closest(to name: String, among known: [String]) -> String? {
        // A third of the letters wrong, or two that changed places, is a misspelling; more is another name.
        let tolerance = max(2, name.count / 3)
        return known.map { (name: $0, distance: distance($0.lowercased(), name.lowercased())) }
            .filter { $0.distance <= tolerance && $0.distance < min($0.name.count, name.count) }
            .min { $0.distance < $1.distance }?.name
    }

    /// A sentence that lists the entries of a kind.
    static func listing(_ known: [String], of kind: KubeconfigEntryKind) -> String {
        guard !known.isEmpty else { return "There are no \(kind.rawValue)s." }
        let listed = known.prefix(listedNames).map { "\"\($0)\"" }.joined(separator: ", ")
        let rest = known.count - listedNames
        return "Known \(kind.rawValue)s: \(listed)\(rest > 0 ? " and \(rest) more" : "")."
    }

    /// How many letters must be inserted, removed or replaced to make `b` of `a`.
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (b[j] == letter ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
