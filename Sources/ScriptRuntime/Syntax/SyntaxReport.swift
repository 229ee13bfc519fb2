/// Something in a script that ES5 does not know.
public struct SyntaxFinding: Sendable, Equatable, CustomStringConvertible {
    /// Its name as authors know it, such as `arrow function`.
    public let construct: String
    /// The line, from 1.
    public let line: Int
    /// The column, from 1.
    public let column: Int

    /// One sentence for the author.
    public var description: String { "\(line):\(column): \(construct) is newer than ES5, on which scripts can rely" }
}

/// What the check of a text found, before any of it has run.
public struct SyntaxReport: Sendable, Equatable {
    /// What is newer than ES5, in the order of the text, each construct once.
    public let findings: [SyntaxFinding]
    /// Where the text is no JavaScript at all; nil if it is.
    public let error: SyntaxFinding?
    /// Names that the script assigns without declaring them; they stay its own and are not shared.
    public let undeclared: [String]
    /// False if the parser was not found: then newer syntax is not seen, and undeclared names are shared.
    public let isComplete: Bool

    /// What runs outside every limit, and is refused whatever the settings.
    public var refused: SyntaxFinding? {
        findings.first { SyntaxChecker.unlimited.contains($0.construct) }
    }
}
