internal import Dispatch
internal import Glibc

/// SIGINT and SIGTERM: the first is a request to end, the second ends the program at once.
final class Interruption: Sendable {
    // Sendable: sources are made once and only ever cancelled, which Dispatch allows from any thread.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    /// Calls `body` at the first signal, as long as this object lives.
    init(_ body: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "interruption")
        let count = Count()
        sources = [SIGINT, SIGTERM].map { number in
            // The source sees the signal all the same, and the program is not ended by it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if count.isFirst() { body() } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Touched on the queue only.
    private final class Count: @unchecked Sendable {
        // Sendable: the queue is serial, and nobody else has the object.
        private var hasCome = false

        func isFirst() -> Bool {
            defer { hasCome = true }
            return !hasCome
        }
    }
}
