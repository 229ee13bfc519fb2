package import Fleet
package import JSON
internal import ScriptStore
package import Timestamps

/// What a hub tells of itself: the API's answer, and the text of the status config map.
package struct HubStatus: Sendable, Equatable {
    package var identity: String
    package var isLeader: Bool
    package var isReady: Bool
    /// SHA-256 of the scripts that are to run, and the version of their config map.
    package var revision: String
    package var configMapVersion: String
    package var scripts: [ScriptOutcome]
    package var problems: [String]
    /// What could be had beyond what there is, and how.
    package var notes: [String] = []
    package var pods: Int
    /// Each worker: with the scripts that it refused, the matrix script × worker.
    package var workers: [FleetWorkerStatus] = []
    /// How the newest set goes out to them.
    package var rollout: FleetRolloutStatus?
    /// Whose addresses workers are told; nil: there can be no workers.
    package var names: FleetNameStatus?
    package var time: Timestamp

    /// How many scripts are in a state.
    package func count(_ state: ScriptOutcome.State) -> Int { scripts.count { $0.state == state } }

    /// How many workers are in a state.
    package func count(_ state: FleetWorkerStatus.State) -> Int { workers.count { $0.state == state } }

    /// For programs.
    package var json: JSONValue {
        var value = essence
        value["workers"] = .array(workers.map(\.json))
        return value
    }

    /// For the status config map, which cannot hold thousands of workers: those that somebody should look at, as far
    /// as there is room.
    package var published: JSONValue {
        var value = essence
        value["workers"] = .array(workers.filter { !$0.isGood }.prefix(Self.publishedWorkers).map(\.json))
        return value
    }

    private static let publishedWorkers = 50

    private var fleet: JSONValue {
        var counts: JSONValue = ["workers": .integer(Int64(workers.count))]
        for state in FleetWorkerStatus.State.allCases { counts[state.rawValue] = .integer(Int64(count(state))) }
        return counts
    }

    private var essence: JSONValue {
        var counts: JSONValue = [:]
        for state in [ScriptOutcome.State.running, .outdated, .rejected, .quarantined, .inactive] {
            counts[state.rawValue] = .integer(Int64(count(state)))
        }
        var value: JSONValue = [
            "identity": .string(identity), "leader": .boolean(isLeader), "ready": .boolean(isReady),
            "revision": .string(revision), "configMapVersion": .string(configMapVersion), "counts": counts,
            "scripts": .array(scripts.map(\.json)), "problems": .array(problems.map(JSONValue.string)),
            "notes": .array(notes.map(JSONValue.string)), "pods": .integer(Int64(pods)), "fleet": fleet,
            "time": .string(time.description),
        ]
        if let names {
            var counts: JSONValue = [:]
            for kind in FleetName.Kind.allCases {
                counts["\(kind.rawValue)s"] = .integer(Int64(names.counts[kind] ?? 0))
            }
            counts["leftOut"] = .integer(Int64(names.leftOut))
            value["names"] = counts
        }
        if let rollout, !workers.isEmpty { value["rollout"] = rollout.json }
        return value
    }
}
