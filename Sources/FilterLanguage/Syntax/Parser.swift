internal import JSON

/// Makes a tree of a filter's text.
///
/// ```
/// query      = [ expr ]
/// expr       = equality { ("and" | "or") equality }        both bind alike, grouping to the right
/// equality   = comparison { ("==" | "!=") comparison }     grouping to the right
/// comparison = unary { (">=" | ">" | "<=" | "<") unary }   grouping to the right
/// unary      = { "!" | "-" } primary
/// primary    = number | string | r"…" | "true" | "false" | "nil" | "(" expr ")" | reference
/// reference  = name { "." name | ".*" | ".." name | "[" (integer | string | "*") "]" | "(" [ expr { "," expr } ] ")" }
/// ```
struct Parser {
    /// Parentheses and arguments may nest this deep; hostile input must not overflow the stack.
    static let depthLimit = 64
    /// All macros of one filter together may expand to this many tokens, so that macros of macros cannot explode.
    static let tokenLimit = 100_000

    private let tokens: [Token]
    private var position = 0
    private var context: ParsingContext

    static func parse(_ text: String, macros: FilterMacros) throws(FilterError) -> Expression? {
        var context = ParsingContext(macros: macros)
        return try parse(text, &context)
    }

    private static func parse(_ text: String, _ context: inout ParsingContext) throws(FilterError) -> Expression? {
        let tokens = try Lexer.tokens(of: text)
        context.tokenCount += tokens.count
        guard context.tokenCount <= tokenLimit else {
            throw FilterError(line: 1, column: 1, message: "the filter is too long: more than \(tokenLimit) parts")
        }
        guard tokens.count > 1 else { return nil }
        var parser = Parser(tokens: tokens, context: context)
        let expression = try parser.expression()
        guard parser.current.kind == .end else {
            throw parser.current.unexpected("\"and\", \"or\", an operator or the end")
        }
        context = parser.context
        return expression
    }

    private init(tokens: [Token], context: ParsingContext) {
        self.tokens = tokens
        self.context = context
    }

    // MARK: Operators

    private mutating func expression() throws(FilterError) -> Expression {
        let first = try equality()
        var rest: [(Connective, Expression)] = []
        while true {
            switch current.identifier {
            case "and": rest.append((.and, try operand { parser throws(FilterError) in try parser.equality() }))
            case "or": rest.append((.or, try operand { parser throws(FilterError) in try parser.equality() }))
            default: return rest.isEmpty ? first : .chain(first: first, rest: rest)
            }
        }
    }

    private mutating func operand(
        _ parse: (inout Parser) throws(FilterError) -> Expression
    ) throws(FilterError) -> Expression {
        position += 1
        return try parse(&self)
    }

    private mutating func equality() throws(FilterError) -> Expression {
        try rightGrouping([.equal: .equal, .notEqual: .notEqual]) { parser throws(FilterError) in
            try parser.comparison()
        }
    }

    private mutating func comparison() throws(FilterError) -> Expression {
        try rightGrouping([
            .less: .less, .lessOrEqual: .lessOrEqual, .greater: .greater, .greaterOrEqual: .greaterOrEqual,
        ]) { parser throws(FilterError) in try parser.unary() }
    }

    private mutating func rightGrouping(
        _ comparisons: [Token.Symbol: Comparison], _ operand: (inout Parser) throws(FilterError) -> Expression
    ) throws(FilterError) -> Expression {
        var operands = [try operand(&self)]
        var operators: [Comparison] = []
        while let symbol = current.symbol, let comparison = comparisons[symbol] {
            guard operators.count < Self.depthLimit else {
                throw current.unexpected("fewer than \(Self.depthLimit) comparisons in a row")
            }
            operators.append(comparison)
            operands.append(try self.operand(operand))
        }
        var result = operands.removeLast()
        while let left = operands.popLast(), let comparison = operators.popLast() {
            result = .comparison(comparison, left, result)
        }
        return result
    }

    private mutating func unary() throws(FilterError) -> Expression {
        var signs: [Token.Symbol] = []
        while let symbol = current.symbol, symbol == .not || symbol == .minus {
            guard signs.count < Self.depthLimit else { throw current.unexpected("a value") }
            signs.append(symbol)
            position += 1
        }
        var result = try primary()
        for sign in signs.reversed() { result = sign == .not ? .not(result) : .negated(result) }
        return result
    }

    // MARK: Values

    private mutating func primary() throws(FilterError) -> Expression {
        let token = current
        switch token.kind {
        case .integer(let value):
            position += 1
            return .literal(.integer(value))
        case .float(let value):
            position += 1
            return .literal(.double(value))
        case .string(let text):
            position += 1
            return .literal(.string(text))
        case .symbol(.openParenthesis):
            position += 1
            let inner = try nested(token) { parser throws(FilterError) in try parser.expression() }
            try expect(.closeParenthesis, "\")\", \"and\", \"or\" or an operator")
            return .group(inner)
        case .identifier("r"):
            // A regular expression only where the quote follows at once: `r` alone is a path.
            if case .string(let pattern) = peek(1).kind, peek(1).start == token.end {
                position += 2
                return .regularExpression(try compiled(pattern, at: token))
            }
            return try reference()
        case .identifier("true"):
            position += 1
            return .literal(.boolean(true))
        case .identifier("false"):
            position += 1
            return .literal(.boolean(false))
        case .identifier("nil"):
            position += 1
            return .literal(.null)
        case .identifier("and"), .identifier("or"): throw token.unexpected("a value")
        case .identifier: return try reference()
        default: throw token.unexpected("a value")
        }
    }

