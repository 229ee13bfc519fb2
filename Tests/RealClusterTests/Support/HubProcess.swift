import CurlTransport
import Glibc
import JSON
import RemoraProgram
import Subprocess
import Threading

/// `remora hub`, or `remora worker`, as a process of its own, which can be killed, stopped and thawed.
final class HubProcess: Sendable {
    private struct State: Sendable {
        var process: pid_t?
        var output: [String] = []
        var log: [JSONValue] = []
        var status: TerminationStatus?
    }

    private let state: Locked<State>
    private let task: Task<Void, any Error>

    /// A hub.
    ///
    /// - Parameter options: beside where its API listens and how its log looks.
    convenience init(_ options: [String], port: Int = 0) {
        self.init(arguments: ["hub", "--listen", "127.0.0.1:\(port)", "--log-format", "json"] + options)
    }

    /// A worker.
    convenience init(worker options: [String]) { self.init(arguments: ["worker", "--listen", "none"] + options) }

    private init(arguments: [String]) {
        let state = Locked(State())
        self.state = state
        let arguments = [RemoraProgram.path] + arguments
        task = Task {
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments(arguments), input: .none, output: .sequence, error: .sequence
            ) { execution in
                state.withLock { $0.process = pid_t(execution.processIdentifier.value) }
                let output = execution.standardOutput.strings()
                let errors = execution.standardError.strings()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for try await line in output { state.withLock { $0.output.append(line) } } }
                    group.addTask {
                        for try await line in errors {
                            guard let record = try? JSONValue(parsing: line) else { continue }
                            state.withLock { $0.log.append(record) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            state.withLock { $0.status = result.terminationStatus }
        }
    }

    /// What its scripts printed, line by line.
    var output: [String] { state.withLock { $0.output } }

    /// Whether its log has a message.
    func hasLogged(_ message: String) -> Bool {
        state.withLock { $0.log.contains { $0["message"]?.string == message } }
    }

    /// The messages of its log, of these levels.
    func messages(_ levels: String...) -> [String] {
        state.withLock { state in
            state.log.filter { levels.contains($0["level"]?.string ?? "") }.map { $0["message"]?.string ?? "" }
        }
    }

    /// The log as text, for a failure's comment.
    var log: String { state.withLock { $0.log.map(\.description).joined(separator: "\n") } }

    /// Where its API is, once that listens.
    var url: String? {
        state.withLock { $0.log.last { $0["message"]?.string == "API listens" }?["url"]?.string }
    }

    /// Whether there is a process yet that can be sent a signal.
    var isStarted: Bool { state.withLock { $0.process != nil } }

    func send(_ signal: Int32) {
        if let process = state.withLock({ $0.process }) { kill(process, signal) }
    }

    /// How it ended, once it has.
    func ended() async throws -> TerminationStatus? {
        try await task.value
        return state.withLock { $0.status }
    }

    // MARK: Its API

    func ask(_ method: String, _ path: String, token: String? = nil) async throws -> (status: Int, body: String) {
        guard let url else { return (0, "") }
        let transport = try CurlTransport(name: "test")
        var request = HTTPRequest(method: method, url: url + path, proxy: .none)
        if let token { request.headers.append((name: "Authorization", value: "Bearer \(token)")) }
        let response = try await transport.send(request)
        return (response.status, String(decoding: try await response.body.collect(limit: 1 << 20), as: UTF8.self))
    }

    func readiness() async -> String { (try? await ask("GET", "/readyz?verbose").body) ?? "" }

    func isReady() async -> Bool { await readiness().hasSuffix("readyz check passed\n") }
}
