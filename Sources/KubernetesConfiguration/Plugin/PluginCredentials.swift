internal import Threading

/// Credentials that a plugin gives; at most one run at a time, shared by all who ask meanwhile.
final class PluginCredentials: CredentialSource, CustomReflectable {
    private typealias Answer = Result<Credentials, ConfigurationError>

    private struct State {
        var session = PluginSession()
        var run: Task<Void, Never>?
        /// Those who wait for the run, by a number of their own.
        var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
        var nextNumber: UInt64 = 0
    }

    private let clock: HostClock
    private let runPlugin: @Sendable () async throws(ConfigurationError) -> Credentials
    private let state = Locked(State())

    /// Gives what this plugin gives.
    convenience init(_ plugin: CredentialPlugin, clock: HostClock) {
        self.init(clock: clock) { () async throws(ConfigurationError) in try await plugin.run() }
    }

    /// Gives what `run` gives.
    init(clock: HostClock, run: @escaping @Sendable () async throws(ConfigurationError) -> Credentials) {
        self.clock = clock
        runPlugin = run
    }

    var customMirror: Mirror { Mirror(self, children: []) }

    func credentials() async throws(ConfigurationError) -> Credentials {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = answerOrWait(number, continuation) { continuation.resume(returning: answer) }
            }
        } onCancel: {
            leave(number)
        }
        return try answer.get()
    }

    /// How many callers wait for a run, for tests.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func refused(_ credentials: Credentials) async {
        let now = clock.now()
        state.withLock { $0.session.refused(credentials, at: now) }
    }

    /// The answer if there is one already; otherwise the caller waits for the run, which is started if need be.
    private func answerOrWait(_ number: UInt64, _ continuation: CheckedContinuation<Answer, Never>) -> Answer? {
        state.withLock { state in
            // Looked at with the lock held: a cancellation that comes later finds the caller among the waiting.
            if Task.isCancelled { return .failure(.cancelled) }
            switch state.session.step(at: clock.now()) {
            case .use(let credentials): return .success(credentials)
            case .fail(let error): return .failure(error)
            case .run: break
            }
            state.waiting[number] = continuation
            if state.run == nil { state.run = startRun() }
            return nil
        }
    }

    /// A caller gives up; with the last one, the run is given up as well.
    private func leave(_ number: UInt64) {
        let continuation = state.withLock { state in
            let continuation = state.waiting.removeValue(forKey: number)
            if state.waiting.isEmpty { state.run?.cancel() }
            return continuation
        }
        continuation?.resume(returning: .failure(.cancelled))
    }

    private func startRun() -> Task<Void, Never> {
        Task {
            let result: Answer
            do throws(ConfigurationError) {
                result = .success(try await runPlugin())
            } catch {
                result = .failure(error)
            }
            finish(result)
        }
    }

    private func finish(_ result: Answer) {
        let now = clock.now()
        let (continuations, answer) = state.withLock { state -> ([CheckedContinuation<Answer, Never>], Answer) in
            state.run = nil
            if result == .failure(.cancelled) {
                // Those who came after all others had left still want an answer.
                if !state.waiting.isEmpty { state.run = startRun() }
                return ([], result)
            }
            state.session.finished(result, at: now)
            let continuations = Array(state.waiting.values)
            state.waiting.removeAll()
            // Not the result itself: a failed renewal is no trouble while the old credentials hold.
            if case .use(let credentials) = state.session.step(at: now) {
                return (continuations, .success(credentials))
            }
            return (continuations, result)
        }
        for continuation in continuations { continuation.resume(returning: answer) }
    }
}
