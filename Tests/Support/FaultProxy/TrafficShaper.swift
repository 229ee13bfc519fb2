internal import NIOCore

/// Decides when which bytes of one direction of a connection go out, and how that direction ends.
///
/// It holds the bytes that wait, in order, and does no I/O: the caller asks ``next(now:)`` what to do until there is
/// nothing to do.
struct TrafficShaper {
    /// The ways in which a direction ends.
    enum Ending: Equatable {
        /// The source has sent its FIN: this direction ends with a FIN, the other one goes on.
        case endOfStream
        /// Both directions end with a FIN here and now.
        case close
        /// Both directions end with RST.
        case reset
    }

    /// What the caller has to do.
    enum Step: Equatable {
        case write(ByteBuffer)
        case wait(until: NIODeadline)
        case end(Ending)
        /// Nothing, until something is enqueued or the faults change.
        case idle
    }

    /// The largest single write: large enough for speed, small enough that a change of faults is felt at once.
    private static let writeBytes = 64 * 1024

    /// A throttled direction writes about so many times a second, so that the rate holds within short spans too.
    private static let throttleStepsPerSecond = 50

    private struct Waiting {
        var bytes: ByteBuffer
        let arrival: NIODeadline
    }

    var faults: LaneFaults
    private(set) var queuedBytes = 0
    private var waiting = CircularBuffer<Waiting>()
    private var sourceEnd: (ending: Ending, arrival: NIODeadline)?
    private var isOver = false
    private var nextThrottledWrite: NIODeadline = .uptimeNanoseconds(0)

    init(faults: LaneFaults = LaneFaults()) {
        self.faults = faults
    }

    mutating func enqueue(_ bytes: ByteBuffer, now: NIODeadline) {
        guard !isOver, sourceEnd == nil, !faults.swallows, bytes.readableBytes > 0 else { return }
        queuedBytes += bytes.readableBytes
        waiting.append(Waiting(bytes: bytes, arrival: now))
    }

    /// Says that nothing more will come; what is queued goes out first.
    mutating func enqueueEnd(_ ending: Ending, now: NIODeadline) {
        guard !isOver, sourceEnd == nil, !faults.swallows else { return }
        sourceEnd = (ending, now)
    }

    /// Forgets what is queued; nothing goes out any more.
    mutating func abandon() {
        isOver = true
        waiting.removeAll()
        queuedBytes = 0
    }

    mutating func next(now: NIODeadline) -> Step {
        if isOver { return .idle }
        if let cut = faults.cut, cut.bytesLeft == 0 { return end(cut.ending) }
        if faults.isFrozen { return .idle }
        guard let arrival = waiting.first?.arrival ?? sourceEnd?.arrival else { return .idle }
        let due = arrival + TimeAmount(faults.delay)
        if due > now { return .wait(until: due) }
        if waiting.isEmpty, let sourceEnd { return end(sourceEnd.ending) }
        if faults.bytesPerSecond != nil, nextThrottledWrite > now { return .wait(until: nextThrottledWrite) }
        return write(now: now)
    }

    private mutating func end(_ ending: Ending) -> Step {
        abandon()
        return .end(ending)
    }

    private mutating func write(now: NIODeadline) -> Step {
        let room = min(waiting[waiting.startIndex].bytes.readableBytes, largestWrite)
        var bytes = waiting[waiting.startIndex].bytes.readBytes(length: room) ?? []
        if waiting[waiting.startIndex].bytes.readableBytes == 0 { waiting.removeFirst() }
        queuedBytes -= bytes.count
        faults.pass(&bytes)
        if let rate = faults.bytesPerSecond {
            let pause = TimeAmount.nanoseconds(Int64(bytes.count) * 1_000_000_000 / Int64(rate))
            nextThrottledWrite = max(now, nextThrottledWrite) + pause
        }
        return .write(ByteBuffer(bytes: bytes))
    }

    private var largestWrite: Int {
        let limits = [
            faults.sliceBytes, faults.cut?.bytesLeft,
            faults.bytesPerSecond.map { max(1, $0 / Self.throttleStepsPerSecond) },
        ]
        return limits.reduce(Self.writeBytes) { min($0, $1 ?? $0) }
    }
}
