/// What a worker does with what its hub says.
package protocol FleetWorkload: Sendable {
    /// Brings what runs in step with a set, each script for itself: one that is refused leaves what ran of it before.
    /// Returns what was refused. One call at a time.
    func apply(_ set: FleetSet) async -> [FleetScriptFailure]
    /// Calls `onPodEvent`. Called in order; returns soon.
    func deliver(_ event: FleetPodEvent)
    /// Takes note of whose addresses are. A table that ``FleetNames/Part/begins`` is read in the lines up to the one that
    /// completes it, unless another begins before. Called in order, with pod events; returns soon.
    func take(_ names: FleetNames)
    /// Carries out a command.
    func perform(_ command: FleetCommand) async -> FleetCommandResult
    /// How it does.
    var report: FleetWorkerReport { get }
}
