internal import Timestamps

/// Everything that changes, behind the simulator's one lock.
struct SimulatorState {
    var registry: ObjectRegistry
    var hub = WatchHub()
    var faults = FaultPlan()
    var log = RequestLog()
    var access: AccessRules
    /// What `logs` shows, by `namespace/pod`.
    var podLogs: [String: String] = [:]
    var backups: [String: ObjectStore] = [:]

    init(_ configuration: SimulatorConfiguration) {
        registry = ObjectRegistry(
            store: ObjectStore(
                revision: configuration.firstResourceVersion, historyLimit: configuration.historyLimit),
            catalog: .standard, requiresNamespaces: configuration.requiresNamespaces,
            now: Self.wholeSeconds(configuration.now))
        access = configuration.access
    }

    /// Carries out a write and tells the watches.
    mutating func write(
        _ body: (inout ObjectRegistry) throws(APIStatus) -> ObjectRegistry.Outcome
    ) throws(APIStatus) -> ObjectRegistry.Outcome {
        let outcome = try body(&registry)
        hub.publish(outcome.changes, now: registry.now())
        return outcome
    }

    /// API servers write the times of objects to the second.
    private static func wholeSeconds(_ clock: @escaping @Sendable () -> Timestamp) -> @Sendable () -> Timestamp {
        { clock().wholeSecond }
    }
}
