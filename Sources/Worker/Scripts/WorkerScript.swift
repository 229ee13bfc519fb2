package import JSON

/// A script as it is handed to a worker.
package struct WorkerScript: Sendable, Equatable {
    /// Its key in the config map, which is its number in console lines.
    package var index: Int
    /// Its title, by which it is replaced and removed.
    package var title: String
    /// Its text.
    package var source: String

    /// Names a script and its text.
    package init(index: Int, title: String, source: String) {
        self.index = index
        self.title = title
        self.source = source
    }
}

/// What became of one version of a script in this worker: an ack or a nack.
package struct ScriptVerdict: Sendable, Equatable {
    /// Whether it runs.
    package enum Outcome: Sendable, Equatable {
        /// It runs. The warnings say what in it is newer than ES5.
        case ack(revision: String, hooks: [String], warnings: [String])
        /// It was refused: why, and where in the text, from 1 on. A version before it goes on if there was one.
        case nack(message: String, line: Int?, column: Int?, formerGoesOn: Bool)
    }

    /// Which script.
    package var index: Int
    package var title: String
    /// What became of it.
    package var outcome: Outcome

    /// Names a script and what became of it.
    package init(index: Int, title: String, outcome: Outcome) {
        self.index = index
        self.title = title
        self.outcome = outcome
    }

    /// Whether it runs.
    package var isAck: Bool { if case .ack = outcome { true } else { false } }

    /// For programs.
    package var json: JSONValue {
        var value: JSONValue = ["index": .integer(Int64(index)), "title": .string(title)]
        switch outcome {
        case .ack(let revision, let hooks, let warnings):
            value["state"] = "running"
            value["revision"] = .string(revision)
            value["hooks"] = .array(hooks.map(JSONValue.string))
            if !warnings.isEmpty { value["warnings"] = .array(warnings.map(JSONValue.string)) }
        case .nack(let message, let line, let column, let formerGoesOn):
            value["state"] = formerGoesOn ? "outdated" : "rejected"
            var error: JSONValue = ["message": .string(message)]
            error["line"] = line.map { .integer(Int64($0)) }
            error["column"] = column.map { .integer(Int64($0)) }
            value["error"] = error
        }
        return value
    }
}

/// Where a worker's scripts come from: a folder, or a hub.
package protocol WorkerScriptFeed: Sendable {
    /// Brings the worker's scripts in step, until the task is cancelled. Calls ``WorkerScripts/markReady()`` once the
    /// first complete set is loaded.
    func run(_ scripts: WorkerScripts) async throws
}

/// What scripts of a worker reach of the hub.
package protocol HubLink: Sendable {
    /// Hands an action to the hub's `onHubAction`; fire and forget.
    func act(_ action: String, object: [UInt8]?, by script: WorkerScript.Identity)
    /// The answer of `hub.targeted()`: `{targets, excluded}`.
    var targets: JSONValue { get }
}

extension WorkerScript {
    /// Which script.
    package struct Identity: Sendable, Equatable {
        package var index: Int
        package var title: String
    }
}
