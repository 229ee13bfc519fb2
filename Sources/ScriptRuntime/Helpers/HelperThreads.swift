internal import Threading

/// The threads on which helpers wait, shared by all scripts of an engine and started when needed.
final class HelperThreads: Sendable {
    typealias Work = @Sendable () -> Void

    private struct State {
        var queue: [Work] = []
        var idle = 0
        var count = 0
        var isClosed = false
    }

    /// Each script waits for one helper, or two while a hook runs inside a waiting job, so this many serve well over
    /// a hundred scripts; abandoned calls, which sit here until their own time limit, fit in besides.
    static let countLimit = 256
    /// Threads above need are given back soon; a burst of calls within this time starts none anew.
    static let idleLimit: Duration = .seconds(10)
    /// Helpers do their work in libraries (TLS, compression) that want more than the 64 KB of a bare thread.
    static let stackBytes = 1 << 20

    private let monitor = Monitor(State())

    /// Runs `work` on a thread of its own kind soon.
    func run(_ work: @escaping Work) throws {
        let needsThread = try monitor.change { state in
            guard state.idle <= state.queue.count else {
                state.queue.append(work)
                return false
            }
            guard state.count < Self.countLimit else {
                throw HelperError(
                    "\(state.count) helper calls are waiting already, which is the limit: try again later",
                    code: "BUSY")
            }
            state.queue.append(work)
            state.count += 1
            return true
        }
        if needsThread { try start() }
    }

    /// Lets the idle threads end; those at work end after it.
    func close() { monitor.change { $0.isClosed = true } }

    private func start() throws {
        do {
            try NamedThread.start("script-helper", stackBytes: Self.stackBytes) { [self] in loop() }
        } catch {
            monitor.change { state in
                state.count -= 1
                _ = state.queue.popLast()
            }
            throw error
        }
    }

    private func loop() {
        while let work = next() { work() }
    }

    /// The next piece of work; nil when this thread is to end, which it has told the others by then.
    private func next() -> Work? {
        monitor.read { $0.idle += 1 }
        _ = monitor.wait(until: .now + Self.idleLimit) { state in
            state.isClosed || !state.queue.isEmpty ? true : nil
        }
        return monitor.read { state in
            state.idle -= 1
            if !state.queue.isEmpty { return state.queue.removeFirst() }
            state.count -= 1
            return nil
        }
    }
}
