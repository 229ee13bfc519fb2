internal import Dispatch
internal import Threading

/// Blocks a thread of the script engine's pool until something asynchronous is done.
enum Waiting {
    /// Runs `body` as a task and returns what it returns. Only for threads that may block: never a task's own.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let result = Locked<Result<Value, any Error>?>(nil)
        Task.detached {
            let outcome: Result<Value, any Error>
            do {
                outcome = .success(try await body())
            } catch {
                outcome = .failure(error)
            }
            result.withLock { $0 = outcome }
            done.signal()
        }
        done.wait()
        guard let outcome = result.withLock({ $0 }) else { preconditionFailure("signalled before it was done") }
        return try outcome.get()
    }
}
