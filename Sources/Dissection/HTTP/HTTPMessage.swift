/// A request or a response: its bytes, and where in them what is.
package struct HTTPMessage: Sendable {
    let facts: HTTPMessageFacts
    /// The head as it was on the wire, followed by what was kept of the body (chunks joined).
    let bytes: HTTPMessageBytes

    var start: HTTPStartLine { facts.start }
    var headLength: Int { facts.headLength }
    var bodyLength: Int { facts.bodyLength }
    var isCut: Bool { facts.isCut }
    var isIncomplete: Bool { facts.isIncomplete }

    /// What was kept of the body.
    var body: Slice<HTTPMessageBytes> { bytes[min(headLength, bytes.count)...] }
}

/// What is known of a message besides its bytes. Small, since it is handed on often.
struct HTTPMessageFacts: Sendable {
    /// When its first byte came, in nanoseconds since 1970.
    var time: Int64 = 0
    /// Bytes of the body after joining chunks, kept or not.
    var bodyLength = 0
    /// Bytes that were seen on the wire.
    var wireLength = 0
    var start = HTTPStartLine()
    private var headEnd: UInt32 = 0
    /// The body is longer than what was kept of it.
    var isCut = false
    /// Bytes of it were lost in the capture, or the connection ended within it.
    var isIncomplete = false

    /// Bytes of the head, its empty line included.
    var headLength: Int {
        get { Int(headEnd) }
        set { headEnd = UInt32(clamping: newValue) }
    }
}

/// The first line of a message, as ranges of the message's bytes.
struct HTTPStartLine: Sendable, Equatable {
    /// A request's method, or a response's reason phrase.
    var word = HTTPRange()
    /// A request's target.
    var target = HTTPRange()
    /// The status of a response; 0 in a request.
    var status: UInt16 = 0
    /// `HTTP/1.1` as 11; 9 for a request without a version.
    var version: UInt8 = 0
    /// What decides about the response's body.
    var method = Method.other

    enum Method: UInt8 { case other, head, connect }
}

/// A part of a head, which is never as long as 4 GB.
struct HTTPRange: Sendable, Equatable {
    private(set) var start: UInt32 = 0
    private(set) var end: UInt32 = 0

    init() {}
    init(_ start: Int, _ end: Int) { (self.start, self.end) = (UInt32(clamping: start), UInt32(clamping: end)) }

    var range: Range<Int> { Int(start)..<Int(max(start, end)) }
}

/// A message as it was just read.
struct ReadMessage {
    enum Bytes {
        /// Copied: it came in pieces, or must wait.
        case kept([UInt8])
        /// Where they were captured, until the dissector returns.
        case lent(UnsafeBufferPointer<UInt8>)
    }

    var facts: HTTPMessageFacts
    private(set) var bytes: Bytes

    init(_ facts: HTTPMessageFacts, _ bytes: Bytes) {
        self.facts = facts
        self.bytes = bytes
    }

    /// The same as one that may wait.
    consuming func kept() -> ReadMessage {
        if case .lent(let lent) = bytes { bytes = .kept(Array(lent)) }
        return self
    }
}
