import Fleet
import FoundationEssentials
import JSON
import ScriptRuntime
import Threading

/// A worker of scripts and nothing else: the real engine behind the worker's end of the fleet.
final class EngineWorker: FleetWorkload {
    private struct State: Sendable {
        var environment: JSONValue = [:]
        var keys: [String: String] = [:]
        var refused: [Int: FleetScriptFailure] = [:]
        var loads = 0
        var commands: [String] = []
    }

    private let state = Locked(State())
    private let book = Locked(Book())
    private let engine = Locked<ScriptEngine?>(nil)
    private let fleet = Locked<FleetWorker?>(nil)
    private let task = Locked<Task<Void, Never>?>(nil)
    private let node: String
    private let sink: Sink

    /// Whose addresses are, as it was told.
    private struct Book: Sendable {
        var names: [String: String] = [:]
        var listed: Set<String>?
        var tables = 0

        mutating func take(_ line: FleetNames) {
            if line.part.begins {
                listed = []
                tables += 1
            }
            for end in line.ended { names[end.address] = nil }
            for name in line.put {
                listed?.insert(name.address)
                names[name.address] =
                    "\(name.kind) \(name.namespace)/\(name.name)"
                    + (name.service.isEmpty ? "" : " of \(name.service)")
                    + (name.slice.isEmpty ? "" : " in \(name.slice)")
            }
            guard line.part.completes, let listed else { return }
            names = names.filter { listed.contains($0.key) }
            self.listed = nil
        }
    }

    /// Hands everything that scripts say to the fleet.
    private final class Sink: ScriptEventSink {
        let worker = Locked<FleetWorker?>(nil)
        let loads = Locked(0)

        func receive(_ event: ScriptEvent) {
            switch event {
            case .console(let line):
                let level: FleetConsoleLine.Level =
                    switch line.level {
                    case .output: .output
                    case .error: .error
                    case .cleared: .cleared
                    }
                worker.withLock { $0 }?.print(
                    FleetConsoleLine(
                        index: line.script.index, title: line.script.title, level: level, text: line.text, time: .now())
                )
            case .loaded(let report): if report.isNew { loads.withLock { $0 += 1 } }
            default: break
            }
        }
    }

    init(port: Int, name: String, node: String, tokenFile: String? = nil, folder: String? = nil) throws {
        self.node = node
        sink = Sink()
        var configuration = FleetWorkerConfiguration(hub: "http://127.0.0.1:\(port)", worker: name, node: node)
        configuration.firstDelay = .milliseconds(20)
        configuration.delayLimit = .milliseconds(300)
        configuration.silence = .seconds(3)
        configuration.tokenFile = tokenFile
        configuration.folder = folder
        let worker = try FleetWorker(configuration, workload: self)
        fleet.withLock { $0 = worker }
        sink.worker.withLock { $0 = worker }
        engine.withLock { $0 = makeEngine([:]) }
        task.withLock { $0 = Task { await worker.run(grace: .milliseconds(500)) } }
    }

    private func makeEngine(_ environment: JSONValue) -> ScriptEngine {
        var configuration = ScriptEngineConfiguration()
        configuration.environment = environment
        let (sink, node) = (sink, node)
        configuration.helpers = [
            HostFunction("utils.nodeName") { _ in .json(.string(node)) },
            HostFunction("hub.action") { call in
                _ = sink.worker.withLock { $0 }?.act(
                    FleetAction(
                        action: try call.text(0, "action"), object: call.value(1), index: call.script.index,
                        title: call.script.title, time: .now()))
                return .undefined
            },
        ]
        return ScriptEngine(configuration, sink: sink)
    }

    var status: FleetWorker.Status? { fleet.withLock { $0 }?.status }
    var loads: Int { sink.loads.withLock { $0 } }
    var keys: [String: String] { state.withLock { $0.keys } }
    /// By address, `kind namespace/name`, with a pod's service and slice.
    var names: [String: String] { book.withLock { $0.names } }
    /// How often it was told everything.
    var tables: Int { book.withLock { $0.tables } }
    var commands: [String] { state.withLock { $0.commands } }
    func targetedPods() async throws -> JSONValue? { try await fleet.withLock { $0 }?.targetedPods() }

    func stop() async {
        let running = task.withLock { $0 }
        running?.cancel()
        await running?.value
        await engine.withLock { $0 }?.shutdown()
    }

    // MARK: The workload

    func apply(_ set: FleetSet) async -> [FleetScriptFailure] {
        if state.withLock({ $0.environment }) != set.environment {
            let old = engine.withLock { $0 }
            engine.withLock { $0 = makeEngine(set.environment) }
            await old?.shutdown()
        }
        state.withLock {
            $0.environment = set.environment
            $0.keys = set.keys
        }
        guard let engine = engine.withLock({ $0 }) else { return [] }
        let kept = Set(set.scripts.map(\.index))
        for status in engine.statuses where !kept.contains(status.script.index) {
            await engine.unload(status.script.index)
        }
        var failures: [FleetScriptFailure] = []
        for script in set.scripts {
            do throws(ScriptFailure) {
                try await engine.load(ScriptDefinition(index: script.index, title: script.title, source: script.code))
            } catch {
                failures.append(
                    FleetScriptFailure(
                        index: script.index, title: script.title, line: error.line, column: error.column,
                        message: error.text))
            }
        }
        return failures
    }

    func deliver(_ event: FleetPodEvent) {
        engine.withLock { $0 }?.deliver(.podEvent(event.event, pod: event.pod, change: event.change))
    }

    func take(_ names: FleetNames) { book.withLock { $0.take(names) } }

    func perform(_ command: FleetCommand) async -> FleetCommandResult {
        state.withLock { $0.commands.append("\(command.name) \(command.arguments)") }
        return FleetCommandResult(id: command.id)
    }

    var report: FleetWorkerReport {
        FleetWorkerReport(
            scripts: engine.withLock { $0 }?.statuses.map { status in
                FleetWorkerReport.Script(
                    index: status.script.index, state: status.isRunning ? "running" : "rejected",
                    calls: status.calls.values.reduce(0, +), failures: status.failures, dropped: status.dropped,
                    error: status.lastFailure?.text)
            } ?? [])
    }
}
