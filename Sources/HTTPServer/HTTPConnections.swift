internal import NIOCore
internal import Threading

/// The open connections of a server: admits each up to a limit, and knows them all when the server stops.
final class HTTPConnections: Sendable {
    private struct State: Sendable {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopped = false
    }

    private let limit: Int
    private let state = Locked(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.channels.count } }

    /// Counts a connection until it closes; false if there are too many already, or the server stops.
    func admit(_ channel: any Channel) -> Bool {
        let isAdmitted = state.withLock { state in
            guard !state.isStopped, state.channels.count < limit else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { state in _ = state.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
        }
        return isAdmitted
    }

    /// Admits no more, and returns those that are open.
    func stop() -> [any Channel] {
        state.withLock { state in
            state.isStopped = true
            return Array(state.channels.values)
        }
    }
}
