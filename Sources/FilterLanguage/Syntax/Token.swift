/// The smallest parts of a filter's text.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier(String)
        case integer(Int64)
        case float(Double)
        /// The text between the quotes, escapes resolved.
        case string(String)
        /// `.`, `..`, `==`, `(` and the like.
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, CaseIterable {
        case equal = "==", notEqual = "!=", lessOrEqual = "<=", greaterOrEqual = ">=", less = "<", greater = ">"
        case not = "!", minus = "-", openParenthesis = "(", closeParenthesis = ")", openBracket = "["
        case closeBracket = "]", comma = ",", ancestor = "..", dot = ".", star = "*"
    }

    let kind: Kind
    /// The token as it stands in the text, for error messages.
    let text: String
    let line: Int
    let column: Int
    /// Where it begins and ends, counted in Unicode scalars: `r"…"` is a regular expression only without a gap.
    let start: Int
    let end: Int

    func isSymbol(_ symbol: Symbol) -> Bool { kind == .symbol(symbol) }

    /// The identifier, or nil if this is none.
    var identifier: String? { if case .identifier(let name) = kind { name } else { nil } }

    /// The symbol, or nil if this is none.
    var symbol: Symbol? { if case .symbol(let symbol) = kind { symbol } else { nil } }

    /// An error at this token.
    func unexpected(_ expected: String) -> FilterError {
        let what = kind == .end ? "unexpected end of the filter" : "unexpected token \"\(text)\""
        return FilterError(line: line, column: column, message: "\(what) (expected \(expected))")
    }
}
