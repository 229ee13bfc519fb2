internal import NIOCore

/// One direction of a proxied connection: feeds the bytes of its source through a ``TrafficShaper`` into its sink.
///
/// Belongs to the proxy's event loop. Writes one piece at a time and asks for the next when the kernel has taken it, so
/// that a slice stays a slice and a slow sink stops the source.
final class ProxyLane {
    /// A source is read only while fewer bytes than this wait: room for a delayed stream, yet a bound for each
    /// connection.
    private static let queueLimit = 1 << 20

    /// So many writes in a row, then others have their turn on the event loop.
    private static let writesPerTurn = 128

    let direction: Direction
    /// Where the bytes go; nil while the upstream is not connected.
    var sink: (any Channel)? { didSet { pump() } }
    weak var connection: ProxyConnection?

    private let loop: any EventLoop
    private var shaper: TrafficShaper
    private var isPumping = false
    private var isWriting = false
    private var wakeUp: Scheduled<Void>?

    init(_ direction: Direction, faults: LaneFaults, loop: any EventLoop) {
        self.direction = direction
        self.loop = loop
        shaper = TrafficShaper(faults: faults)
    }

    /// Whether the source may be read.
    var hasRoom: Bool { !shaper.faults.isFrozen && shaper.queuedBytes < Self.queueLimit }

    var swallows: Bool { shaper.faults.swallows }

    func receive(_ bytes: ByteBuffer) {
        shaper.enqueue(bytes, now: .now())
        pump()
    }

    func receiveEnd(_ ending: TrafficShaper.Ending) {
        shaper.enqueueEnd(ending, now: .now())
        pump()
    }

    func change(_ change: (inout LaneFaults) -> Void) {
        change(&shaper.faults)
        pump()
    }

    func abandon() {
        shaper.abandon()
        wakeUp?.cancel()
    }

    private func pump() {
        guard !isPumping, !isWriting, let sink else { return }
        isPumping = true
        defer { isPumping = false }
        wakeUp?.cancel()
        for _ in 0..<Self.writesPerTurn {
            switch shaper.next(now: .now()) {
            case .write(let bytes):
                write(bytes, to: sink)
                if isWriting { return }
            case .wait(let deadline):
                wakeUp = loop.assumeIsolated().scheduleTask(deadline: deadline) { self.pump() }
                return
            case .end(let ending):
                connection?.end(of: self, with: ending)
                return
            case .idle:
                return
            }
        }
        loop.assumeIsolated().execute { self.pump() }
    }

    private func write(_ bytes: ByteBuffer, to sink: any Channel) {
        isWriting = true
        sink.writeAndFlush(bytes).assumeIsolated().whenComplete { result in
            self.isWriting = false
            if case .success = result { self.connection?.forwarded(bytes.readableBytes, by: self) }
            self.pump()
        }
    }
}
