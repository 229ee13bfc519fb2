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
        /// What was taken from the queue is not yet all with the operating system.
        var isWriting = false
        /// Pod events that wait until the worker was told of all pods; nil: it was.
        var heldBack: [HTTPBodyPiece]?
        /// How far the hub was when it asked for all pods.
        var sweptThrough = PodPosition()
        var lastSent: ContinuousClock.Instant
        var isEnding = false

        /// Something is not yet with the operating system.
        var isBusy: Bool { isWriting || !queue.isEmpty || heldBack?.isEmpty == false }
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
    /// When ``report`` came.
    var reported: ContinuousClock.Instant?
    /// Calls of each script's hooks in a second, between the latest two reports.
    var rates: [Int: Double] = [:]
    /// Commands without a result, which are sent again to a worker that comes back.
    var commands: [(id: String, piece: HTTPBodyPiece)] = []
    /// When the last push was sent.
    var pushed: ContinuousClock.Instant?
    /// From when the set was wanted to the worker's answer.
    var latency: Duration?

    var identity: WorkerIdentity { WorkerIdentity(worker: hello.worker, node: hello.node) }

    /// Takes a report of its scripts.
    mutating func take(_ new: FleetWorkerReport, at now: ContinuousClock.Instant) {
        if let reported, now - reported > .milliseconds(100) {
            let seconds = (now - reported) / .seconds(1)
            let before = Dictionary(report.scripts.map { ($0.index, $0.calls) }, uniquingKeysWith: { $1 })
            rates = new.scripts.reduce(into: [:]) { rates, script in
                // A worker that begins anew counts anew.
                let calls = script.calls - (before[script.index] ?? 0)
                rates[script.index] = Double(calls >= 0 ? calls : script.calls) / seconds
            }
        }
        report = new
        reported = now
    }

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
