/// Why a text is not a filter, and where.
package struct FilterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1 on.
    package let line: Int
    /// The character within the line, from 1 on.
    package let column: Int
    /// What is wrong there, and what was expected.
    package let message: String

    /// An error at a place.
    package init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }

    /// `line:column: message`, as scripts see it.
    package var description: String { "\(line):\(column): \(message)" }
}
