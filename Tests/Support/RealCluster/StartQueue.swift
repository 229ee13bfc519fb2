/// Brings API servers up one after the other: side by side on few processors, each would take as long as all of them, and
/// the tests beside them would run into the time limits that they are about.
actor StartQueue {
    private var last: Task<ControlPlane, any Error>?

    /// Runs `start` when those before it have ended, however they ended.
    func start(_ start: @escaping @Sendable () async throws -> ControlPlane) async throws -> ControlPlane {
        let previous = last
        let task = Task {
            _ = await previous?.result
            return try await start()
        }
        last = task
        return try await task.value
    }
}
