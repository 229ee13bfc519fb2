internal import Glibc
internal import NIOCore
internal import NIOPosix

extension Channel {
    /// Ends the connection with RST, once its peer's kernel has all that was written to it.
    ///
    /// A reset discards what the kernel still has to send. The peer takes everything at once unless its receive window
    /// is full; `patience` bounds the wait for a peer that does not read.
    ///
    /// Call on the channel's event loop.
    func resetOnceDelivered(patience: Int = SendQueue.patienceInPolls) {
        guard let options = self as? any SocketOptionProvider, patience > 0 else { return reset() }
        let queue: EventLoopFuture<SendQueue> = options.unsafeGetSocketOption(
            level: .tcp, name: .init(rawValue: TCP_INFO))
        queue.assumeIsolated().whenComplete { result in
            guard case .success(let queue) = result, !queue.isEmpty else { return self.reset() }
            self.eventLoop.assumeIsolated().scheduleTask(in: SendQueue.pollInterval) {
                self.resetOnceDelivered(patience: patience - 1)
            }
        }
    }

    /// Ends the connection with RST now. Call on the channel's event loop.
    func reset() {
        guard let options = self as? any SocketOptionProvider else { return close(promise: nil) }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            self.close(promise: nil)
        }
    }
}

/// How much of what was written to a TCP socket its peer has not acknowledged.
///
/// This is the start of the kernel's `struct tcp_info` (linux/tcp.h), which only ever grows at its end. Glibc's struct
/// of that name ends before the field for the bytes that wait for the peer's window.
struct SendQueue {
    /// Loopback acknowledges within microseconds.
    static let pollInterval: TimeAmount = .milliseconds(1)

    /// 5 s for a peer that reads slowly, on a machine that is busy.
    static let patienceInPolls = 5000

    /// `tcpi_state` to `tcpi_delivery_rate_app_limited` (8 bytes) and the first four 32-bit fields.
    private let beforeUnacknowledged: InlineArray<6, UInt32>
    private let unacknowledgedSegments: UInt32
    /// `tcpi_sacked` to `tcpi_segs_in`.
    private let beforeUnsent: InlineArray<29, UInt32>
    private let unsentBytes: UInt32

    var isEmpty: Bool { unacknowledgedSegments == 0 && unsentBytes == 0 }
}
