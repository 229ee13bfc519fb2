internal import Glibc
internal import Threading

/// What all lanes of one engine share.
final class EngineServices: Sendable {
    let budget: ScriptBudget
    let environment: [UInt8]
    let helpers: [HostFunction]
    let preludes: [ScriptPrelude]
    let sink: any ScriptEventSink
    let clock: ScriptClock
    let jobs: Locked<JobSchedule>
    let shared: SharedGlobals
    let helperThreads = HelperThreads()
    let checker: SyntaxChecker
    let subscriptions = SubscriptionVersion()
    /// In the order of their scripts' keys: each event goes through all, and scripts come and go seldom.
    private let lanes = Locked<[ScriptLane]>([])

    init(_ configuration: ScriptEngineConfiguration, sink: any ScriptEventSink) {
        budget = configuration.budget
        environment = configuration.environment.encoded()
        helpers = configuration.helpers
        preludes = configuration.preludes
        clock = configuration.clock
        self.sink = sink
        jobs = Locked(JobSchedule(budget: configuration.budget))
        shared = SharedGlobals(budget: configuration.budget)
        checker = SyntaxChecker(parserPath: configuration.parserPath)
    }

    /// The lanes in the order of their scripts' keys.
    var allLanes: [ScriptLane] { lanes.withLock { $0 } }

    func lane(_ index: Int) -> ScriptLane? { lanes.withLock { lanes in lanes.first { $0.index == index } } }

    /// The lane of a script, made if there is none.
    func lane(for identity: ScriptIdentity) -> ScriptLane {
        lanes.withLock { lanes in
            if let lane = lanes.first(where: { $0.index == identity.index }) { return lane }
            let lane = ScriptLane(identity, budget: budget, sink: sink, subscriptions: subscriptions)
            lanes.insert(lane, at: lanes.firstIndex { $0.index > identity.index } ?? lanes.endIndex)
            return lane
        }
    }

    func removeLane(_ index: Int) { lanes.withLock { $0.removeAll { $0.index == index } } }

    /// Queues a hook call for every script that has the hook.
    func broadcast(_ call: HookCall) {
        for lane in allLanes { lane.submit(.hook(call), for: call.hook) }
    }

    /// Makes all lanes look at their jobs.
    func wakeLanes() {
        for lane in allLanes { lane.wake() }
    }
}

/// The wall clock by which jobs run, replaced in tests.
public struct ScriptClock: Sendable {
    /// The time since 1970-01-01T00:00:00Z.
    public let now: @Sendable () -> Duration

    /// Takes a clock.
    public init(now: @escaping @Sendable () -> Duration) { self.now = now }

    /// The system's clock.
    public static let system = ScriptClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    var second: Int64 { now().components.seconds }
}
