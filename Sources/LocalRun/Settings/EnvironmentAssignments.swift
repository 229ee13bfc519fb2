/// Assignments `NAME=value`, as on a command line and in a file.
package enum EnvironmentAssignments {
    /// One assignment: everything after the first `=` is the value.
    package static func parse(_ text: String) throws(RunRefusal) -> (name: String, value: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw RunRefusal("\"\(text)\" is no assignment: write NAME=value")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// A file of assignments, one a line; empty lines and lines that begin with `#` are passed over, `export` in front is
    /// too, and quotes around a value are taken off.
    package static func parse(file text: String, path: String) throws(RunRefusal) -> [(name: String, value: String)] {
        var assignments: [(name: String, value: String)] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var rest = line.drop { $0.isWhitespace }
            if rest.isEmpty || rest.hasPrefix("#") { continue }
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop { $0.isWhitespace } }
            while rest.last?.isWhitespace == true { rest.removeLast() }
            guard let equals = rest.firstIndex(of: "="), equals != rest.startIndex else {
                throw RunRefusal("\(path):\(number + 1): is no assignment: write NAME=value")
            }
            let name = rest[..<equals].split(whereSeparator: \.isWhitespace).joined()
            let value = rest[rest.index(after: equals)...].drop { $0.isWhitespace }
            assignments.append((name, unquoted(value)))
        }
        return assignments
    }

    private static func unquoted(_ value: Substring) -> String {
        guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote else {
            return String(value)
        }
        return String(value.dropFirst().dropLast())
    }
}
