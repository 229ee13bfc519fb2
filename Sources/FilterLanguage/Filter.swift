package import JSON
package import Timestamps

/// A filter in KFL, version 1, compiled: `http and response.status >= 500`.
///
/// Compile once, match often: matching builds nothing but what the filter looks at. Helpers that tell the time are
/// fixed when the filter is compiled; ``FilterCache`` compiles such filters anew each second.
///
/// The language is described in `docs/filter-language.md`.
package struct Filter: Sendable {
    /// The filter as it was written.
    package let text: String
    /// Whether it uses the time, so that it must be compiled anew to stay right.
    package let isTimeDependent: Bool
    private let expression: Expression?
    private let now: Int64
    private let redactions: [[Redaction.Step]]
    /// The most items that are wanted, if the filter says so by `limit(…)`; for whoever answers a query.
    package let limit: Int?

    /// Compiles a filter; an empty one matches everything.
    package init(
        _ text: String, macros: FilterMacros = .builtIn, now: Timestamp = .now()
    ) throws(FilterError) {
        self.text = text
        self.now = now.microseconds / 1_000
        expression = try Parser.parse(text, macros: macros)
        isTimeDependent = expression?.usesTime ?? false
        redactions = expression.map(Redaction.paths) ?? []
        limit = expression?.limit
    }

    /// Whether ``redacting(_:)`` changes anything.
    package var redacts: Bool { !redactions.isEmpty }

    /// Whether the item is one of those that the filter describes.
    package func matches(_ subject: some FilterSubject) -> Bool {
        guard let expression else { return true }
        var evaluation = Evaluation(subject, now: now)
        return evaluation.truth(of: expression)
    }

    /// The item with what the filter's `redact(…)` helpers name replaced by `[REDACTED]`.
    package func redacting(_ item: JSONValue) -> JSONValue {
        redactions.reduce(item) { Redaction.redact($0, at: $1[...]) }
    }
}

extension Expression {
    /// The smallest of the limits, wherever they stand.
    fileprivate var limit: Int? {
        switch self {
        case .literal, .regularExpression, .path: return nil
        case .group(let inner), .not(let inner), .negated(let inner), .selection(let inner, _): return inner.limit
        case .comparison(_, let a, let b): return [a.limit, b.limit].compactMap(\.self).min()
        case .chain(let first, let rest): return ([first.limit] + rest.map(\.1.limit)).compactMap(\.self).min()
        case .call(.limit, _, let arguments):
            guard case .literal(let value)? = arguments.first else { return nil }
            return value.integer.map { Int(clamping: max(0, $0)) }
        case .call(_, let receiver, let arguments):
            return ([receiver?.limit] + arguments.map(\.limit)).compactMap(\.self).min()
        }
    }

    fileprivate var usesTime: Bool {
        switch self {
        case .literal, .regularExpression, .path: false
        case .group(let inner), .not(let inner), .negated(let inner), .selection(let inner, _): inner.usesTime
        case .comparison(_, let a, let b): a.usesTime || b.usesTime
        case .chain(let first, let rest): first.usesTime || rest.contains { $0.1.usesTime }
        case .call(.now, _, _), .call(.fromNow, _, _): true
        case .call(_, let receiver, let arguments):
            receiver?.usesTime ?? false || arguments.contains { $0.usesTime }
        }
    }
}
