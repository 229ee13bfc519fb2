internal import Threading

/// Looks once a second for scripts that are stuck in a native step, and lets the syntax checker rest.
///
/// Such a step (a regular expression, a search through billions of elements) ends by itself and then the script is
/// stopped; until then somebody should know which script takes a core.
final class EngineSupervisor: Sendable {
    private struct State {
        var isStopped = false
        var reported: Set<Int> = []
    }

    private static let interval: Duration = .seconds(1)
    /// The checker's VM holds 7 MB; it goes when for so long no script was loaded.
    private static let ticksBeforeRest = 10

    private let monitor = Monitor(State())

    init(_ services: EngineServices) {
        // Without this thread scripts run all the same; only the report is missing.
        try? NamedThread.start("script-watch") { [monitor] in Self.loop(monitor, services) }
    }

    func stop() { monitor.change { $0.isStopped = true } }

    private static func loop(_ monitor: Monitor<State>, _ services: EngineServices) {
        var ticks = 0
        while monitor.wait(until: .now + interval, { $0.isStopped ? true : nil }) == nil {
            ticks += 1
            if ticks % ticksBeforeRest == 0 { services.checker.restUnlessUsed() }
            for lane in services.allLanes { look(at: lane, monitor, after: services.budget.stuckReport) }
        }
    }

    private static func look(at lane: ScriptLane, _ monitor: Monitor<State>, after limit: Duration) {
        let isStuck = lane.owner?.isStuck(for: limit) == true
        let isNew = monitor.read { state in
            guard isStuck else {
                state.reported.remove(lane.index)
                return false
            }
            return state.reported.insert(lane.index).inserted
        }
        guard isNew else { return }
        lane.console.print(
            .error,
            "has been in one native step for over \(limit) (stuckReport): a regular expression, a sort or a search")
    }
}
