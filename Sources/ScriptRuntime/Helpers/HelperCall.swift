public import JSON

/// One call of a helper by a script: who called, with what, and until when it may wait.
///
/// The accessors turn arguments into what a helper wants by one rule for all helpers: a missing, undefined or null
/// optional argument is absent; an object where text is expected becomes its JSON; anything else that does not fit
/// throws a `TypeError` that names the helper and the argument.
public struct HelperCall: Sendable {
    /// The helper's path, such as `vendor.webhook`.
    public let path: String
    /// The script that called.
    public let script: ScriptIdentity
    /// Copies of the arguments.
    public let arguments: [ScriptValue]
    /// When the call that the helper is part of runs out of time. The engine stops waiting for the helper then, and
    /// drops its result; a helper with a time limit of its own takes the sooner one.
    public let deadline: ContinuousClock.Instant
    /// Prints a line to the script's console.
    public let console: @Sendable (ConsoleLevel, String) -> Void

    /// Makes a call by hand, for the tests of helpers.
    public init(
        path: String, script: ScriptIdentity, arguments: [ScriptValue], deadline: ContinuousClock.Instant,
        console: @escaping @Sendable (ConsoleLevel, String) -> Void
    ) {
        self.path = path
        self.script = script
        self.arguments = arguments
        self.deadline = deadline
        self.console = console
    }

    /// An argument, undefined where there is none.
    public subscript(index: Int) -> ScriptValue {
        arguments.indices.contains(index) ? arguments[index] : .undefined
    }

    /// An argument as JSON; nil if it is missing or undefined. Null is a value.
    public func value(_ index: Int) -> JSONValue? {
        if case .json(let value) = self[index] { value } else { nil }
    }

    /// A text, or nil if it is absent.
    public func optionalText(_ index: Int) -> String? {
        switch value(index) {
        case nil, .null: nil
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): JSONValue.double(number).description
        case .boolean(let flag): flag ? "true" : "false"
        case .some(let structure): structure.description
        }
    }

    /// A text that must be there.
    public func text(_ index: Int, _ name: String) throws(HelperError) -> String {
        guard let text = optionalText(index) else { throw missing(index, name, "a text") }
        return text
    }

    /// A number, or nil if it is absent; text that reads as a number counts as one.
    public func optionalNumber(_ index: Int, _ name: String) throws(HelperError) -> Double? {
        switch value(index) {
        case nil, .null: return nil
        case .integer(let number): return Double(number)
        case .double(let number) where !number.isNaN: return number
        case .boolean(let flag): return flag ? 1 : 0
        case .string(let text):
            if let number = Double(text) { return number }
            throw wrong(index, name, "a number")
        default: throw wrong(index, name, "a number")
        }
    }

    /// A number that must be there.
    public func number(_ index: Int, _ name: String) throws(HelperError) -> Double {
        guard let number = try optionalNumber(index, name) else { throw missing(index, name, "a number") }
        return number
    }

    /// An object, or nil if it is absent.
    public func optionalObject(_ index: Int, _ name: String) throws(HelperError) -> JSONValue? {
        switch value(index) {
        case nil, .null: return nil
        case .some(let value) where value.object != nil: return value
        default: throw wrong(index, name, "an object")
        }
    }

    /// An object that must be there.
    public func object(_ index: Int, _ name: String) throws(HelperError) -> JSONValue {
        guard let object = try optionalObject(index, name) else { throw missing(index, name, "an object") }
        return object
    }

    private func missing(_ index: Int, _ name: String, _ kind: String) -> HelperError {
        HelperError("\(path): argument \(index + 1) (\(name)) is missing: give \(kind)", name: "TypeError")
    }

    private func wrong(_ index: Int, _ name: String, _ kind: String) -> HelperError {
        HelperError("\(path): argument \(index + 1) (\(name)) is not \(kind)", name: "TypeError")
    }
}
