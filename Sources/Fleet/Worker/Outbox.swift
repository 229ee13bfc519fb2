internal import DequeModule

/// What a worker has to say, in order, bounded, and never said twice: a state machine without I/O.
///
/// One report is under way at a time, until the hub has said that it took it. Until then it goes again, under its number,
/// to the same process of the hub, which knows it again: that an attempt failed, however clearly, says nothing of those
/// before it, which libcurl may have made by itself. To another process it does not: actions and console lines of it
/// are given up then and counted, since the first may have taken them; results and evidence, which are the same however
/// often they come, go again.
struct Outbox: Sendable {
    /// What was not said.
    struct Losses: Sendable, Equatable {
        /// Console lines and actions for which there was no room.
        var shedLines = 0
        var shedActions = 0
        /// Those of which it is not known whether a hub took them.
        var doubtfulLines = 0
        var doubtfulActions = 0
        /// Results and evidence for which there was no room.
        var shedNotes = 0
    }

    /// Where reports go.
    struct Target: Sendable, Equatable {
        let hub: String
        let session: String
    }

    private enum Kind: Int, CaseIterable, Sendable {
        case line, action, note
    }

    private struct Entry: Sendable {
        let order: Int
        let message: WorkerMessage
        let bytes: Int
    }

    private struct UnderWay: Sendable {
        let sequence: Int
        let hub: String
        var entries: [Entry]
        var status: FleetWorkerReport?
    }

    private var queues: [Deque<Entry>] = Kind.allCases.map { _ in [] }
    private var sizes = Kind.allCases.map { _ in 0 }
    private let byteLimits: [Int]
    private let reportByteLimit: Int
    private var order = 0
    private var sequence = 0
    private var status: FleetWorkerReport?
    private var underWay: UnderWay?
    private(set) var losses = Losses()

    init(lineBytes: Int = 1 << 20, actionBytes: Int = 4 << 20, noteBytes: Int = 1 << 20, reportBytes: Int = 256 << 10) {
        byteLimits = [lineBytes, actionBytes, noteBytes]
        reportByteLimit = reportBytes
    }

    /// Whether there is something to say.
    var isEmpty: Bool { underWay == nil && status == nil && queues.allSatisfy(\.isEmpty) }

    /// What waits, in bytes.
    var bytes: Int { sizes.reduce(0, +) }

    /// Queues a message. False: there is no room for it, and it is counted. For a line older lines make room.
    @discardableResult
    mutating func add(_ message: WorkerMessage) -> Bool {
        switch message {
        case .status(let report):
            status = report
            return true
        case .console(let line):
            let bytes = line.text.utf8.count + line.title.utf8.count + 128
            while sizes[Kind.line.rawValue] + bytes > byteLimits[Kind.line.rawValue],
                let oldest = queues[Kind.line.rawValue].popFirst()
            {
                sizes[Kind.line.rawValue] -= oldest.bytes
                losses.shedLines += 1
            }
            return append(message, bytes, .line)
        case .action(let action):
            return append(message, (action.object?.encoded().count ?? 0) + action.action.utf8.count + 128, .action)
        case .answer(let answer):
            // There is one at a time; a newer one makes those before it stale.
            removeAnswers()
            return append(.answer(answer), 256, .note, isExempt: true)
        case .result(let result): return append(message, result.detail.encoded().count + 128, .note)
        case .evidence(let note): return append(message, note.encoded().count + 64, .note)
        }
    }

    private mutating func append(_ message: WorkerMessage, _ bytes: Int, _ kind: Kind, isExempt: Bool = false) -> Bool {
        guard isExempt || sizes[kind.rawValue] + bytes <= byteLimits[kind.rawValue] else {
            switch kind {
            case .line: losses.shedLines += 1
            case .action: losses.shedActions += 1
            case .note: losses.shedNotes += 1
            }
            return false
        }
        order += 1
        queues[kind.rawValue].append(Entry(order: order, message: message, bytes: bytes))
        sizes[kind.rawValue] += bytes
        return true
    }

    private mutating func removeAnswers() {
        queues[Kind.note.rawValue].removeAll { entry in
            guard case .answer = entry.message else { return false }
            sizes[Kind.note.rawValue] -= entry.bytes
            return true
        }
    }

    // MARK: Reports

    /// The report to send now; nil: there is nothing to say. With `isAlive` one is made all the same.
    mutating func next(to target: Target, isAlive: Bool = false) -> FleetReport? {
        if let pending = underWay, pending.hub != target.hub { giveUp(pending) }
        if underWay == nil {
            guard isAlive || !isEmpty else { return nil }
            sequence += 1
            underWay = UnderWay(sequence: sequence, hub: target.hub, entries: takeBatch(), status: status)
            status = nil
        }
        guard let pending = underWay else { return nil }
        return FleetReport(
            session: target.session, sequence: pending.sequence,
            messages: pending.entries.map(\.message) + (pending.status.map { [.status($0)] } ?? []))
    }

    /// The hub has taken the report.
    mutating func delivered() { underWay = nil }

    /// A batch in the order in which things were said.
    private mutating func takeBatch() -> [Entry] {
        var batch: [Entry] = []
        var bytes = 0
        while bytes < reportByteLimit,
            let kind = Kind.allCases.filter({ !queues[$0.rawValue].isEmpty })
                .min(by: { queues[$0.rawValue][0].order < queues[$1.rawValue][0].order })
        {
            let entry = queues[kind.rawValue].removeFirst()
            sizes[kind.rawValue] -= entry.bytes
            bytes += entry.bytes
            batch.append(entry)
        }
        return batch
    }

    private mutating func restore(_ entries: [Entry]) {
        for entry in entries.reversed() {
            let kind: Kind =
                switch entry.message {
                case .console: .line
                case .action: .action
                case .answer, .result, .evidence, .status: .note
                }
            queues[kind.rawValue].prepend(entry)
            sizes[kind.rawValue] += entry.bytes
        }
    }

    private mutating func giveUp(_ pending: UnderWay) {
        underWay = nil
        var again: [Entry] = []
        for entry in pending.entries {
            switch entry.message {
            case .console: losses.doubtfulLines += 1
            case .action: losses.doubtfulActions += 1
            // Of a connection that is no more.
            case .answer: break
            case .result, .evidence, .status: again.append(entry)
            }
        }
        restore(again)
    }
}
