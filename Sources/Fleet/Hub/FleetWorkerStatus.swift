package import JSON

/// How one worker does, for those who run the fleet: a row of the matrix script × worker.
package struct FleetWorkerStatus: Sendable, Equatable {
    /// How it stands to the set that it is to hold.
    package enum State: String, Sendable, CaseIterable {
        /// It runs everything.
        case current
        /// It holds everything and refused some scripts, of which what ran before runs on.
        case refused
        /// A push is under way, or waits.
        case pending
        /// It runs what ran before: others try the newest set, or it was taken back.
        case heldBack = "held-back"
        /// It is not connected.
        case disconnected
    }

    package var worker: String
    package var node: String
    package var version: String
    package var state: State
    /// What it holds.
    package var revision: String
    package var failures: [FleetScriptFailure]
    package var report: FleetWorkerReport
    /// Calls of each script's hooks in a second, lately.
    package var rates: [Int: Double] = [:]
    /// From the edit's arrival at the hub to the worker's answer, of the last push.
    package var latency: Duration?
    /// Since when it is connected, or not.
    package var lasting: Duration

    /// Whether nobody has to look.
    package var isGood: Bool {
        state == .current && report.problems.isEmpty && !report.scripts.contains { $0.state == "quarantined" }
    }

    /// For programs.
    package var json: JSONValue {
        var value: JSONValue = [
            "worker": .string(worker), "node": .string(node), "version": .string(version),
            "state": .string(state.rawValue), "revision": .string(revision),
            "since": .integer(lasting.components.seconds),
        ]
        value["pushMilliseconds"] = latency.map { .integer($0.wholeMilliseconds) }
        if !failures.isEmpty { value["refused"] = .array(failures.map(\.json)) }
        var status = report.json
        status["type"] = nil
        for member in ["counters", "problems"] { value[member] = status[member] }
        value["scripts"] = .array(
            (status["scripts"]?.array ?? []).map { script in
                var script = script
                if let index = script["index"]?.integer, let rate = rates[Int(index)] {
                    script["callsPerSecond"] = .double((rate * 10).rounded() / 10)
                }
                return script
            })
        return value
    }
}
