internal import DequeModule
internal import HTTPServer

/// What the hub keeps of one worker.
struct WorkerRecord: Sendable {
    /// A connection.
    struct Session: Sendable {
        let id: String
        /// When it is to be made anew.
        let end: ContinuousClock.Instant
        let signal: AsyncStream<Void>.Continuation
        /// Known once the answer has begun.
        var writer: HTTPBodyWriter?
        var queue: Deque<HTTPBodyPiece> = []
        var queuedBytes = 0
        /// Pod events that wait until the worker was told of all pods; nil: it was.
        var heldBack: [HTTPBodyPiece]?
        var lastSent: ContinuousClock.Instant
        var isEnding = false
    }

    var hello: FleetHello
    var track: PushTrack
    var session: Session?
    var lastHeard: ContinuousClock.Instant
    /// Since when it is connected, or not.
    var since: ContinuousClock.Instant
    /// The number of the last report of this process that was taken.
    var lastSequence = 0
    var report = FleetWorkerReport()
    /// Commands without a result, which are sent again to a worker that comes back.
    var commands: [(id: String, piece: HTTPBodyPiece)] = []
    /// When the last push was sent.
    var pushed: ContinuousClock.Instant?
    /// From when the set was wanted to the worker's answer.
    var latency: Duration?

    var identity: WorkerIdentity { WorkerIdentity(worker: hello.worker, node: hello.node) }

    /// Puts a line into the queue; false if that is full.
    mutating func send(_ piece: HTTPBodyPiece, limit: Int, now: ContinuousClock.Instant) -> Bool {
        guard let current = session, !current.isEnding else { return true }
        // A line that alone is larger still has to go.
        guard current.queuedBytes == 0 || current.queuedBytes + piece.count <= limit else { return false }
        session?.queue.append(piece)
        session?.queuedBytes += piece.count
        session?.lastSent = now
        current.signal.yield()
        return true
    }

    /// Keeps a command until its result is there; false: there are too many.
    mutating func keep(_ id: String, _ piece: HTTPBodyPiece) -> Bool {
        guard commands.count < Self.commandLimit else { return false }
        if !commands.contains(where: { $0.id == id }) { commands.append((id, piece)) }
        return true
    }

    /// A snapshot takes seconds; a worker with more of them does not work.
    private static let commandLimit = 64

    /// Puts a pod event behind those before it; false if the queue is full.
    mutating func send(podEvent piece: HTTPBodyPiece, limit: Int, now: ContinuousClock.Instant) -> Bool {
        guard session?.heldBack != nil else { return send(piece, limit: limit, now: now) }
        session?.heldBack?.append(piece)
        return (session?.heldBack?.count ?? 0) <= Self.heldBackLimit
    }

    /// Events of one node while a list of its pods is under way.
    private static let heldBackLimit = 10_000
}
