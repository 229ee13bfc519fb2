internal import Glibc

/// A value behind a mutex: the only way to it is ``withLock(_:)``.
///
/// Built on `pthread_mutex_t` and not on `Synchronization.Mutex`, because ThreadSanitizer does not see the futex that
/// the latter uses on Linux and reports races where there are none.
public final class Locked<Value: ~Copyable>: @unchecked Sendable {
    // Sendable: `value` is touched only while `mutex` is held, and `withLock` lets it in and out only as `sending`.
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// Takes the value over.
    public init(_ value: consuming sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread has the value. Keep it short: waiting threads block.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
