/// What the event loop and the consumer of one transfer share: a state machine without I/O.
///
/// ```
/// awaiting head ──head──▶ streaming ──finish──▶ finished
///       └───────────────finish──────────────────────┘
/// ```
/// The loop produces (`receivedHead`, `received`, `finish`), the consumer takes (`awaitHead`, `take`). Each method
/// returns what its caller has to do once it has left the lock.
///
/// Bytes collect in one buffer that the consumer takes whole: a consumer that falls behind gets fewer and larger
/// pieces. When the buffer is full the loop is told to pause, and after the next `take` to resume.
struct TransferExchange {
    typealias HeadWaiter = CheckedContinuation<ResponseHead, any Error>
    typealias BodyWaiter = CheckedContinuation<[UInt8]?, any Error>

    /// At this many waiting bytes the transfer is paused. Large enough to keep the network busy while the consumer
    /// works, small enough for hundreds of slow consumers.
    static let highWaterMark = 512 << 10

    private var buffer: [UInt8] = []
    /// How much the consumer took the last time that some waited.
    private var lastTaken = 0
    private var head: ResponseHead?
    private var result: Result<Void, any Error>?
    private var headWaiter: HeadWaiter?
    private var bodyWaiter: BodyWaiter?
    /// The loop was told to pause and not yet to resume.
    private(set) var isPaused = false

    // MARK: The loop's side

    /// The head is complete.
    mutating func receivedHead(_ head: ResponseHead) -> HeadWaiter? {
        self.head = head
        defer { headWaiter = nil }
        return headWaiter
    }

    enum Reception {
        case stored
        /// Not taken: pause the transfer; libcurl brings the same bytes again.
        case pause
        case deliver(BodyWaiter)
    }

    /// A piece of the body has come.
    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Reception {
        if let waiter = bodyWaiter {
            bodyWaiter = nil
            return .deliver(waiter)
        }
        if buffer.count >= Self.highWaterMark {
            isPaused = true
            return .pause
        }
        // A busy stream fills about as much as the last time: not grown piece by piece.
        if buffer.isEmpty { buffer.reserveCapacity(max(bytes.count, lastTaken)) }
        buffer.append(contentsOf: bytes)
        return .stored
    }

    /// The transfer ended. Only the first result counts; what was received before stays available.
    mutating func finish(_ result: Result<Void, any Error>) -> (HeadWaiter?, BodyWaiter?) {
        if self.result == nil { self.result = result }
        defer {
            headWaiter = nil
            bodyWaiter = nil
        }
        return (headWaiter, bodyWaiter)
    }

    // MARK: The consumer's side

    /// The head if it is known, the error if it never will be; nil: `waiter` was stored.
    mutating func awaitHead(_ waiter: HeadWaiter) -> Result<ResponseHead, any Error>? {
        if let head { return .success(head) }
        if case .failure(let error) = result { return .failure(error) }
        headWaiter = waiter
        return nil
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
            var bytes: [UInt8] = []
            swap(&bytes, &buffer)
            lastTaken = bytes.count
            defer { isPaused = false }
            return .bytes(bytes, mustResume: isPaused)
        }
        switch result {
        case .success: return .end
        case .failure(let error): return .failure(error)
        case nil:
            precondition(bodyWaiter == nil, "a response body has one reader at a time")
            bodyWaiter = waiter
            return .waiting
        }
    }

    /// Whether the transfer ended.
    var isFinished: Bool { result != nil }
}
