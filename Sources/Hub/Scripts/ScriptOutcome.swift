package import JSON
internal import ScriptRuntime
internal import Timestamps

/// What became of one script of the config map, for those who wrote it.
package struct ScriptOutcome: Sendable, Equatable {
    /// How it is.
    package enum State: String, Sendable {
        /// The version in the config map runs.
        case running
        /// The version in the config map was refused, and an earlier one runs.
        case outdated
        /// The version in the config map was refused, and nothing runs.
        case rejected
        /// It broke its budget again and again, and rests until its next edit.
        case quarantined
        /// It is not active.
        case inactive
    }

    package var index: Int
    package var title: String
    package var state: State
    /// The revision that runs.
    package var revision: String?
    /// The hooks that it has.
    package var hooks: [String] = []
    /// Why it was refused, or its latest failure.
    package var error: String?
    package var line: Int?
    package var column: Int?
    package var failures = 0
    package var dropped = 0
    package var calls = 0

    /// For programs.
    package var json: JSONValue {
        var value: JSONValue = [
            "index": .integer(Int64(index)), "title": .string(title), "state": .string(state.rawValue),
            "hooks": .array(hooks.map(JSONValue.string)), "calls": .integer(Int64(calls)),
            "failures": .integer(Int64(failures)), "dropped": .integer(Int64(dropped)),
        ]
        value["revision"] = revision.map(JSONValue.string)
        if let error {
            var details: JSONValue = ["message": .string(error)]
            details["line"] = line.map { .integer(Int64($0)) }
            details["column"] = column.map { .integer(Int64($0)) }
            value["error"] = details
        }
        return value
    }
}
