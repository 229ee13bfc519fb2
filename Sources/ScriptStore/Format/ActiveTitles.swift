/// The titles in `SCRIPTING_ACTIVE_SCRIPTS`: which scripts are to be active when they are first seen.
///
/// Titles stand between commas; a comma in a title is written `\,` and a backslash `\\`. White space around a title does
/// not count, and titles are compared whole, not as parts of the text.
package struct ActiveTitles: Sendable, Equatable {
    /// The titles, trimmed, in order, none empty, none twice.
    package private(set) var titles: [String] = []

    /// No titles.
    package init() {}

    /// These titles.
    package init(_ titles: some Sequence<String>) {
        for title in titles { insert(title) }
    }

    /// Reads the text of the key; a missing key and an empty text are no titles.
    package init(parsing text: String?) {
        var title = ""
        var isEscaped = false
        for character in text ?? "" {
            switch character {
            case "," where isEscaped, "\\" where isEscaped:
                title.append(character)
                isEscaped = false
            case "\\": isEscaped = true
            case ",":
                insert(title)
                title = ""
            default:
                // Upstream's tools escape nothing: a backslash before anything else is itself.
                if isEscaped { title.append("\\") }
                isEscaped = false
                title.append(character)
            }
        }
        if isEscaped { title.append("\\") }
        insert(title)
    }

    /// The text of the key.
    package var text: String {
        titles.map { title in
            title.reduce(into: "") { text, character in
                if character == "," || character == "\\" { text.append("\\") }
                text.append(character)
            }
        }.joined(separator: ",")
    }

    /// Whether a script of this title is listed. A script without a title never is.
    package func contains(_ title: String) -> Bool { titles.contains(title.trimmed) }

    /// Adds a title unless it is empty or listed.
    package mutating func insert(_ title: String) {
        let title = title.trimmed
        if !title.isEmpty, !titles.contains(title) { titles.append(title) }
    }

    /// Takes a title out.
    package mutating func remove(_ title: String) {
        let title = title.trimmed
        titles.removeAll { $0 == title }
    }
}
