package import JSON

/// Something that a worker is asked to do once: a snapshot, a job.
package struct FleetCommand: Sendable, Equatable {
    /// Names it: its result repeats it, and a worker that sees it again does nothing.
    package let id: String
    /// What to do: `snapshot`, `pin`, `job.run`, `job.remove`, …
    package let name: String
    /// An object.
    package let arguments: JSONValue

    package init(id: String, name: String, arguments: JSONValue) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// What became of a command.
package struct FleetCommandResult: Sendable, Equatable {
    /// The command's.
    package let id: String
    /// Why it failed; nil: it did not.
    package let error: String?
    /// What it says beside.
    package let detail: JSONValue

    package init(id: String, error: String? = nil, detail: JSONValue = .null) {
        self.id = id
        self.error = error
        self.detail = detail
    }
}
