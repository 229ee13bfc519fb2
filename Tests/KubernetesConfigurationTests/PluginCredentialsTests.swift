import Testing
import Threading

@testable import KubernetesConfiguration

@Suite("Callers of a credential plugin")
struct PluginCredentialsTests {
    let time = TestClock()

    /// A plugin whose runs a test ends one by one.
    private final class ScriptedPlugin: Sendable {
        private struct State {
            var started = 0
            var cancelled = 0
            var running: CheckedContinuation<Result<Credentials, ConfigurationError>, Never>?
        }
        private let state = Locked(State())

        var started: Int { state.withLock { $0.started } }
        var cancelled: Int { state.withLock { $0.cancelled } }
        var isRunning: Bool { state.withLock { $0.running != nil } }

        func run() async throws(ConfigurationError) -> Credentials {
            let result = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    state.withLock { state in
                        state.started += 1
                        state.running = continuation
                    }
                }
            } onCancel: {
                state.withLock { $0.cancelled += 1 }
                end(.failure(.cancelled))
            }
            return try result.get()
        }

        func end(_ result: Result<Credentials, ConfigurationError>) {
            let continuation = state.withLock { state in
                defer { state.running = nil }
                return state.running
            }
            continuation?.resume(returning: result)
        }
    }

    private let plugin = ScriptedPlugin()
    private let source: PluginCredentials

    init() {
        source = PluginCredentials(clock: time.clock) { [plugin] () async throws(ConfigurationError) in
            try await plugin.run()
        }
    }

    private func token(_ text: String) -> Credentials { Credentials(authorization: .bearer(token: text)) }

    @Test("callers at the same time share one run")
    func shared() async throws {
        let callers = (0..<50).map { _ in Task { try await source.credentials() } }
        try await waitUntil("a run starts") { plugin.isRunning }
        plugin.end(.success(token("one")))
        for caller in callers { #expect(try await caller.value == token("one")) }
        #expect(try await source.credentials() == token("one"))
        #expect(plugin.started == 1)
    }

    @Test("a failure is told to all who wait, and to those who come in the pause after it")
    func failure() async throws {
        let error = ConfigurationError.plugin(
            PluginFailure(place: ConfigurationPlace(), command: "x", reason: .timedOut(limit: .seconds(1))))
        let callers = (0..<3).map { _ in Task { try await source.credentials() } }
        try await waitUntil("a run starts") { plugin.isRunning }
        plugin.end(.failure(error))
        for caller in callers { await #expect(throws: error) { try await caller.value } }
        await #expect(throws: error) { try await source.credentials() }
        #expect(plugin.started == 1)
    }

    @Test("a burst of refusals of the same credentials costs one run")
    func refusals() async throws {
        let first = Task { try await source.credentials() }
        try await waitUntil("a run starts") { plugin.isRunning }
        plugin.end(.success(token("one")))
        let old = try await first.value
        time.advance(by: .seconds(3600))

        for _ in 0..<20 { await source.refused(old) }
        let callers = (0..<20).map { _ in Task { try await source.credentials() } }
        try await waitUntil("a run starts") { plugin.isRunning }
        plugin.end(.success(token("two")))
        for caller in callers { #expect(try await caller.value == token("two")) }
        for _ in 0..<20 { await source.refused(old) }
        #expect(try await source.credentials() == token("two"))
        #expect(plugin.started == 2)
    }

    @Test("a caller who gives up gets away at once; the others still get the run's result")
    func oneCallerLeaves() async throws {
        let leaving = Task { try await source.credentials() }
        try await waitUntil("a run starts") { plugin.isRunning }
        let staying = Task { try await source.credentials() }
        try await waitUntil("both wait") { source.waitingCount == 2 }
        leaving.cancel()
        await #expect(throws: ConfigurationError.cancelled) { try await leaving.value }
        #expect(plugin.cancelled == 0)
        plugin.end(.success(token("one")))
        #expect(try await staying.value == token("one"))
    }

    @Test("when all callers have given up the run is ended, and the next caller starts another")
    func allCallersLeave() async throws {
        let leaving = Task { try await source.credentials() }
        try await waitUntil("a run starts") { plugin.isRunning }
        leaving.cancel()
        await #expect(throws: ConfigurationError.cancelled) { try await leaving.value }
        try await waitUntil("the run is cancelled") { plugin.cancelled == 1 }

        let next = Task { try await source.credentials() }
        try await waitUntil("another run starts") { plugin.started == 2 && plugin.isRunning }
        plugin.end(.success(token("two")))
        #expect(try await next.value == token("two"))
    }

    @Test("a caller whose task is cancelled already starts nothing")
    func cancelledBefore() async {
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await source.credentials()
        }
        await #expect(throws: ConfigurationError.cancelled) { try await caller.value }
        #expect(plugin.started == 0)
    }
}
