internal import DequeModule
internal import HTTPServer

/// Whose addresses are, for workers: all of it for one that knows nothing, and what has changed for the others; every line
/// is encoded once, however many workers read it. A state machine without I/O.
///
/// A worker's ``NameTrack`` says how far that worker is; lines are handed out one at a time, each when the one before is
/// written, so that a slow worker holds nothing up and nothing waits for it here.
///
/// ```text
///            reads the table's lines              reads changes
/// nothing ───────────────────────────▶ known(version) ────────▶ known(version + 1)
///    ▲  ▲          │ changes since then are forgotten   │
///    │  └──────────┘                                    │ changes since then are forgotten
///    └──────────────────────────────────────────────────┘
/// ```
struct NameLog: Sendable {
    /// What this has counted.
    struct Counters: Sendable, Equatable {
        /// Tables that workers were begun to be sent, and how often one was encoded.
        var tables = 0
        var encodedTables = 0
        /// Lines that were handed out.
        var lines = 0
        /// Addresses that got another name, a first one or none.
        var changes = 0
    }

    private struct Change: Sendable {
        let piece: HTTPBodyPiece
        /// Bytes of all changes up to this one.
        let end: Int
    }

    /// Addresses that workers are told of at most. Each takes about 140 bytes on the wire and 350 on a worker.
    let limit: Int
    private let changeByteLimit: Int
    private let lineByteLimit: Int
    private var names: [String: FleetName] = [:]
    /// Addresses beyond the limit: they come in when others go.
    private var leftOut: [String: FleetName] = [:]
    private var counts: [FleetName.Kind: Int] = [:]
    /// The latest changes: from `start + 1` to `version`.
    private var changes: Deque<Change> = []
    private var start: UInt64 = 0
    private var bytes = 0
    private var forgottenBytes = 0
    private(set) var version: UInt64 = 0
    private(set) var counters = Counters()
    /// The latest table that was encoded.
    private var table: EncodedNames?
    /// When the latest change was, in milliseconds since 1970.
    private var latest: Int64 = 0
    /// All that there is was told of once: before that a table would end what a worker knows of another hub.
    private(set) var isComplete = false

    init(limit: Int = 40_000, changeByteLimit: Int = 1 << 20, lineByteLimit: Int = 32 << 10) {
        self.limit = limit
        self.changeByteLimit = changeByteLimit
        self.lineByteLimit = lineByteLimit
    }

    /// How many addresses of a kind have a name, and how many were left out.
    func count(_ kind: FleetName.Kind) -> Int { counts[kind] ?? 0 }
    var leftOutCount: Int { leftOut.count }

    // MARK: What the hub knows

    /// Takes note of whose addresses are now; nil: nobody's. True: workers are to be told.
    mutating func update(_ news: [FleetNameNews]) -> Bool {
        // By address when it changed: it may be concerned twice.
        var times: [String: Int64] = [:]
        for item in news {
            latest = max(latest, item.time)
            if let name = item.name {
                guard names[item.address] != name else { continue }
                if names[item.address] == nil, names.count >= limit {
                    leftOut[item.address] = name
                } else {
                    set(name)
                    times[item.address] = item.time
                }
            } else if leftOut.removeValue(forKey: item.address) == nil,
                let old = names.removeValue(forKey: item.address)
            {
                counts[old.kind, default: 0] -= 1
                times[item.address] = item.time
                if let address = leftOut.keys.first, let name = leftOut.removeValue(forKey: address) {
                    set(name)
                    times[address] = item.time
                }
            }
        }
        counters.changes += times.count
        guard isComplete, !times.isEmpty else { return false }
        append(times)
        return true
    }

    private mutating func set(_ name: FleetName) {
        if let old = names.updateValue(name, forKey: name.address) { counts[old.kind, default: 0] -= 1 }
        counts[name.kind, default: 0] += 1
    }

    /// Everything was told of by now, in milliseconds since 1970: workers may be told.
    mutating func complete(at time: Int64) {
        isComplete = true
        latest = max(latest, time)
    }

    private mutating func append(_ times: [String: Int64]) {
        let times = times.sorted { $0.key < $1.key }
        let put = times.compactMap { names[$0.key] }
        let ended = times.filter { names[$0.key] == nil }.map { FleetNames.End(address: $0.key, time: $0.value) }
        for ended in ended.chunks(of: lineByteLimit, { $0.address.utf8.count + Self.endBytes }) {
            append(put: [], ended: ended)
        }
        for put in put.chunks(of: lineByteLimit, { $0.wireBytes }) { append(put: put, ended: []) }
    }

