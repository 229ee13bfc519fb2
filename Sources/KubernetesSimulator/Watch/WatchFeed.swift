internal import Threading

/// What is to be sent to one watching client: a bounded queue between the store and the connection.
final class WatchFeed: Sendable {
    enum Item: Sendable, Equatable {
        /// Goes out as it is.
        case bytes([UInt8])
        /// The answer ends in good order.
        case end
        /// The connection is cut, in the middle of the answer.
        case cut
    }

    private struct State: Sendable {
        var items: [Item] = []
        var waiter: CheckedContinuation<Void, Never>?
        var hasOverflowed = false
        /// Cuts the connection of a client that does not read.
        var disconnect: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let state = Locked(State())

    /// - Parameter capacity: the number of items that may wait; one more, and the client is cut off.
    init(capacity: Int) { self.capacity = capacity }

    /// Says how to cut the connection at once, also while a write waits for the client.
    func onOverflow(_ disconnect: @escaping @Sendable () -> Void) {
        let isTooLate = state.withLock { state in
            state.disconnect = disconnect
            return state.hasOverflowed
        }
        if isTooLate { disconnect() }
    }

    /// Adds an item; a full queue is thrown away and the client cut off.
    func push(_ item: Item) {
        let (waiter, disconnect) = state.withLock { state in
            defer { state.waiter = nil }
            if state.hasOverflowed { return (state.waiter, nil as (@Sendable () -> Void)?) }
            guard state.items.count < capacity else {
                state.hasOverflowed = true
                state.items = [.cut]
                return (state.waiter, state.disconnect)
            }
            state.items.append(item)
            return (state.waiter, nil)
        }
        waiter?.resume()
        disconnect?()
    }

    /// Everything that waits, or what comes next; empty only when the task is cancelled. For one reader.
    func next() async -> [Item] {
        let items = take()
        if !items.isEmpty || Task.isCancelled { return items }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.items.isEmpty || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        return take()
    }

    private func take() -> [Item] {
        state.withLock { state in
            var items: [Item] = []
            swap(&items, &state.items)
            return items
        }
    }
}
