internal import Glibc

/// Cuts a stream of byte pieces into lines.
///
/// A line that lies within a piece is handed out where it lies; only one that is spread over several pieces is put
/// together. The last line is handed out when its line feed has come: a stump is never taken for a line.
struct LineBuffer: Sendable {
    /// A line is longer than the limit.
    struct LineTooLong: Error, Equatable {}

    private var stump: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes the next piece and calls `body` with each complete line: the bytes that it lies in, and where it lies.
    /// Empty lines are passed over.
    mutating func append(
        _ piece: [UInt8], _ body: (_ bytes: [UInt8], _ line: Range<Int>) -> Void
    ) throws(LineTooLong) {
        var start = 0
        if !stump.isEmpty {
            guard let end = Self.lineFeed(in: piece, from: 0) else {
                stump += piece
                if stump.count > limit { throw LineTooLong() }
                return
            }
            stump += piece[..<end]
            if stump.count > limit { throw LineTooLong() }
            var line: [UInt8] = []
            swap(&line, &stump)
            body(line, 0..<line.count)
            start = end + 1
        }
        while let end = Self.lineFeed(in: piece, from: start) {
            if end - start > limit { throw LineTooLong() }
            if end > start { body(piece, start..<end) }
            start = end + 1
        }
        if start < piece.count { stump.append(contentsOf: piece[start...]) }
        if stump.count > limit { throw LineTooLong() }
    }

    private static func lineFeed(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, start < buffer.count,
                let found = memchr(base + start, 0x0a, buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
