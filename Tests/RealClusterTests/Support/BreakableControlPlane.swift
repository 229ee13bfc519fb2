import RealCluster

/// An API server that the tests of one suite break, one after the other: bringing one up for each would take longer than
/// the tests themselves. Suites run side by side, so each has its own.
struct BreakableControlPlane: Sendable {
    /// For ``ServerFaultTests``.
    static let watch = BreakableControlPlane()
    /// For ``HubTests``.
    static let hub = BreakableControlPlane()

    private let instance = Task { try await ControlPlane.start() }

    /// The instance, running again whatever the test before has left.
    func ready() async throws -> ControlPlane {
        let controlPlane = try await instance.value
        try await controlPlane.startAPIServer()
        return controlPlane
    }
}
