/// Why a text is not the YAML that was expected, and where.
///
/// It never quotes a value of the text, which may be a secret; only names of keys, anchors and tags.
public struct YAMLError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    public let line: Int
    /// The column, counted from 1.
    public let column: Int
    /// What is wrong.
    public let problem: String
    /// What was being read when it went wrong, if that is known.
    public let context: String?

    /// Describes a fault and its place.
    public init(line: Int, column: Int, problem: String, context: String? = nil) {
        self.line = line
        self.column = column
        self.problem = problem
        self.context = context
    }

    /// A sentence for a person.
    public var description: String {
        "line \(line), column \(column): \(context.map { "\($0): " } ?? "")\(problem)"
    }
}
