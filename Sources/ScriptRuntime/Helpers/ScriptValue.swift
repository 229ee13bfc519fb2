public import JSON

/// A value on its way between a script and a helper: always a copy, never a reference.
public enum ScriptValue: Sendable, Equatable {
    /// `undefined`: a missing argument, a function, or no result.
    case undefined
    /// Anything that JSON can say.
    case json(JSONValue)
    /// JSON text that is handed to the script as it is, parsed by its own engine: the fast way for large results.
    case jsonText([UInt8])
}

extension ScriptValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .json(.string(value)) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .json(.integer(value)) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .json(.boolean(value)) }
}
