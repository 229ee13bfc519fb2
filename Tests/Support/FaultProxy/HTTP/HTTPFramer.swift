internal import NIOCore

/// Why bytes could not be understood as HTTP/1.1.
enum HTTPFramingError: Error, Equatable, CustomStringConvertible {
    case notHTTP(startLine: String)
    case malformedField(String)
    case malformedChunkSize(String)
    case headTooLong(limit: Int)
    case lineTooLong(limit: Int)
    case responseWithoutRequest
    case compressedBody(encoding: String)

    var description: String {
        switch self {
        case .notHTTP(let line): "not the start of an HTTP/1.1 message: \(line.debugDescription)"
        case .malformedField(let line): "not a header field: \(line.debugDescription)"
        case .malformedChunkSize(let line): "not the size of a chunk: \(line.debugDescription)"
        case .headTooLong(let limit): "the head of a message is longer than \(limit) bytes"
        case .lineTooLong(let limit): "a line to edit is longer than \(limit) bytes"
        case .responseWithoutRequest: "the upstream sent a response without a request"
        case .compressedBody(let encoding):
            "the response whose lines are to be edited is compressed (\(encoding)), though its request did not allow it"
        }
    }
}

/// Cuts the bytes of one direction of an HTTP/1.1 connection into heads, content and the framing around it (RFC 9112).
///
/// Every byte comes out again exactly once, in order. After a head the caller says how the body is framed, which for a
/// response depends on its request.
///
/// ```
///   head ──begin(.none)──────────────────────────────▶ end ─▶ head
///    ├──begin(.length)──▶ content… ──────────────────▶ end
///    ├──begin(.chunked)─▶ size ─▶ content… ─▶ size … ─▶ trailers ─▶ end
///    └──begin(.untilClose)─▶ content… for ever
/// ```
struct HTTPFramer {
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
        /// Up to the end of the connection; also what follows a switch of protocols.
        case untilClose
    }

    enum Part: Equatable {
        case head(HTTPHead, encoded: ByteBuffer)
        case content(ByteBuffer)
        /// Chunk sizes, line ends and trailers.
        case framing(ByteBuffer)
        case end
    }

    private enum State: Equatable {
        case head
        case beginning
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
        case end
    }

    /// kube-apiserver's own limit is 1 MiB.
    private static let headLimit = 1 << 20

    private var state: State = .head
    private var buffer = ByteBuffer()
    /// How far the buffer was searched for the end of a line or head.
    private var searched = 0

    mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    mutating func begin(_ body: Body) {
        precondition(state == .beginning, "a body begins once, after its head")
        switch body {
        case .none, .length(0): state = .end
        case .length(let bytes): state = .length(bytes)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    /// Lets all that follows pass as content, because the connection has changed its protocol.
    mutating func becomeTunnel() {
        state = .untilClose
    }

    /// Whether the end of the connection is what ends the present body.
    var isUntilClose: Bool { state == .untilClose }

    /// The next part, or nil until there are more bytes.
    mutating func next() throws(HTTPFramingError) -> Part? {
        switch state {
        case .head: return try nextHead()
        case .beginning: return nil
        case .length(let left): return content(left) { $0 == 0 ? .end : .length($0) }
        case .chunkSize: return try nextChunkSize()
        case .chunk(let left): return content(left) { $0 == 0 ? .chunkEnd : .chunk($0) }
        case .chunkEnd: return try framingLine { _ in .chunkSize }
        case .trailers: return try framingLine { $0.isEmpty ? .end : .trailers }
        case .untilClose: return content(Int.max) { _ in .untilClose }
        case .end:
            state = .head
            return .end
        }
    }

    private mutating func nextHead() throws(HTTPFramingError) -> Part? {
        while let end = try lineEnd() {
            searched = end
            let head = buffer.getSlice(at: buffer.readerIndex, length: end) ?? ByteBuffer()
            guard head.readableBytesView.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
            consume(end)
            state = .beginning
            return .head(try HTTPHead(parsing: head), encoded: head)
        }
        return nil
    }

    private mutating func nextChunkSize() throws(HTTPFramingError) -> Part? {
        try framingLine { line throws(HTTPFramingError) in
            let digits = line.prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16) else { throw .malformedChunkSize(line) }
            return size == 0 ? .trailers : .chunk(size)
        }
    }

    private mutating func framingLine(
        then next: (String) throws(HTTPFramingError) -> State
    ) throws(HTTPFramingError) -> Part? {
        guard let end = try lineEnd(), let line = buffer.readSlice(length: end) else { return nil }
        searched = 0
        state = try next(String(String(buffer: line).prefix { !$0.isNewline }))
        return .framing(line)
    }

    private mutating func content(_ left: Int, then next: (Int) -> State) -> Part? {
        let count = min(left, buffer.readableBytes)
        guard count > 0, let bytes = buffer.readSlice(length: count) else { return nil }
        state = next(left - count)
        return .content(bytes)
    }

    /// The distance behind the next line feed that was not found before.
    private mutating func lineEnd() throws(HTTPFramingError) -> Int? {
        let view = buffer.readableBytesView
        guard let feed = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
            searched = view.count
            if searched > Self.headLimit { throw .headTooLong(limit: Self.headLimit) }
            return nil
        }
        return feed - view.startIndex + 1
    }

    private mutating func consume(_ count: Int) {
        buffer.moveReaderIndex(forwardBy: count)
        searched = 0
    }
}

extension HTTPFramer.Body {
    /// How the body of a request is framed (RFC 9112, 6.3).
    init(ofRequest head: HTTPHead) {
        self = Self(declaredBy: head) ?? .none
    }

    /// How the body of a response is framed, which depends on its request's method.
    init(ofResponse head: HTTPHead, to method: String) throws(HTTPFramingError) {
        let status = try head.status()
        switch status {
        case 101: self = .untilClose
        case 100...199, 204, 304: self = .none
        default: self = method == "HEAD" ? .none : Self(declaredBy: head) ?? .untilClose
        }
    }

    private init?(declaredBy head: HTTPHead) {
        if head.values(of: "Transfer-Encoding").contains(where: { $0.lowercased().hasSuffix("chunked") }) {
            self = .chunked
        } else if let length = head.values(of: "Content-Length").first.flatMap(Int.init), length >= 0 {
            self = .length(length)
        } else {
            return nil
        }
    }
}
