/// Ends a long-running command in good order: SIGINT and SIGTERM cancel its task, a second one ends the process.
enum Signals {
    /// Runs `body` and returns when it is done, or was cancelled by a signal and has finished.
    static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        let interruption = Interruption { task.cancel() }
        defer { withExtendedLifetime(interruption) {} }
        try await task.value
    }
}
