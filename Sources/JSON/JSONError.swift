/// Why a text is not the JSON that was expected, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of fault.
    public enum Reason: Equatable, Sendable {
        /// The text ends inside a value.
        case truncated
        /// Something else stands where this was expected.
        case expected(StaticString)
        /// A control character stands unescaped in a string.
        case controlCharacter
        /// An escape sequence that JSON does not know.
        case escape
        /// Objects and arrays nest deeper than ``JSONReader/depthLimit``.
        case tooDeep
        /// The text is longer than its reader accepts; the offset is the limit.
        case tooLong
        /// More bytes follow the value.
        case trailingBytes

        /// Equal faults of equal expectation.
        public static func == (a: Reason, b: Reason) -> Bool {
            switch (a, b) {
            case (.tooLong, .tooLong), (.truncated, .truncated), (.controlCharacter, .controlCharacter),
                (.escape, .escape),
                (.tooDeep, .tooDeep), (.trailingBytes, .trailingBytes):
                true
            case (.expected(let a), .expected(let b)): a.description == b.description
            default: false
            }
        }
    }

    /// An error at a place in a text.
    public init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong.
    public let reason: Reason
    /// Where: bytes from the start of the text.
    public let offset: Int

    /// A sentence for a person.
    public var description: String {
        switch reason {
        case .truncated: "JSON ends too early, at byte \(offset)"
        case .expected(let what): "JSON: expected \(what) at byte \(offset)"
        case .controlCharacter: "JSON: unescaped control character in a string at byte \(offset)"
        case .escape: "JSON: unknown escape sequence at byte \(offset)"
        case .tooDeep: "JSON nests deeper than \(JSONReader.depthLimit) levels at byte \(offset)"
        case .tooLong: "JSON text longer than the limit of \(offset) bytes"
        case .trailingBytes: "JSON: more text after the value, at byte \(offset)"
        }
    }
}