    private func compiled(_ pattern: String, at token: Token) throws(FilterError) -> RegularExpression {
        do {
            return try RegularExpression(pattern)
        } catch {
            throw FilterError(line: token.line, column: token.column, message: "\(error)")
        }
    }

    /// A path, a macro, a helper, and what follows on them.
    private mutating func reference() throws(FilterError) -> Expression {
        let start = current
        let name = start.identifier ?? ""
        position += 1
        var target = Target(steps: [.member(name)])
        if current.isSymbol(.openParenthesis) {
            target.call(name, receiver: nil, try arguments())
        } else if ![.dot, .ancestor, .openBracket].contains(current.symbol), let macro = context.macros.expansions[name]
        {
            return try expanded(name, macro, at: start)
        }
        while let symbol = current.symbol {
            switch symbol {
            case .dot:
                position += 1
                try member(&target)
            case .ancestor:
                position += 1
                guard let name = current.identifier else { throw current.unexpected("a name after \"..\"") }
                position += 1
                target.steps.append(.descendants(name))
            case .openBracket:
                position += 1
                target.steps.append(try subscriptStep())
            default: return target.expression
            }
        }
        return target.expression
    }

    /// What follows on a dot.
    private mutating func member(_ target: inout Target) throws(FilterError) {
        if current.isSymbol(.star) {
            position += 1
            target.steps.append(.all)
            // `.*name` is in the grammar beside `.*.name`.
            if let name = current.identifier, name != "and", name != "or" {
                position += 1
                target.steps.append(.member(name))
            }
            return
        }
        guard let name = current.identifier else { throw current.unexpected("a name or \"*\" after \".\"") }
        position += 1
        if current.isSymbol(.openParenthesis) {
            target.call(name, receiver: target.expression, try arguments())
        } else {
            target.steps.append(.member(name))
        }
    }

    private mutating func subscriptStep() throws(FilterError) -> PathStep {
        let step: PathStep
        switch current.kind {
        case .symbol(.star): step = .all
        case .string(let name): step = .member(name)
        case .integer(let index): step = .element(Int(index))
        case .symbol(.minus):
            guard case .integer(let index) = peek(1).kind else { throw peek(1).unexpected("an index") }
            position += 1
            step = .element(-Int(index))
        default: throw current.unexpected("an index, a string or \"*\"")
        }
        position += 1
        try expect(.closeBracket, "\"]\"")
        return step
    }

    private mutating func arguments() throws(FilterError) -> [Expression] {
        let open = current
        position += 1
        var arguments: [Expression] = []
        if current.isSymbol(.closeParenthesis) {
            position += 1
            return arguments
        }
        while true {
            arguments.append(try nested(open) { parser throws(FilterError) in try parser.expression() })
            if current.isSymbol(.comma) {
                position += 1
                continue
            }
            try expect(.closeParenthesis, "\",\" or \")\"")
            return arguments
        }
    }

    private mutating func expanded(_ name: String, _ macro: String, at token: Token) throws(FilterError) -> Expression {
        guard !context.openMacros.contains(name) else {
            throw FilterError(
                line: token.line, column: token.column, message: "the macro \"\(name)\" contains itself")
        }
        context.openMacros.append(name)
        do {
            let expression = try Self.parse(macro, &context)
            context.openMacros.removeLast()
            return .group(expression ?? .literal(.boolean(true)))
        } catch {
            throw FilterError(line: token.line, column: token.column, message: "in the macro \"\(name)\": \(error)")
        }
    }

    // MARK: Tokens

    private var current: Token { tokens[position] }

    private func peek(_ distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

    private mutating func expect(_ symbol: Token.Symbol, _ expected: String) throws(FilterError) {
        guard current.isSymbol(symbol) else { throw current.unexpected(expected) }
        position += 1
    }

    private mutating func nested(
        _ open: Token, _ parse: (inout Parser) throws(FilterError) -> Expression
    ) throws(FilterError) -> Expression {
        context.depth += 1
        defer { context.depth -= 1 }
        guard context.depth <= Self.depthLimit else {
            throw FilterError(
                line: open.line, column: open.column, message: "nested deeper than \(Self.depthLimit) levels")
        }
        return try parse(&self)
    }
}

/// What the parsers of a filter and of the macros in it share.
private struct ParsingContext {
    let macros: FilterMacros
    var openMacros: [String] = []
    var tokenCount = 0
    var depth = 0
}

/// A reference under construction: a path, or steps behind a call.
private struct Target {
    /// What the steps start from; nil is the item.
    private var base: Expression?
    var steps: [PathStep]

    init(steps: [PathStep]) { self.steps = steps }

    var expression: Expression {
        guard let base else { return .path(Path(steps)) }
        return steps.isEmpty ? base : .selection(base, steps)
    }

    mutating func call(_ name: String, receiver: Expression?, _ arguments: [Expression]) {
        base = .call(FilterFunction(name), receiver: receiver, arguments: arguments)
        steps = []
    }
}
