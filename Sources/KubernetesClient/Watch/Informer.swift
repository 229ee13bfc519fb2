internal import Threading

/// Keeps a copy of a collection of objects in step with the API server, and tells subscribers of every change.
///
/// ```swift
/// let informer = Informer<Pod>(client: client)
/// async let running: Void = informer.run()
/// for await batch in informer.subscribe() { … }
/// ```
///
/// # Guarantees
/// 1. **Ordered.** For each object, changes are delivered in the order of its versions; none goes back in time.
/// 2. **Complete.** Every object's final state is delivered. Intermediate states are delivered too, except to a
///    subscriber that is slower than the cluster (counted in ``InformerSubscription/mergedEvents``) and during an outage.
/// 3. **Deletions are not lost.** What vanished while the informer was cut off is delivered as deleted, exactly once. A
///    new object under an old name (another uid) is a deletion and an addition.
/// 4. **Resumable.** After a lost connection the watch goes on from the last version; only a server that has forgotten
///    that version (410) costs a list, exactly one.
/// 5. **Bookmarkable.** Bookmarks move that version along, so that an idle collection need not be listed again.
/// 6. **Bounded.** Memory is that of the cache, one page of a list, one piece of the stream, and each subscriber's
///    queue; none of them grows with the time that a subscriber takes.
/// 7. **Alive.** A peer that went silent is noticed within 30 s, also where neither side closed the connection.
/// 8. **Honest.** ``health`` tells whether the cache is complete, how stale it may be, and why it had to start again.
///
/// Nothing that a server sends ends an informer: errors are waited out, with a back-off that spares the server.
/// Each guarantee has tests of its name in `InformerGuaranteeTests`, against the simulator and a real API server.
public final class Informer<Object: WatchedObject>: Sendable {
    struct State {
        var cache = ObjectCache<Object>()
        var health = InformerHealth()
        var subscriptions: [WeakSubscription] = []
        var syncWaiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
        var isRunning = false
    }

    struct WeakSubscription {
        weak var subscription: InformerSubscription<Object>?
    }

    /// Which resource it watches.
    public let resource: APIResource
    /// Which objects of it.
    public let selection: Selection
    let client: KubernetesClient
    let settings: ReflectorSettings
    let state = Locked(State())

    /// An informer that does nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - client: the way to the server.
    ///   - resource: which resource, if not the one that `Object` names.
    ///   - selection: which objects of it.
    ///   - settings: the numbers by which it works.
    public init(
        client: KubernetesClient, resource: APIResource = Object.resource, selection: Selection = Selection(),
        settings: ReflectorSettings = ReflectorSettings()
    ) {
        self.client = client
        self.resource = resource
        self.selection = selection
        self.settings = settings
    }

    /// Lists and watches until the task is cancelled. Call it once at a time; after it returned it may be called again,
    /// and goes on with the cache that it has.
    public func run() async {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        precondition(isFirst, "an informer runs once at a time")
        await Reflector(informer: self).run()
        stopped()
    }

    private func stopped() {
        let (subscriptions, waiters) = state.withLock { state in
            state.isRunning = false
            state.health.phase = .stopped
            defer {
                state.subscriptions = []
                state.syncWaiters = [:]
            }
            return (state.subscriptions, state.syncWaiters)
        }
        for entry in subscriptions { entry.subscription?.finish() }
        for waiter in waiters.values { waiter.resume(throwing: CancellationError()) }
    }

    // MARK: Reading

    /// How it is doing.
    public var health: InformerHealth {
        state.withLock { state in
            var health = state.health
            health.objectCount = state.cache.objects.count
            health.outdatedEvents = state.cache.outdatedEvents
            return health
        }
    }

    /// The object of that name, as of now.
    public subscript(key: ObjectKey) -> Object? { state.withLock { $0.cache.objects[key] } }

    /// All objects, as of one moment, in no order.
    public var objects: [Object] { state.withLock { Array($0.cache.objects.values) } }

