internal import Glibc

/// Cuts the bytes of one direction into messages.
///
/// ```
///            ┌────────────── message ends ─────────────────────────────┐
///            ▼                                                          │
/// idle ─▶ head ─▶ (asks for the framing) ─▶ fixed │ chunks │ untilClose ┘
///            │                                     │
///            └── no HTTP, gap ──▶ lost ◀── gap ────┘     lost ── a start line ──▶ head
/// ```
struct HTTP1Parser {
    /// How the end of a body is found (RFC 9112 section 6.3).
    enum Framing: Equatable {
        /// So many bytes; 0 also where there is none.
        case length(Int)
        case chunked
        case untilClose
    }

    enum Event {
        /// All bytes are used.
        case needsMore
        /// A head is there: the caller must call ``begin(_:_:_:)``.
        case head
        case message(ReadMessage)
        /// The bytes make no sense; a start line is looked for from here on.
        case malformed
    }

    private enum State {
        case head
        case awaitsFraming
        case fixed(Int)
        case chunkSize
        case chunkData(Int)
        case chunkEnd
        case trailers
        case untilClose
        case lost
    }

    let isRequest: Bool
    private let bodyLimit: Int
    private let headLimit: Int
    private var state = State.head
    private(set) var scanner: HTTPHeadScanner
    /// The message that is being read.
    private var message = HTTPMessageFacts()
    /// What was copied of it.
    private var kept: [UInt8] = []
    /// A chunk-size or trailer line that was cut.
    private var line: [UInt8] = []
    private var trailerBytes = 0
    /// The next response may come without a head (HTTP/0.9).
    private var isBarePossible = false

    init(isRequest: Bool, _ settings: DissectionSettings) {
        self.isRequest = isRequest
        bodyLimit = settings.bodyLimit
        headLimit = settings.headLimit
        scanner = HTTPHeadScanner(isRequest: isRequest)
    }

    /// The message that is being read, as far as it has come.
    var unfinished: ReadMessage { ReadMessage(message, .kept(kept)) }

    /// Whether a message has begun and not ended.
    var isWithinMessage: Bool {
        switch state {
        case .head: !kept.isEmpty
        case .lost: false
        default: true
        }
    }

    /// Whether a head is there and its body is not yet.
    var isWithinBody: Bool {
        switch state {
        case .head, .awaitsFraming, .lost: false
        default: true
        }
    }

    // MARK: Bytes

