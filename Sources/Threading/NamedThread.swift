internal import CThreads

/// A dedicated operating-system thread for a library that wants one of its own.
public enum NamedThread {
    /// The system refused to start a thread.
    public struct StartFailure: Error, CustomStringConvertible {
        /// The thread that was to start.
        public let name: String
        /// The error number of `pthread_create`.
        public let errorNumber: Int32

        /// Says which thread, and what bounds their number.
        public var description: String {
            "cannot start thread \(name) (errno \(errorNumber)): check the limits on processes and memory (ulimit -u)"
        }
    }

    /// Starts a detached thread.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers; Linux keeps the first 15 bytes.
    ///   - stackBytes: the size of its stack.
    ///   - body: what it runs; the thread ends when this returns.
    public static func start(
        _ name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(StartFailure) {
        let box = Unmanaged.passRetained(Body(run: body))
        let result = remora_thread_start(
            name, stackBytes,
            { context in
                guard let context else { return }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            }, box.toOpaque())
        if result != 0 {
            box.release()
            throw StartFailure(name: name, errorNumber: result)
        }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
