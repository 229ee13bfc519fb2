/// Where a setting is: `scripting.sources[0]`.
///
/// Grammar: `path = segment ( "." segment | "[" integer "]" )*`; in a segment `\.`, `\=`, `\[` and `\\` stand for the
/// characters themselves.
package struct SettingPath: Sendable, Hashable, CustomStringConvertible {
    /// A step down from a value.
    package enum Step: Sendable, Hashable {
        /// To the member of a mapping.
        case member(String)
        /// To the element of a list.
        case element(Int)
    }

    /// The steps from the top.
    package let steps: [Step]

    /// Lists are not longer, so that a slip of the finger does not fill the memory.
    static let elementLimit = 1000

    /// These steps.
    package init(_ steps: [Step]) { self.steps = steps }

    /// Reads a path. The error is what is wrong with it.
    init(parsing text: some StringProtocol) throws(PathProblem) {
        var steps: [Step] = []
        var segment = ""
        var isExpectingSegment = true
        var rest = Array(text)[...]

        func finish(_ steps: inout [Step]) throws(PathProblem) {
            if !segment.isEmpty {
                steps.append(.member(segment))
            } else if isExpectingSegment {
                throw PathProblem(description: "a name is missing in the key")
            }
        }
        while let character = rest.popFirst() {
            switch character {
            case "\\":
                guard let next = rest.popFirst() else {
                    throw PathProblem(description: "the key ends with a backslash")
                }
                segment.append(next)
            case ".":
                try finish(&steps)
                segment = ""
                isExpectingSegment = true
            case "[":
                try finish(&steps)
                segment = ""
                isExpectingSegment = false
                let digits = rest.prefix { $0 != "]" }
                rest.removeFirst(digits.count)
                guard rest.popFirst() == "]" else { throw PathProblem(description: "a bracket is not closed") }
                guard let index = Int(String(digits)), 0..<Self.elementLimit ~= index else {
                    throw PathProblem(
                        description: "in brackets stands a number from 0 to \(Self.elementLimit - 1)")
                }
                steps.append(.element(index))
            default:
                guard isExpectingSegment || !segment.isEmpty else {
                    throw PathProblem(description: "after a bracket comes a dot")
                }
                segment.append(character)
            }
        }
        try finish(&steps)
        self.steps = steps
    }

    struct PathProblem: Error {
        let description: String
    }

    /// As it is written.
    package var description: String {
        steps.enumerated().map { position, step in
            switch step {
            case .member(let name):
                (position == 0 ? "" : ".")
                    + name.map { "\\.=[".contains($0) ? "\\\($0)" : String($0) }.joined()
            case .element(let index): "[\(index)]"
            }
        }.joined()
    }
}
