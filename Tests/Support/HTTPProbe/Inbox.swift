internal import Threading

/// Bytes that have arrived, for one reader.
final class Inbox: Sendable {
    private struct State: Sendable {
        var bytes: [UInt8] = []
        var isClosed = false
        var hasNews = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func append(_ bytes: [UInt8]) { change { $0.bytes += bytes } }

    func close() { change { $0.isClosed = true } }

    /// Returns when something was appended since the last call, or the connection is closed, or the task cancelled.
    func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    defer { state.hasNews = false }
                    if state.hasNews || state.isClosed || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            change { _ in }
        }
    }

    func take(until end: [UInt8]) -> String? {
        state.withLock { state in
            guard let range = state.bytes.firstRange(of: end) else { return nil }
            defer { state.bytes.removeSubrange(..<range.upperBound) }
            return String(decoding: state.bytes[..<range.upperBound], as: UTF8.self)
        }
    }

    func take(count: Int) -> String? {
        state.withLock { state in
            guard state.bytes.count >= count else { return nil }
            defer { state.bytes.removeFirst(count) }
            return String(decoding: state.bytes[..<count], as: UTF8.self)
        }
    }

    func takeAll() -> String {
        state.withLock { state in
            defer { state.bytes = [] }
            return String(decoding: state.bytes, as: UTF8.self)
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            state.hasNews = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }
}
