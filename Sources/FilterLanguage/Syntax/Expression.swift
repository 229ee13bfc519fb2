internal import JSON

/// A filter as a tree; what the parser makes and the evaluation walks.
indirect enum Expression: Sendable {
    case literal(JSONValue)
    case regularExpression(RegularExpression)
    case path(Path)
    /// A helper, with what stands before its dot as `receiver`.
    case call(FilterFunction, receiver: Expression?, arguments: [Expression])
    /// The rest of a path behind something else than a path, as in `x.json().a`.
    case selection(Expression, [PathStep])
    /// The truth of the operand, negated.
    case not(Expression)
    case negated(Expression)
    /// `a == b`, `a < b`; grouping to the right.
    case comparison(Comparison, Expression, Expression)
    /// Operands joined by `and` and `or`, which bind alike and group to the right: `a and b or c` is `a and (b or c)`.
    case chain(first: Expression, rest: [(Connective, Expression)])
    /// What stood in parentheses, or in a macro: the limit of what a missing path makes false.
    case group(Expression)
}

enum Connective: Sendable { case and, or }

enum Comparison: Sendable { case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual }

/// A path from the item's root.
struct Path: Sendable {
    let steps: [PathStep]
    /// What an item may answer without building a tree.
    let shortcut: Shortcut?

    enum Shortcut: Sendable {
        case field(ItemField)
        case entry(ItemTable, String)
    }

    init(_ steps: [PathStep]) {
        self.steps = steps
        var names: [String] = []
        for step in steps {
            guard case .member(let name) = step else { break }
            names.append(name)
        }
        guard names.count == steps.count else {
            shortcut = nil
            return
        }
        if let field = ItemField(rawValue: names.joined(separator: ".")) {
            shortcut = .field(field)
        } else if names.count > 1, let table = ItemTable(rawValue: names.dropLast().joined(separator: ".")) {
            shortcut = .entry(table, names[names.count - 1])
        } else {
            shortcut = nil
        }
    }
}

enum PathStep: Sendable, Equatable {
    /// `.name` or `["name"]`.
    case member(String)
    /// `[0]`; from the end if it is negative.
    case element(Int)
    /// `.*` or `[*]`: all members or elements.
    case all
    /// `..name`: members of that name at any depth.
    case descendants(String)
}
