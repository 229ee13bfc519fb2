package import JSON

/// What the hub's end of the fleet needs of the hub. Everything is called from any thread and returns soon.
package struct FleetHubEnvironment: Sendable {
    /// A script of a worker printed something.
    package var print: @Sendable (FleetConsoleLine, WorkerIdentity) -> Void
    /// A script of a worker called `hub.action`.
    package var act: @Sendable (FleetAction, WorkerIdentity) -> Void
    /// A command was carried out.
    package var completed: @Sendable (FleetCommandResult, WorkerIdentity) -> Void
    /// A worker saved evidence.
    package var noted: @Sendable (JSONValue, WorkerIdentity) -> Void
    /// The pods that there are, as `ADDED`, for a worker that knows none.
    package var pods: @Sendable (FleetHello.Scope) async -> [FleetPodEvent]
    /// A set is for all workers from now on: what a hub after this one may take canaries back to.
    package var accepted: @Sendable (FleetSet) -> Void
    /// Something changed that a status shows.
    package var changed: @Sendable () -> Void
    /// A line for the log: what, and details.
    package var log: @Sendable (String, [(String, String)]) -> Void

    /// Does nothing.
    package init() {
        print = { _, _ in }
        act = { _, _ in }
        completed = { _, _ in }
        noted = { _, _ in }
        pods = { _ in [] }
        accepted = { _ in }
        changed = {}
        log = { _, _ in }
    }
}

/// Who a worker is.
package struct WorkerIdentity: Sendable, Hashable {
    /// Its name, unique among those that run.
    package let worker: String
    /// Its node.
    package let node: String
}
