import KubernetesConfiguration
import Threading
import Timestamps

/// A clock that goes on only when a test says so.
final class TestClock: Sendable {
    private let reading = Locked(
        HostClock.Reading(wall: Timestamp(sinceEpoch: .seconds(1_700_000_000)), monotonic: .seconds(1000)))

    var clock: HostClock { HostClock { self.reading.withLock { $0 } } }

    var now: HostClock.Reading { reading.withLock { $0 } }

    /// Lets both clocks go on.
    func advance(by duration: Duration) {
        reading.withLock { reading in
            reading.wall = reading.wall + duration
            reading.monotonic += duration
        }
    }
}
