internal import Threading

/// A subscriber's view of an informer: first everything that is there, then every change.
///
/// ```swift
/// for try await batch in informer.subscribe() {
///     for event in batch.events { … }
/// }
/// ```
/// One reader at a time. The sequence ends when the informer stops. What waits for a slow reader is bounded: see
/// ``Informer/subscribe(limit:rawByteLimit:)``.
public final class InformerSubscription<Object: WatchedObject>: AsyncSequence, Sendable {
    /// All that has gathered since the last time.
    public typealias Element = InformerBatch<Object>

    private struct State {
        var queue: EventQueue<Object>
        var isSynced = false
        var hasToldSynced = false
        var isFinished = false
        var waiter: CheckedContinuation<InformerBatch<Object>?, Never>?
    }

    private let state: Locked<State>

    init(limit: Int, rawByteLimit: Int) {
        self.rawByteLimit = rawByteLimit
        state = Locked(State(queue: EventQueue(limit: limit, rawByteLimit: rawByteLimit)))
    }

    /// How many intermediate states this subscriber was too slow to see.
    public var mergedEvents: Int { state.withLock { $0.queue.mergedEvents } }

    /// How many events wait.
    public var backlog: Int { state.withLock { $0.queue.count } }

    /// How many bytes of JSON text may wait with the events.
    let rawByteLimit: Int

    /// Hands events over, in order. `isSynced` says that with them the cache is complete.
    func deliver(_ events: some Collection<InformerEvent<Object>>, isSynced: Bool) {
        let (waiter, batch) = state.withLock { state in
            state.queue.reserve(events.count)
            for event in events { state.queue.append(event) }
            state.isSynced = state.isSynced || isSynced
            guard state.waiter != nil, let batch = Self.nextBatch(&state) else {
                return (CheckedContinuation<InformerBatch<Object>?, Never>?.none, InformerBatch<Object>?.none)
            }
            defer { state.waiter = nil }
            return (state.waiter, batch)
        }
        waiter?.resume(returning: batch)
    }

    /// No more events will come.
    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Starts reading where an earlier reader has stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    /// Takes batches off the subscription.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: InformerSubscription

        /// The next batch; nil when the informer has stopped or the reading task was cancelled.
        public mutating func next() async -> InformerBatch<Object>? { await subscription.next() }
    }

    @specialized(where Object == Pod)
    @specialized(where Object == ClusterEvent)
    @specialized(where Object == ObjectSummary)
    private func next() async -> InformerBatch<Object>? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: InformerBatch<Object>?? = state.withLock { state in
                    if let batch = Self.nextBatch(&state) { return .some(batch) }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    precondition(state.waiter == nil, "a subscription has one reader at a time")
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    private static func nextBatch(_ state: inout State) -> InformerBatch<Object>? {
        let hasNews = state.isSynced && !state.hasToldSynced
        guard hasNews || !state.queue.isEmpty else { return nil }
        state.hasToldSynced = state.isSynced
        return InformerBatch(events: state.queue.takeAll(), isSynced: state.isSynced)
    }
}
