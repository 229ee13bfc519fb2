internal import JSON

/// What each worker makes of each script, as a hub's status tells it.
struct ScriptMatrix {
    /// One script on one worker.
    struct Cell {
        let worker: String
        let state: State
        let revision: String?
        let calls: Int
        let failures: Int
        let dropped: Int
        /// Calls in a second, lately; nil: not known yet.
        let rate: Double?
        /// What 99 of 100 calls did not exceed, in microseconds; nil: there was none.
        let p99: Int?
        /// Why it was refused, or its latest failure.
        let error: String?

        /// Whether somebody should look at this script. What is the matter with a worker, its own row says.
        var isAmiss: Bool { state.isAmiss || failures > 0 || dropped > 0 }
    }

    /// How a script is on a worker; the order is that of counts in a row.
    enum State: String, CaseIterable {
        case running
        /// It runs, in another version than on workers with the newest set.
        case older
        case outdated
        case rejected
        case quarantined
        /// The worker has not told of it yet.
        case unknown
        /// It runs as the worker last told; nobody knows whether it does now.
        case disconnected

        var isAmiss: Bool { self == .outdated || self == .rejected || self == .quarantined }
    }

    /// One script on all workers.
    struct Row {
        let index: Int
        let title: String
        /// In the order of the status.
        let cells: [Cell]

        func count(_ state: State) -> Int { cells.count { $0.state == state } }
    }

    /// Workers for which the same is to be said of a script.
    struct Trouble: Equatable {
        let state: State
        let error: String?
        var workers: [String]
        var calls: Int
        var failures: Int
        var dropped: Int
    }

    /// A row for each script that the hub has active or that some worker has, by index.
    let rows: [Row]

    init(_ status: JSONValue) {
        let workers = (status["workers"]?.array ?? []).map(Worker.init)
        var titles: [Int: String] = [:]
        for script in status["scripts"]?.array ?? [] where script["state"]?.string != "inactive" {
            guard let index = script["index"]?.int else { continue }
            titles[index] = script["title"]?.string ?? ""
        }
        for worker in workers {
            for index in worker.scripts.keys where titles[index] == nil { titles[index] = "" }
            for (index, refusal) in worker.refusals where titles[index, default: ""].isEmpty {
                titles[index] = refusal["title"]?.string ?? ""
            }
        }
        rows = titles.sorted { $0.key < $1.key }.map { index, title in
            let newest = Self.newest(index, workers)
            return Row(index: index, title: title, cells: workers.map { $0.cell(index, newest: newest) })
        }
    }

    /// The revision that most of the workers with the newest set run. One that has the set may not have reported since.
    private static func newest(_ index: Int, _ workers: [Worker]) -> String? {
        var counts: [String: Int] = [:]
        for worker in workers where worker.state == "current" {
            if let revision = worker.scripts[index]?["revision"]?.string { counts[revision, default: 0] += 1 }
        }
        return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }

    /// One worker's part of the status.
    private struct Worker {
        let name: String
        let state: String
        let scripts: [Int: JSONValue]
        let refusals: [Int: JSONValue]

        init(_ value: JSONValue) {
            name = value["worker"]?.string ?? ""
            state = value["state"]?.string ?? ""
            func byIndex(_ member: String) -> [Int: JSONValue] {
                (value[member]?.array ?? []).reduce(into: [:]) { entries, entry in
                    if let index = entry["index"]?.int { entries[index] = entry }
                }
            }
            scripts = byIndex("scripts")
            refusals = byIndex("refused")
        }

        func cell(_ index: Int, newest: String?) -> Cell {
            let script = scripts[index]
            let refusal = refusals[index]
            let revision = script?["revision"]?.string
            var cellState: State
            if state == "disconnected" {
                cellState = .disconnected
            } else {
                cellState = script?["state"]?.string.flatMap(State.init) ?? .unknown
                // The answer to a push is there before the next report is.
                if refusal != nil, cellState == .running { cellState = .outdated }
                if refusal != nil, cellState == .unknown { cellState = .rejected }
                if cellState == .running, let newest, let revision, revision != newest { cellState = .older }
            }
            return Cell(
                worker: name, state: cellState, revision: revision, calls: script?["calls"]?.int ?? 0,
                failures: script?["failures"]?.int ?? 0, dropped: script?["dropped"]?.int ?? 0,
                rate: state == "disconnected" ? nil : script?["callsPerSecond"]?.double, p99: script?["p99"]?.int,
                error: refusal.map(Self.reason) ?? script?["error"]?.string)
        }

        private static func reason(_ refusal: JSONValue) -> String {
            let place =
                refusal["line"]?.integer.map { ":\($0)" + (refusal["column"]?.integer.map { ":\($0)" } ?? "") } ?? ""
            return "\(refusal["title"]?.string ?? "")\(place): \(refusal["message"]?.string ?? "")"
        }
    }
}

extension ScriptMatrix.Row {
    /// What somebody should look at, that which most workers have in common first.
    var troubles: [ScriptMatrix.Trouble] {
        struct Key: Hashable {
            let state: ScriptMatrix.State
            let error: String?
        }
        var troubles: [Key: ScriptMatrix.Trouble] = [:]
        for cell in cells where cell.isAmiss {
            troubles[
                Key(state: cell.state, error: cell.error),
                default: .init(
                    state: cell.state, error: cell.error, workers: [], calls: 0, failures: 0, dropped: 0)
            ].add(cell)
        }
        return troubles.values.sorted {
            if $0.state.isAmiss != $1.state.isAmiss { return $0.state.isAmiss }
            if $0.workers.count != $1.workers.count { return $0.workers.count > $1.workers.count }
            return ($0.workers[0], $0.error ?? "") < ($1.workers[0], $1.error ?? "")
        }
    }
}

extension ScriptMatrix.Trouble {
    fileprivate mutating func add(_ cell: ScriptMatrix.Cell) {
        workers.append(cell.worker)
        calls += cell.calls
        failures += cell.failures
        dropped += cell.dropped
    }
}

extension JSONValue {
    fileprivate var int: Int? { integer.flatMap { Int(exactly: $0) } }
}
