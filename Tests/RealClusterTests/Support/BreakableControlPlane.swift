import RealCluster

/// The API server that ``ServerFaultTests`` break, one after the other: bringing one up for each would take longer than
/// the tests themselves.
enum BreakableControlPlane {
    private static let instance = Task { try await ControlPlane.start() }

    /// The instance, running again whatever the test before has left.
    static func ready() async throws -> ControlPlane {
        let controlPlane = try await instance.value
        try await controlPlane.startAPIServer()
        return controlPlane
    }
}
