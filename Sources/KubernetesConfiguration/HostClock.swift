internal import Glibc
public import Timestamps

/// The two clocks that credentials live by; replaced in tests, so that nothing has to wait for an expiry.
public struct HostClock: Sendable {
    /// Both clocks at one moment.
    public struct Reading: Sendable, Hashable {
        /// What expiry times are compared with.
        public var wall: Timestamp
        /// What intervals are measured by: it goes on evenly when someone sets the wall clock.
        public var monotonic: Duration

        /// A moment.
        public init(wall: Timestamp, monotonic: Duration) {
            self.wall = wall
            self.monotonic = monotonic
        }
    }

    /// Reads both clocks.
    public var now: @Sendable () -> Reading

    /// A clock that is read by this function.
    public init(now: @escaping @Sendable () -> Reading) { self.now = now }

    /// The system's clocks.
    public static let system = HostClock {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Reading(wall: .now(), monotonic: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
    }
}
