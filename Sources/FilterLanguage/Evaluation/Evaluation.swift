internal import JSON

/// One look of a filter at one item.
struct Evaluation {
    private let subject: any FilterSubject
    /// When the filter was compiled, in milliseconds since 1970: what `now()` is.
    private let now: Int64
    /// Made at most once, and only if a part of the filter wants it.
    private var tree: JSONValue?

    init(_ subject: any FilterSubject, now: Int64) {
        self.subject = subject
        self.now = now
    }

    /// The truth of a whole filter, or of what stands in parentheses: false where a path selects nothing.
    mutating func truth(of expression: Expression) -> Bool { evaluate(expression)?.truth ?? false }

    /// The value of an expression; nil where a path in it selects nothing, which then is the value of what surrounds it.
    private mutating func evaluate(_ expression: Expression) -> FilterValue? {
        switch expression {
        case .literal(let value): return .json(value)
        case .regularExpression(let pattern): return .regularExpression(pattern)
        case .path(let path): return value(at: path).map(FilterValue.json)
        case .group(let inner): return evaluate(inner) ?? .json(.boolean(false))
        case .not(let operand): return .json(.boolean(!truth(of: operand)))
        case .negated(let operand):
            guard let value = evaluate(operand) else { return nil }
            return Self.negated(value)
        case .comparison(let comparison, let left, let right):
            guard let left = evaluate(left), let right = evaluate(right) else { return nil }
            return .json(.boolean(Self.holds(comparison, left, right)))
        case .chain(let first, let rest): return chain(first, rest)
        case .selection(let base, let steps):
            guard case .json(let value)? = evaluate(base) else { return nil }
            return PathSelection.select(steps, in: value).map(FilterValue.json)
        case .call(let function, let receiver, let arguments): return call(function, receiver, arguments)
        }
    }

    /// `and` and `or` group to the right, so the first operand that decides, decides all that follows.
    private mutating func chain(_ first: Expression, _ rest: [(Connective, Expression)]) -> FilterValue? {
        guard var value = evaluate(first) else { return nil }
        for (connective, operand) in rest {
            switch connective {
            case .and: if !value.truth { return .json(.boolean(false)) }
            case .or: if value.truth { return .json(.boolean(true)) }
            }
            guard let next = evaluate(operand) else { return nil }
            value = next
        }
        return .json(.boolean(value.truth))
    }

    private mutating func value(at path: Path) -> JSONValue? {
        if let shortcut = path.shortcut {
            let answer =
                switch shortcut {
                case .field(let field): subject.answer(field)
                case .entry(let table, let name): subject.answer(table, name)
                }
            switch answer {
            case .value(let value): return value
            case .missing: return nil
            case .askTree: break
            }
        }
        let root = tree ?? subject.tree
        tree = root
        return PathSelection.select(path.steps, in: root)
    }

    private static func negated(_ value: FilterValue) -> FilterValue {
        switch value {
        case .json(.integer(let number)):
            .json(number == .min ? .double(-Double(number)) : .integer(-number))
        case .json(.double(let number)): .json(.double(-number))
        default: value
        }
    }

    private static func holds(_ comparison: Comparison, _ a: FilterValue, _ b: FilterValue) -> Bool {
        switch comparison {
        case .equal: a == b
        case .notEqual: !(a == b)
        case .less: FilterValue.compare(a, b, <)
        case .lessOrEqual: FilterValue.compare(a, b, <=)
        case .greater: FilterValue.compare(a, b, >)
        case .greaterOrEqual: FilterValue.compare(a, b, >=)
        }
    }

    // MARK: Helpers

    private mutating func call(
        _ function: FilterFunction, _ receiver: Expression?, _ arguments: [Expression]
    ) -> FilterValue? {
        switch function {
        case .startsWith: return text(receiver, arguments) { $0.utf8.starts(with: $1.utf8) }
        case .endsWith: return text(receiver, arguments) { $0.utf8.reversed().starts(with: $1.utf8.reversed()) }
        case .contains: return text(receiver, arguments) { $0.containsBytes(of: $1) }
        case .datetime:
            guard case .json(.string(let text))? = argument(arguments) else { return .json(.boolean(false)) }
            return .json(FilterDate.milliseconds(text).map(JSONValue.integer) ?? .boolean(false))
        case .now: return .json(.integer(now))
        case .fromNow(let unit):
            guard case .json(let value)? = argument(arguments) else { return nil }
            let distance = value.filterNumber * Double(unit)
            // Within the range in which doubles are exact; beyond it lie only times that no item has.
            return .json(.integer(now + Int64(min(max(distance, -9e15), 9e15))))
        case .limit, .redact: return .json(.boolean(true))
        case .json:
            guard case .json(let value)? = receiver.flatMap({ evaluate($0) }) else { return nil }
            return EmbeddedText.json(in: value).map(FilterValue.json)
        case .xml:
            guard case .json(let value)? = receiver.flatMap({ evaluate($0) }) else { return nil }
            return EmbeddedText.xml(in: value).map(FilterValue.json)
        case .record:
            guard case .json(let name)? = argument(arguments) else { return nil }
            let record = value(at: Path([.member("record")]))
            return .json(.boolean(record?.equalsInFilter(name) ?? false))
        case .unknown: return nil
        }
    }

    private mutating func argument(_ arguments: [Expression]) -> FilterValue? {
        arguments.first.flatMap { evaluate($0) }
    }

    /// A helper that compares the text of its receiver with that of its argument: false where the receiver is missing.
    /// Of several values, one that fits is enough.
    private mutating func text(
        _ receiver: Expression?, _ arguments: [Expression], _ fits: (String, String) -> Bool
    ) -> FilterValue {
        guard let receiver, case .json(let value)? = evaluate(receiver),
            case .json(let wanted)? = argument(arguments)
        else { return .json(.boolean(false)) }
        let text = wanted.filterText
        return .json(.boolean(value.elementsInFilter.contains { fits($0.filterText, text) }))
    }
}

extension String {
    fileprivate func containsBytes(of other: String) -> Bool {
        var (text, wanted) = (self, other)
        return text.withUTF8 { text in
            wanted.withUTF8 { wanted in
                guard let wantedStart = wanted.baseAddress, wanted.count > 0 else { return true }
                guard let start = text.baseAddress else { return false }
                return Bytes.contains(start, text.count, wantedStart, wanted.count)
            }
        }
    }
}
