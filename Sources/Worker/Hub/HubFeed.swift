internal import Dispatch
package import Fleet
package import JSON
package import ScriptRuntime
internal import Threading
internal import Timestamps

/// The hub as the source of a worker's scripts, and the way back.
///
/// ```swift
/// let feed = try HubFeed(configuration, log: log)
/// let worker = try Worker(…, link: feed, events: …)   // events.console: feed.print
/// feed.attach(worker)
/// try await worker.run(feed)
/// ```
package final class HubFeed: WorkerScriptFeed, HubLink {
    private let fleet: FleetWorker
    private let workload: HubWorkload
    private let known = Locked<(targets: JSONValue, time: ContinuousClock.Instant)?>(nil)

    /// How old an answer of `hub.targeted()` may be.
    private static let freshness: Duration = .seconds(1)

    /// Does not connect yet.
    package init(
        _ configuration: FleetWorkerConfiguration,
        log: @escaping @Sendable (String, [(String, String)]) -> Void = { _, _ in }
    ) throws {
        workload = HubWorkload()
        fleet = try FleetWorker(configuration, workload: workload, log: log)
    }

    /// Names the worker, before it runs.
    package func attach(_ worker: Worker) { workload.attach(worker) }

    /// How the connection stands.
    package var status: FleetWorker.Status { fleet.status }

    package func run(_ scripts: WorkerScripts) async throws { await fleet.run() }

    // MARK: To the hub

    /// Shows a script's message on the hub's console, too.
    package func print(_ line: ConsoleLine) {
        let level: FleetConsoleLine.Level =
            switch line.level {
            case .output: .output
            case .error: .error
            case .cleared: .cleared
            }
        fleet.print(
            FleetConsoleLine(
                index: line.script.index, title: line.script.title, level: level, text: line.text, time: .now()))
    }

    package func act(_ action: String, object: [UInt8]?, by script: WorkerScript.Identity) {
        let value = object.flatMap { try? JSONValue(parsing: $0) }
        let isTaken = fleet.act(
            FleetAction(action: action, object: value, index: script.index, title: script.title, time: .now()))
        guard !isTaken else { return }
        print(
            ConsoleLine(
                script: ScriptIdentity(index: script.index, title: script.title), level: .error,
                text: "hub.action(\"\(action)\") was given up: the hub is away, and too many wait for it"))
    }

    /// Asks the hub, and waits for it; while it is away, what it said last.
    package var targets: JSONValue {
        if let known = known.withLock({ $0 }), .now - known.time < Self.freshness { return known.targets }
        let done = DispatchSemaphore(value: 0)
        Task { [fleet, known] in
            if let targets = try? await fleet.targetedPods() { known.withLock { $0 = (targets, .now) } }
            done.signal()
        }
        done.wait()
        return known.withLock { $0?.targets } ?? ["targets": [], "excluded": []]
    }
}
