import KubernetesSimulator
import Threading
import Timestamps

/// A clock that moves when it is told to.
final class TestClock: Sendable {
    private let time = Locked(fixedTime)

    /// The time now.
    var read: @Sendable () -> Timestamp { { [self] in time.withLock { $0 } } }

    func advance(by seconds: Int64) { time.withLock { $0 = $0 + .seconds(seconds) } }
}
