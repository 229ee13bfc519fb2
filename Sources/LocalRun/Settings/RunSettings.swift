package import JSON
package import ScriptFolder
package import ScriptRuntime

/// What a run is made with.
package struct RunSettings: Sendable {
    /// The name by which scripts know the hub.
    package static let hubNode = "hub"

    /// Where the scripts are.
    package var sources: [ScriptSource] = []
    /// What `utils.nodeName()` says; `hub` makes the process play the hub, anything else a worker.
    package var node = "local"
    /// What scripts see as `env`; an object.
    package var environment: JSONValue = [:]
    /// The titles of the scripts that run; nil for all.
    package var activeTitles: Set<String>?
    /// Whether the run ends when its inputs are read.
    package var endsWithInputs = false
    /// Whether each job runs once more before that end, whatever its time.
    package var runsJobsAtEnd = false
    /// Whether a script with syntax newer than ES5 is refused.
    package var isES5Required = false
    /// The folder that `file.*` is fenced into; without one there are no helpers but a run's own and those given to it.
    package var dataFolder: String?
    /// The limits of each script.
    package var budget = ScriptBudget()
    /// The clock by which jobs run.
    package var clock = ScriptClock.system
    /// How files are read and watched.
    package var folderLimits = ScriptFolderLimits()

    /// Takes the defaults.
    package init() {}

    /// Whether the process plays the hub.
    package var isHub: Bool { node == Self.hubNode }
}