    /// Reads on from `offset`, which it moves, to the next thing of note.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ time: Int64) -> Event {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .needsMore }
        while offset < bytes.count {
            let base = start + offset
            let count = bytes.count - offset
            switch state {
            case .head:
                if isBarePossible, kept.isEmpty {
                    isBarePossible = false
                    if count < 5 || memcmp(base, "HTTP/", 5) != 0 {
                        message.time = time
                        message.start.version = 9
                        message.start.status = 200
                        state = .untilClose
                        continue
                    }
                }
                return head(base, count, &offset, time)
            case .awaitsFraming: return .head
            case .fixed(let left):
                let taken = min(left, count)
                take(base, taken, &offset)
                if taken == left { return finished() }
                state = .fixed(left - taken)
            case .untilClose: take(base, count, &offset)
            case .chunkData(let left):
                let taken = min(left, count)
                take(base, taken, &offset)
                state = taken == left ? .chunkEnd : .chunkData(left - taken)
            case .chunkSize, .chunkEnd, .trailers:
                if let event = chunkLine(base, count, &offset) { return event }
            case .lost:
                guard let found = Self.startLine(base, count, isRequest: isRequest) else {
                    offset = bytes.count
                    return .needsMore
                }
                offset += found
                state = .head
            }
        }
        return .needsMore
    }

    private mutating func head(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int, _ time: Int64
    ) -> Event {
        let progress: HTTPHeadScanner.Progress
        let held = kept.count
        if held == 0 {
            message.time = time
            progress = scanner.scan(base, count)
        } else {
            // Only what may still belong to the head is copied.
            let taken = min(count, max(1, headLimit - held))
            kept.append(contentsOf: UnsafeBufferPointer(start: base, count: taken))
            progress = kept.withUnsafeBufferPointer { all in
                // Not empty: at least one byte was appended.
                all.baseAddress.map { scanner.scan($0, all.count) } ?? .needsMore
            }
        }
        switch progress {
        case .complete(let length):
            if held > 0 { kept.removeLast(kept.count - length) }
            offset += length - held
            message.headLength = length
            message.wireLength = length
            message.start = scanner.start
            state = .awaitsFraming
            return .head
        case .needsMore:
            if held == 0 { kept.append(contentsOf: UnsafeBufferPointer(start: base, count: min(count, headLimit))) }
            guard kept.count < headLimit else { return lose(&offset, count) }
            offset += count
            // Nothing but empty lines so far.
            return .needsMore
        case .malformed:
            // What was held is given up; the bytes at hand may begin a message.
            return lose(&offset, 0)
        }
    }

    /// Says how the body of the message ends whose head was just found before `offset` of these bytes. A message that is
    /// there as a whole is returned as it lies.
    mutating func begin(_ framing: Framing, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> ReadMessage? {
        let length: Int? = if case .length(let length) = framing { length } else { nil }
        // Otherwise the head came in pieces, and is kept.
        if kept.isEmpty, let end = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: offset) {
            let head = end - message.headLength
            let wanted = message.headLength + min(length ?? 0, bodyLimit)
            if let length, length <= bytes.count - offset {
                offset += length
                message.bodyLength = length
                message.wireLength += length
                message.isCut = length > bodyLimit
                defer { restart() }
                return ReadMessage(message, .lent(UnsafeBufferPointer(start: head, count: wanted)))
            }
            kept.reserveCapacity(wanted)
            kept.append(contentsOf: UnsafeBufferPointer(start: head, count: message.headLength))
        }
        switch framing {
        case .length(0): return end()
        case .length(let length): state = .fixed(length)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
        return nil
    }

    /// The next bytes answer a request in HTTP/0.9: a body without a head, up to the connection's end.
    mutating func beginBare(_ time: Int64) {
        guard case .head = state else { return }
        isBarePossible = true
        message.time = time
    }

    /// Forgets what is being read, and looks for the next start line.
    mutating func lose() {
        restart()
        state = .lost
    }

    private mutating func lose(_ offset: inout Int, _ skipped: Int) -> Event {
        lose()
        offset += skipped
        return .malformed
    }

    // MARK: Body

    private mutating func take(_ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int) {
        let room = bodyLimit - (kept.count - message.headLength)
        if room > 0 {
            kept.append(contentsOf: UnsafeBufferPointer(start: base, count: min(room, count)))
        }
        if count > room { message.isCut = true }
        message.bodyLength += count
        message.wireLength += count
        offset += count
    }

    /// The lines around chunks; nil to go on.
    private mutating func chunkLine(_ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int) -> Event? {
        guard let newline = memchr(base, 0x0a, count) else {
            line.append(contentsOf: UnsafeBufferPointer(start: base, count: min(count, headLimit - line.count)))
            message.wireLength += count
            offset += count
            // A chunk's size with an extension, or a trailer, is never this long.
            guard line.count < headLimit else { return broken() }
            return .needsMore
        }
        let length = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(newline)) + 1
        message.wireLength += length
        offset += length
        var text = UnsafeBufferPointer(start: base, count: length)
        guard line.isEmpty else {
            line.append(contentsOf: text)
            let whole = line
            line.removeAll(keepingCapacity: true)
            return whole.withUnsafeBufferPointer { chunkLine($0) }
        }
        text = UnsafeBufferPointer(start: base, count: length)
        return chunkLine(text)
    }

    private mutating func chunkLine(_ text: UnsafeBufferPointer<UInt8>) -> Event? {
        var end = text.count - 1
        if end > 0, text[end - 1] == 0x0d { end -= 1 }
        switch state {
        case .chunkEnd:
            // Only the line break after a chunk's data may stand here.
            guard end == 0 else { return broken() }
            state = .chunkSize
        case .trailers:
            trailerBytes += text.count
            guard trailerBytes <= headLimit else { return broken() }
            if end == 0 { return finished() }
        default:
            guard let size = Self.chunkSize(text, end) else { return broken() }
            trailerBytes = 0
            state = size == 0 ? .trailers : .chunkData(size)
        }
        return nil
    }

    /// `1a2b ; extension=value`.
    private static func chunkSize(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Int? {
        var size = 0
        var digits = 0
        var i = 0
        while i < end, text[i] == 0x20 || text[i] == 0x09 { i += 1 }
        while i < end, let digit = hexDigit(text[i]) {
            guard size <= Int.max >> 5 else { return nil }
            size = size << 4 | digit
            digits += 1
            i += 1
        }
        while i < end, text[i] == 0x20 || text[i] == 0x09 || text[i] == 0x0d { i += 1 }
        guard digits > 0, i == end || text[i] == UInt8(ascii: ";") else { return nil }
        return size
    }

    /// The chunks make no sense: the message ends here, incomplete, and the next start line is looked for.
    private mutating func broken() -> Event {
        message.isIncomplete = true
        let message = end()
        state = .lost
        return .message(message)
    }

    private mutating func finished() -> Event { .message(end()) }

    /// The message is over.
    private mutating func end() -> ReadMessage {
        var bytes: [UInt8] = []
        swap(&bytes, &kept)
        defer { restart() }
        return ReadMessage(message, .kept(bytes))
    }

    private mutating func restart() {
        message = HTTPMessageFacts()
        if !kept.isEmpty { kept = [] }
        scanner = HTTPHeadScanner(isRequest: isRequest)
        if !line.isEmpty { line.removeAll() }
        state = .head
    }

    // MARK: Gaps and ends

    /// Passes over bytes that were not captured. Returns the message that ends with them, if one does, and whether the
    /// place where the next message begins is lost.
    mutating func skip(_ count: Int) -> (ended: ReadMessage?, isLost: Bool) {
        switch state {
        case .fixed(let left) where count <= left:
            message.isIncomplete = true
            message.bodyLength += count
            if count == left { return (end(), false) }
            state = .fixed(left - count)
            return (nil, false)
        case .untilClose:
            message.isIncomplete = true
            message.bodyLength += count
            return (nil, false)
        case .chunkData(let left) where count <= left:
            message.isIncomplete = true
            message.bodyLength += count
            state = count == left ? .chunkEnd : .chunkData(left - count)
            return (nil, false)
        case .lost: return (nil, true)
        case .head:
            let cut = cutHead()
            lose()
            return (cut, true)
        default:
            message.isIncomplete = true
            let message = end()
            state = .lost
            return (message, true)
        }
    }

    /// No more bytes will come: the message that ends with its connection, or what there is of one whose head is there.
    mutating func close() -> ReadMessage? {
        switch state {
        case .head:
            let cut = cutHead()
            restart()
            return cut
        case .lost:
            restart()
            return nil
        case .untilClose: return end()
        default:
            message.isIncomplete = true
            return end()
        }
    }

    /// A message whose start line is there and whose head is not whole.
    private func cutHead() -> ReadMessage? {
        guard let start = scanner.startIfSeen else { return nil }
        var cut = unfinished
        cut.facts.start = start
        cut.facts.headLength = kept.count
        cut.facts.wireLength = kept.count
        cut.facts.isIncomplete = true
        return cut
    }

    // MARK: Start lines

    /// Where in the bytes the first line begins that starts a message.
    static func startLine(_ base: UnsafePointer<UInt8>, _ count: Int, isRequest: Bool) -> Int? {
        var start = 0
        while start < count {
            guard let newline = memchr(base + start, 0x0a, count - start) else { return nil }
            let next = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(newline)) + 1
            var end = next - 1
            if end > start, base[end - 1] == 0x0d { end -= 1 }
            if end > start, let line = HTTPStartLine.parse(base, start, end, isRequest: isRequest), line.version >= 10 {
                return start
            }
            start = next
        }
        return nil
    }

    static func hexDigit(_ byte: UInt8) -> Int? {
        if byte &- 48 < 10 { return Int(byte &- 48) }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? Int(letter) + 10 : nil
    }
}
