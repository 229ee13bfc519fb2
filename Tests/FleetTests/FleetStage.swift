import CurlTransport
import FaultProxy
import Fleet
import HTTPServer
import JSON
import Testing
import Threading

/// A hub's end on a real socket, which can be ended and begun anew on the same port.
final class HubEnd: Sendable {
    let hub: FleetHub
    let server: HTTPServer
    private let ticking: Task<Void, Never>
    /// What came up.
    private let seen: Locked<Seen>

    struct Seen: Sendable {
        var lines: [String] = []
        var actions: [String] = []
        var results: [FleetCommandResult] = []
        var notes: [JSONValue] = []
    }

    /// `token`: what a worker has to show; nil: nothing.
    static func start(
        _ instance: String = "hub-1", port: Int = 0, token: String? = nil, pods: [FleetPodEvent] = [],
        heartbeat: Duration = .milliseconds(400), begin: PodPosition = PodPosition(),
        change: (inout FleetHubSettings) -> Void = { _ in }
    ) async throws -> HubEnd {
        var settings = FleetHubSettings()
        settings.heartbeat = heartbeat
        change(&settings)
        let seen = Locked(Seen())
        var environment = FleetHubEnvironment()
        environment.print = { line, worker in seen.withLock { $0.lines.append("\(worker.node) \(line.text)") } }
        environment.act = { action, worker in
            seen.withLock { $0.actions.append("\(worker.worker) \(action.action) \(action.object?.description ?? "")") }
        }
        environment.completed = { result, _ in seen.withLock { $0.results.append(result) } }
        environment.noted = { note, _ in seen.withLock { $0.notes.append(note) } }
        environment.pods = { scope in
            pods.filter { event in
                guard let pod = try? JSONValue(parsing: event.pod) else { return false }
                return scope.includes(
                    PodPlace(
                        namespace: pod["metadata"]?["namespace"]?.string ?? "",
                        name: pod["metadata"]?["name"]?.string ?? "", node: pod["spec"]?["nodeName"]?.string ?? ""))
            }
        }
        let hub = FleetHub(instance: instance, settings: settings, environment: environment)
        hub.begin(at: begin)
        let server = try await HTTPServer.start(port: port) { request in
            await hub.answer(
                request,
                admit: { _ in
                    guard let token, request.headers["Authorization"] != "Bearer \(token)" else { return nil }
                    return (401, "this is not the token")
                }, targeted: { ["targets": [], "excluded": []] })
        }
        return HubEnd(hub, server, seen)
    }

    private init(_ hub: FleetHub, _ server: HTTPServer, _ seen: Locked<Seen>) {
        self.hub = hub
        self.server = server
        self.seen = seen
        ticking = Task { await hub.run() }
    }

    var lines: [String] { seen.withLock { $0.lines } }
    var actions: [String] { seen.withLock { $0.actions } }
    var results: [FleetCommandResult] { seen.withLock { $0.results } }
    var notes: [JSONValue] { seen.withLock { $0.notes } }

    func worker(_ name: String) -> FleetWorkerStatus? { hub.workers.first { $0.worker == name } }

    func stop() async {
        ticking.cancel()
        await server.shutdown()
    }
}

/// A worker without engine: a text that begins with `bad` is refused, everything else runs.
final class ToyWorkload: FleetWorkload {
    struct State: Sendable {
        var runs: [Int: String] = [:]
        var applied: [String] = []
        var events: [String] = []
        var commands: [String] = []
        var keys: [String: String] = [:]
        var environment: JSONValue = [:]
        var book = NameBook()
    }

    private let state = Locked(State())

    var book: NameBook { state.withLock { $0.book } }
    var runs: [Int: String] { state.withLock { $0.runs } }
    var applied: [String] { state.withLock { $0.applied } }
    var events: [String] { state.withLock { $0.events } }
    var commands: [String] { state.withLock { $0.commands } }
    var keys: [String: String] { state.withLock { $0.keys } }

    func apply(_ set: FleetSet) async -> [FleetScriptFailure] {
        state.withLock { state in
            state.applied.append(set.revision)
            state.keys = set.keys
            state.environment = set.environment
            var runs: [Int: String] = [:]
            var failures: [FleetScriptFailure] = []
            for script in set.scripts {
                if script.code.hasPrefix("bad") {
                    failures.append(Samples.failure(script.index))
                    runs[script.index] = state.runs[script.index]
                } else {
                    runs[script.index] = script.code
                }
            }
            state.runs = runs
            return failures
        }
    }

    func deliver(_ event: FleetPodEvent) {
        let uid = (try? JSONValue(parsing: event.pod))?["metadata"]?["uid"]?.string ?? ""
        state.withLock { $0.events.append("\(event.event) \(uid)") }
    }

    func take(_ names: FleetNames) { state.withLock { $0.book.take(names) } }

    func perform(_ command: FleetCommand) async -> FleetCommandResult {
        state.withLock { $0.commands.append(command.name) }
        return FleetCommandResult(id: command.id, detail: ["did": .string(command.name)])
    }

    var report: FleetWorkerReport { FleetWorkerReport(counters: ["applied": applied.count]) }
}

/// A worker's end in this process.
final class WorkerEnd: Sendable {
    let worker: FleetWorker
    let workload: ToyWorkload
    private let task: Task<Void, Never>

    init(
        port: Int, name: String = "w1", node: String = "n1", scope: FleetHello.Scope? = nil, tokenFile: String? = nil,
        authoritiesFile: String? = nil, folder: String? = nil, workload: ToyWorkload = ToyWorkload()
    ) throws {
        var configuration = FleetWorkerConfiguration(
            hub: "http://127.0.0.1:\(port)", worker: name, node: node, scope: scope)
        configuration.silence = .milliseconds(1_500)
        configuration.firstDelay = .milliseconds(20)
        configuration.delayLimit = .milliseconds(200)
        configuration.folder = folder
        configuration.tokenFile = tokenFile
        configuration.authoritiesFile = authoritiesFile
        let worker = try FleetWorker(configuration, workload: workload)
        self.worker = worker
        self.workload = workload
        task = Task { await worker.run(grace: .milliseconds(500)) }
    }

    func stop() async {
        task.cancel()
        await task.value
    }
}

/// Whether a condition comes true within a limit that only a failure reaches.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<12_000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return false
}
