internal import JSON

/// What a part of a filter evaluates to.
enum FilterValue {
    case json(JSONValue)
    case regularExpression(RegularExpression)

    /// Whether it counts as true by itself: a non-empty text, a number above zero, `true`, a non-empty array, an object.
    var truth: Bool {
        guard case .json(let value) = self else { return false }
        return switch value {
        case .null: false
        case .boolean(let value): value
        case .integer(let value): value > 0
        case .double(let value): value > 0
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object: true
        }
    }

    static func == (a: FilterValue, b: FilterValue) -> Bool {
        switch (a, b) {
        case (.json(let a), .json(let b)): a.equalsInFilter(b)
        case (.regularExpression(let pattern), .json(let value)), (.json(let value), .regularExpression(let pattern)):
            value.elementsInFilter.contains { pattern.matches($0.filterText) }
        case (.regularExpression, .regularExpression): false
        }
    }

    /// Whether `isOrdered` holds between the numbers of both: of any element of an array and a scalar, of every pair of
    /// elements of two arrays.
    static func compare(_ a: FilterValue, _ b: FilterValue, _ isOrdered: (Double, Double) -> Bool) -> Bool {
        guard case .json(let a) = a, case .json(let b) = b else { return false }
        switch (a, b) {
        case (.array(let a), .array(let b)):
            return !a.isEmpty && !b.isEmpty
                && a.allSatisfy { left in b.allSatisfy { isOrdered(left.filterNumber, $0.filterNumber) } }
        case (.array(let a), _): return a.contains { isOrdered($0.filterNumber, b.filterNumber) }
        case (_, .array(let b)): return b.contains { isOrdered(a.filterNumber, $0.filterNumber) }
        default:
            // Whole numbers beyond 2^53 compare exactly.
            if case .integer(let a) = a, case .integer(let b) = b {
                return a == b ? isOrdered(0, 0) : a < b ? isOrdered(0, 1) : isOrdered(1, 0)
            }
            return isOrdered(a.filterNumber, b.filterNumber)
        }
    }
}

extension JSONValue {
    /// Equality as filters see it: numbers by value, an array and a scalar if any element is equal, structures by
    /// their contents, anything else by its text.
    func equalsInFilter(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.integer(let a), .integer(let b)): a == b
        case (.integer, .double), (.double, .integer), (.double, .double): double == other.double
        case (.array, .array), (.object, .object): self == other
        case (.array(let elements), _): elements.contains { $0.equalsInFilter(other) }
        case (_, .array(let elements)): elements.contains { equalsInFilter($0) }
        default: filterText == other.filterText
        }
    }

    /// The elements of an array; anything else alone.
    var elementsInFilter: [JSONValue] { array ?? [self] }

    /// The text by which values of different kinds are compared.
    var filterText: String {
        if case .string(let text) = self { text } else { description }
    }

    /// The number by which values are ordered: of a text that is none, 0.
    var filterNumber: Double {
        switch self {
        case .null, .array, .object: 0
        case .boolean(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .double(let value): value
        case .string(let text): Double(text) ?? 0
        }
    }
}
