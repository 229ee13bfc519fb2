/// What went wrong in a script, for its author: where, why, and in which line.
public struct ScriptFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why a call ended.
    public enum Reason: Sendable, Equatable {
        /// The text is no JavaScript, or none that may run.
        case syntax
        /// It threw.
        case thrown
        /// It broke its budget and was stopped.
        case stopped(BudgetBreach)
        /// It was stopped because its script was replaced or removed.
        case replaced
        /// It was a job that waited, and was stopped because a hook that ran meanwhile had to be stopped.
        case interrupted
        /// Remora could not run it.
        case engine
    }

    /// Whose failure it is.
    public let script: ScriptIdentity
    /// What the script was doing.
    public let place: ScriptPlace
    /// Why the call ended.
    public let reason: Reason
    /// The text of what was thrown, such as `TypeError: null is not an object`.
    public let text: String
    /// The message of a thrown error alone; else the same as the text.
    public let message: String
    /// The line in the user's file, from 1.
    public let line: Int?
    /// The column, from 1.
    public let column: Int?
    /// The calls that led there, innermost first, as `function@title:line:column`; only frames of the script.
    public let stack: [String]

    init(
        script: ScriptIdentity, place: ScriptPlace, reason: Reason, text: String, message: String? = nil,
        line: Int? = nil, column: Int? = nil, stack: [String] = []
    ) {
        self.script = script
        self.place = place
        self.reason = reason
        self.text = text
        self.message = message ?? text
        self.line = line
        self.column = column
        self.stack = stack
    }

    /// The error as one console message.
    public var description: String { "(\(place)) \(text)" + (location.map { " at \($0)" } ?? "") }

    /// `title:line:column`, as far as known.
    public var location: String? {
        guard let line else { return nil }
        return "\(script.title):\(line)" + (column.map { ":\($0)" } ?? "")
    }
}
