/// What the event loop and the consumer of one transfer share: a state machine without I/O.
///
/// ```
/// awaiting head ──head──▶ streaming ──finish──▶ finished
///       └───────────────finish──────────────────────┘
/// ```
/// The loop produces (`receivedHead`, `received`, `deliver`, `finish`), the consumer takes (`awaitHead`, `take`). Each
/// method returns what its caller has to do once it has left the lock.
///
/// Bytes collect in one buffer that the consumer takes whole: a consumer that falls behind gets fewer and larger
/// pieces. When the buffer is full the loop is told to pause, and after the next `take` to resume. What a waiter is, the
/// machine does not care: it keeps it and hands it back.
struct TransferExchange<HeadWaiter: Sendable, BodyWaiter: Sendable> {
    /// At this many waiting bytes the transfer is paused. Large enough to keep the network busy while the consumer
    /// works, small enough for hundreds of slow consumers.
    static var highWaterMark: Int { 512 << 10 }

    /// At this many bytes a waiting reader gets them before the loop's turn is over, so that both work at a time.
    static var promptDelivery: Int { 256 << 10 }

    /// Those who wait for something that an end of the transfer keeps from coming.
    struct Waiters {
        var head: HeadWaiter?
        var body: BodyWaiter?
    }

    private var buffer: [UInt8] = []
    /// How much the consumer took the last time that some waited.
    private var lastTaken = 0
    private var head: ResponseHead?
    private var result: Result<Void, any Error>?
    private var waiters = Waiters()
    /// The loop was told to pause and not yet to resume.
    private var isPaused = false

    // MARK: The loop's side

    /// The head is complete.
    mutating func receivedHead(_ head: ResponseHead) -> HeadWaiter? {
        self.head = head
        defer { waiters.head = nil }
        return waiters.head
    }

    enum Reception: Equatable {
        case stored
        /// Stored, and a reader waits: call `deliver` at the end of the turn. libcurl brings a body in pieces of 16 KiB,
        /// and to wake somebody for each would cost more than to read it.
        case awaited
        /// Stored, and a reader waits for what is enough by now: call `deliver`.
        case enough
        /// Not taken: pause the transfer; libcurl brings the same bytes again.
        case pause
    }

    /// A piece of the body has come.
    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Reception {
        // Cancelled, and the loop does not know yet.
        if result != nil { return .stored }
        if buffer.count >= Self.highWaterMark {
            isPaused = true
            return .pause
        }
        // A busy stream fills about as much as the last time: not grown piece by piece.
        if buffer.isEmpty { buffer.reserveCapacity(max(bytes.count, lastTaken)) }
        buffer.append(contentsOf: bytes)
        guard waiters.body != nil else { return .stored }
        return buffer.count < Self.promptDelivery ? .awaited : .enough
    }

    /// What waits goes to the reader that waits, if there are both.
    mutating func deliver() -> (waiter: BodyWaiter, bytes: [UInt8])? {
        guard let waiter = waiters.body, !buffer.isEmpty else { return nil }
        waiters.body = nil
        return (waiter, takeBuffer())
    }

    /// The transfer ended. Only the first result counts; what was received before stays available: call `deliver` first.
    mutating func finish(_ result: Result<Void, any Error>) -> Waiters {
        if self.result == nil {
            if case .success = result { precondition(head != nil, "a response without a head is not a success") }
            self.result = result
        }
        defer { waiters = Waiters() }
        return waiters
    }

    // MARK: The consumer's side

    /// The head if it is known, the error if it never will be; nil: `waiter` was stored.
    mutating func awaitHead(_ waiter: HeadWaiter) -> Result<ResponseHead, any Error>? {
        if let head { return .success(head) }
        if case .failure(let error) = result { return .failure(error) }
        waiters.head = waiter
        return nil
    }

    /// The consumer gives up: what waits for it is thrown away. Nil if the transfer has ended already.
    mutating func cancel() -> Waiters? {
        guard result == nil else { return nil }
        buffer = []
        return finish(.failure(CancellationError()))
    }

    enum Taking {
        case bytes([UInt8], mustResume: Bool)
        case end
        case failure(any Error)
        case waiting
    }

    /// All bytes that wait; if there are none `waiter` was stored.
    mutating func take(_ waiter: BodyWaiter) -> Taking {
        if !buffer.isEmpty {
            defer { isPaused = false }
            return .bytes(takeBuffer(), mustResume: isPaused)
        }
        switch result {
        case .success: return .end
        case .failure(let error): return .failure(error)
        case nil:
            precondition(waiters.body == nil, "a response body has one reader at a time")
            waiters.body = waiter
            return .waiting
        }
    }

    private mutating func takeBuffer() -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        lastTaken = bytes.count
        return bytes
    }

    /// Whether the transfer ended.
    var isFinished: Bool { result != nil }
}