    private mutating func append(put: [FleetName], ended: [FleetNames.End]) {
        version += 1
        let names = FleetNames(version: version, part: .change, time: latest, put: put, ended: ended)
        let piece = HTTPBodyPiece(HubMessage.names(names).line)
        bytes += piece.count
        changes.append(Change(piece: piece, end: bytes))
        while bytes - forgottenBytes > changeByteLimit, let oldest = changes.popFirst() {
            start += 1
            forgottenBytes = oldest.end
        }
        // What nobody can go on from.
        if let table, table.version < start { self.table = nil }
    }

    private static let endBytes = 24

    // MARK: What a worker reads

    /// Where a worker stands that says so itself.
    func track(_ names: FleetHello.Names, hub: String) -> NameTrack {
        switch names {
        case .unknown: .unwanted
        case .read(let position) where position.hub == hub && start...version ~= position.version:
            .known(position.version)
        case .none, .read: .nothing
        }
    }

    /// The next line for a worker; nil: it knows everything.
    mutating func next(_ track: inout NameTrack) -> HTTPBodyPiece? {
        guard isComplete else { return nil }
        switch track {
        case .unwanted: return nil
        case .known(let known) where known >= start:
            guard known < version else { return nil }
            track = .known(known + 1)
            counters.lines += 1
            return changes[Int(known - start)].piece
        case .reading(let table, let line) where table.version >= start:
            return hand(table, line, &track)
        case .nothing, .known, .reading:
            counters.tables += 1
            return hand(currentTable(), 0, &track)
        }
    }

    private mutating func hand(_ table: EncodedNames, _ line: Int, _ track: inout NameTrack) -> HTTPBodyPiece {
        counters.lines += 1
        track = line + 1 < table.lines.count ? .reading(table, line: line + 1) : .known(table.version)
        return table.lines[line]
    }

    /// A table from which it is not far to what is known now. It is not encoded anew for each worker that comes: what has
    /// changed since is less to read than a quarter of it.
    private mutating func currentTable() -> EncodedNames {
        if let table, bytes - end(of: table.version) <= max(table.bytes / 4, lineByteLimit) { return table }
        counters.encodedTables += 1
        var groups = names.values.sorted { $0.address < $1.address }.chunks(of: lineByteLimit) { $0.wireBytes }
        if groups.isEmpty { groups = [[]] }
        let lines = groups.enumerated().map { index, put in
            let part: FleetNames.Part =
                switch (index, groups.count) {
                case (0, 1): .whole
                case (0, _): .first
                case (groups.count - 1, _): .last
                default: .next
                }
            return HTTPBodyPiece(
                HubMessage.names(FleetNames(version: version, part: part, time: latest, put: put)).line)
        }
        let new = EncodedNames(version: version, lines: lines)
        table = new
        return new
    }

    /// Bytes of all changes up to a version that is not before `start`.
    private func end(of version: UInt64) -> Int {
        version <= start ? forgottenBytes : changes[Int(version - start) - 1].end
    }
}

/// An address of which there is news; nil: nobody has it.
package struct FleetNameNews: Sendable, Equatable {
    package let address: String
    package let name: FleetName?
    /// When it became so, in milliseconds since 1970.
    package let time: Int64

    package init(address: String, name: FleetName?, time: Int64) {
        self.address = address
        self.name = name
        self.time = time
    }
}

/// All names of a moment, encoded.
struct EncodedNames: Sendable {
    /// The changes up to this one are in it.
    let version: UInt64
    let lines: [HTTPBodyPiece]
    var bytes: Int { lines.reduce(0) { $0 + $1.count } }
}

/// How far a worker has been sent names.
enum NameTrack: Sendable {
    /// The worker would not understand.
    case unwanted
    case nothing
    /// It is being sent a table, of which this line is the next.
    case reading(EncodedNames, line: Int)
    /// It was sent everything up to this change.
    case known(UInt64)
}

extension FleetName {
    /// About so many bytes on the wire.
    fileprivate var wireBytes: Int {
        48 + address.utf8.count + namespace.utf8.count + name.utf8.count + node.utf8.count + host.utf8.count
            + service.utf8.count + slice.utf8.count
    }
}

extension Array {
    /// The elements in their order, in groups of at most so many bytes, or of one element.
    fileprivate func chunks(of limit: Int, _ bytes: (Element) -> Int) -> [[Element]] {
        var chunks: [[Element]] = []
        var room = 0
        for element in self {
            let size = bytes(element)
            if chunks.isEmpty || size > room {
                chunks.append([])
                room = limit
            }
            chunks[chunks.count - 1].append(element)
            room -= size
        }
        return chunks
    }
}