    /// Returns when the cache has been complete once. Throws `CancellationError` if the task is cancelled or the
    /// informer stops before.
    public func waitUntilSynced() async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.health.isSynced { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.syncWaiters[number] = waiter
                    return nil
                }
                if let result { waiter.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.syncWaiters.removeValue(forKey: number) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// A view that delivers what the cache holds now and every change from then on.
    ///
    /// - Parameters:
    ///   - limit: how many events may wait one by one; beyond that the events of an object are merged into its final
    ///     state, so that no more than two further events per object wait.
    ///   - rawByteLimit: how many bytes of JSON text may wait with them, for ``InformerEvent/raw``. 0, the default, keeps
    ///     none.
    public func subscribe(limit: Int = 4096, rawByteLimit: Int = 0) -> InformerSubscription<Object> {
        let subscription = InformerSubscription<Object>(limit: limit, rawByteLimit: rawByteLimit)
        // Under the lock, so that no change falls between the copy and the first event.
        state.withLock { state in
            let now = ContinuousClock.now
            let events = state.cache.objects.values.lazy.map {
                InformerEvent<Object>(change: .added($0), source: .initial, raw: nil, received: now)
            }
            subscription.deliver(events, isSynced: state.health.isSynced)
            state.subscriptions.removeAll { $0.subscription == nil }
            state.subscriptions.append(WeakSubscription(subscription: subscription))
        }
        return subscription
    }

    // MARK: What the reflector reports

    /// How many bytes of JSON text subscribers want to keep at most.
    var rawByteLimit: Int { state.withLock { $0.subscriptions.map { $0.subscription?.rawByteLimit ?? 0 }.max() ?? 0 } }

    /// Applies the lines of a watch, in order.
    func apply(_ lines: [WatchLine<Object>], received: ContinuousClock.Instant) {
        // Delivered under the lock, so that every subscriber sees all changes in the same order.
        state.withLock { state in
            var events: [InformerEvent<Object>] = []
            events.reserveCapacity(lines.count)
            var changes: [InformerChange<Object>] = []
            for line in lines {
                let raw: RawJSON
                switch line {
                case .update(let object, let text):
                    state.cache.update(object, into: &changes)
                    raw = text
                case .deletion(let object, let text):
                    state.cache.delete(object, into: &changes)
                    raw = text
                default: continue
                }
                for change in changes {
                    events.append(InformerEvent(change: change, source: .watch, raw: raw, received: received))
                }
                changes.removeAll(keepingCapacity: true)
            }
            Self.deliver(events, &state)
        }
    }

    /// Takes a complete list over.
    func replace(with list: GatheredList<Object>, received: ContinuousClock.Instant) {
        let waiters = state.withLock { state in
            let source: InformerEvent<Object>.Source = state.health.isSynced ? .relist : .initial
            // Lazily, since there may be as many as there are objects.
            let events = state.cache.replace(with: list.objects).lazy.map { change in
                InformerEvent<Object>(change: change, source: source, raw: list.raw(of: change), received: received)
            }
            state.health.isSynced = true
            Self.deliver(events, &state)
            defer { state.syncWaiters = [:] }
            return state.syncWaiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    private static func deliver(_ events: some Collection<InformerEvent<Object>>, _ state: inout State) {
        state.health.changes += events.count
        for entry in state.subscriptions {
            entry.subscription?.deliver(events, isSynced: state.health.isSynced)
        }
    }

    /// Notes how the reflector is doing.
    func report(_ change: (inout InformerHealth) -> Void) { state.withLock { change(&$0.health) } }
}

/// The objects of a list that is being read, page by page.
struct GatheredList<Object: WatchedObject>: Sendable {
    private(set) var objects: [Object] = []
    /// The JSON texts of the first ones, as far as `rawByteLimit` allows.
    private var raw: [ObjectKey: RawJSON] = [:]
    private let rawByteLimit: Int
    private var rawBytes = 0

    init(rawByteLimit: Int) { self.rawByteLimit = rawByteLimit }

    mutating func append(_ page: [(object: Object, raw: RawJSON)]) {
        objects.reserveCapacity(objects.count + page.count)
        // The objects of a page share its bytes.
        rawBytes += page.first?.raw.storageCount ?? 0
        for item in page {
            objects.append(item.object)
            if rawBytes <= rawByteLimit { raw[item.object.identity.key] = item.raw }
        }
    }

    /// The JSON text of the object as it is after the change.
    func raw(of change: InformerChange<Object>) -> RawJSON? {
        if raw.isEmpty { return nil }
        if case .deleted = change { return nil }
        return raw[change.object.identity.key]
    }
}
