internal import Glibc

/// Finds the end of a message's head, and on the way what decides how long its body is: one pass over the bytes, which
/// goes on where it stopped when more of them come.
struct HTTPHeadScanner {
    enum Progress: Equatable {
        case needsMore
        /// The head ends before this offset.
        case complete(Int)
        /// The first line is none of HTTP.
        case malformed
    }

    private enum Field { case contentLength, transferEncoding, other }

    let isRequest: Bool
    private(set) var start = HTTPStartLine()
    /// The length that the head announces; nil if it does not, or not clearly.
    private(set) var contentLength: Int?
    private(set) var hasBadContentLength = false
    /// The last transfer coding is `chunked`.
    private(set) var isChunked = false
    /// There is a transfer coding, and the last one is something else.
    private(set) var hasOtherTransferCoding = false
    /// Where the first line that was not looked at begins.
    private var lineStart = 0
    private var hasStartLine = false
    private var lastField = Field.other

    /// The start line, once it was read.
    var startIfSeen: HTTPStartLine? { hasStartLine ? start : nil }

    init(isRequest: Bool) { self.isRequest = isRequest }

    /// Looks at the head's bytes, of which all that were given before are still there.
    mutating func scan(_ base: UnsafePointer<UInt8>, _ count: Int) -> Progress {
        while !hasStartLine {
            guard let line = nextLine(base, count) else { return .needsMore }
            // Some senders add an empty line after a body.
            if line.isEmpty { continue }
            guard let parsed = HTTPStartLine.parse(base, line.lowerBound, line.upperBound, isRequest: isRequest) else {
                return .malformed
            }
            start = parsed
            hasStartLine = true
            // HTTP/0.9 has no head behind its line.
            if parsed.version == 9 { return .complete(lineStart) }
        }
        return fields(base, count)
    }

    /// Looks at the field lines, up to the empty one. Nearly all are dismissed by their first letter, so that and the
    /// search for the next line are all that is done for each.
    private mutating func fields(_ base: UnsafePointer<UInt8>, _ count: Int) -> Progress {
        let end = base + count
        var line = base + lineStart
        while line < end, let found = memchr(line, 0x0a, end - line) {
            let newline = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
            defer { line = newline + 1 }
            switch line.pointee {
            case UInt8(ascii: "C"), UInt8(ascii: "c"), UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20, 0x09:
                let lineEnd = newline[-1] == 0x0d ? newline - 1 : newline
                field(base, base.distance(to: line)..<base.distance(to: lineEnd))
            case 0x0d where newline == line + 1, 0x0a: return .complete(base.distance(to: newline) + 1)
            default: lastField = .other
            }
        }
        lineStart = base.distance(to: line)
        return .needsMore
    }

    /// Looks at a field whose first letter is one of those that matter.
    private mutating func field(_ base: UnsafePointer<UInt8>, _ line: Range<Int>) {
        let first = base[line.lowerBound]
        if first == 0x20 || first == 0x09 {
            // A folded line continues the field before it.
            if lastField == .transferEncoding { transferEncoding(base, line.lowerBound, line.upperBound) }
            if lastField == .contentLength { contentLength(base, line.lowerBound, line.upperBound) }
            return
        }
        lastField = .other
        if first | 0x20 == UInt8(ascii: "c") {
            guard let value = Self.value(base, line, "content-length") else { return }
            lastField = .contentLength
            contentLength(base, value, line.upperBound)
        } else {
            guard let value = Self.value(base, line, "transfer-encoding") else { return }
            lastField = .transferEncoding
            transferEncoding(base, value, line.upperBound)
        }
    }

    /// The next line, without its line break, if it is whole.
    private mutating func nextLine(_ base: UnsafePointer<UInt8>, _ count: Int) -> Range<Int>? {
        let start = lineStart
        guard start < count, let newline = memchr(base + start, 0x0a, count - start) else { return nil }
        let lineEnd = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(newline))
        lineStart = lineEnd + 1
        let hasReturn = lineEnd > start && base[lineEnd - 1] == 0x0d
        return Range(uncheckedBounds: (start, hasReturn ? lineEnd - 1 : lineEnd))
    }

    /// Where the field's value begins, if it has this name. White space before the colon is forgiven, as servers do.
    private static func value(
        _ base: UnsafePointer<UInt8>, _ line: Range<Int>, _ name: StaticString
    ) -> Int? {
        let (start, end) = (line.lowerBound, line.upperBound)
        let count = name.utf8CodeUnitCount
        guard end - start > count else { return nil }
        // From behind: `Content-Type` and `Content-Length` begin alike.
        var index = count - 1
        while index >= 0 {
            guard base[start + index] | 0x20 == name.utf8Start[index] else { return nil }
            index -= 1
        }
        var i = start + count
        while i < end, base[i] == 0x20 || base[i] == 0x09 { i += 1 }
        return i < end && base[i] == UInt8(ascii: ":") ? i + 1 : nil
    }

    private mutating func contentLength(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) {
        var i = from
        // A list of equal values is what some proxies make of a doubled field.
        while i < end {
            while i < end, base[i] == 0x20 || base[i] == 0x09 || base[i] == UInt8(ascii: ",") { i += 1 }
            guard i < end else { return }
            var value = 0
            var digits = 0
            while i < end, base[i] &- 48 < 10 {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflow2) = product.addingReportingOverflow(Int(base[i] &- 48))
                guard !overflow, !overflow2 else {
                    hasBadContentLength = true
                    return
                }
                value = sum
                digits += 1
                i += 1
            }
            while i < end, base[i] == 0x20 || base[i] == 0x09 { i += 1 }
            guard digits > 0, i == end || base[i] == UInt8(ascii: ","), contentLength == nil || contentLength == value
            else {
                hasBadContentLength = true
                return
            }
            contentLength = value
        }
    }

    private mutating func transferEncoding(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) {
        var i = from
        while i < end {
            while i < end, base[i] == 0x20 || base[i] == 0x09 || base[i] == UInt8(ascii: ",") { i += 1 }
            let start = i
            while i < end, base[i] != UInt8(ascii: ",") { i += 1 }
            var tokenEnd = i
            while tokenEnd > start, base[tokenEnd - 1] == 0x20 || base[tokenEnd - 1] == 0x09 { tokenEnd -= 1 }
            guard tokenEnd > start else { continue }
            let name: StaticString = "chunked"
            var isName = tokenEnd - start >= 7
            if isName { for j in 0..<7 where base[start + j] | 0x20 != name.utf8Start[j] { isName = false } }
            // `chunked` with parameters, or with a stray character behind it, is still read as chunks.
            isChunked = isName
            hasOtherTransferCoding = !isName
        }
    }
}

extension HTTPStartLine {
    /// Reads a request line or a status line; nil if it is none.
    static func parse(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isRequest: Bool) -> HTTPStartLine? {
        isRequest ? request(base, start, end) : status(base, start, end)
    }

    /// `METHOD SP target SP HTTP/1.1`; `GET target` is HTTP/0.9.
    private static func request(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPStartLine? {
        var line = HTTPStartLine()
        var i = start
        while i < end, isMethodByte(base[i]) { i += 1 }
        guard i > start, i - start <= 32, i < end, base[i] == 0x20 else { return nil }
        line.word = HTTPRange(start, i)
        let methodLength = i - start
        if methodLength == 4, memcmp(base + start, "HEAD", 4) == 0 { line.method = .head }
        if methodLength == 7, memcmp(base + start, "CONNECT", 7) == 0 { line.method = .connect }
        while i < end, base[i] == 0x20 { i += 1 }
        let targetStart = i
        var targetEnd = end
        while targetEnd > targetStart, base[targetEnd - 1] == 0x20 { targetEnd -= 1 }
        // The version is the last word, since some clients send targets with spaces in them.
        var v = targetEnd
        if v - targetStart > 9, base[v - 9] == 0x20, base[v - 8] == UInt8(ascii: "H"), base[v - 2] == UInt8(ascii: ".")
        {
            v -= 8
        } else {
            while v > targetStart, base[v - 1] != 0x20 { v -= 1 }
        }
        if let version = version(base, v, targetEnd), v > targetStart {
            line.version = version
            var e = v
            while e > targetStart, base[e - 1] == 0x20 { e -= 1 }
            line.target = HTTPRange(targetStart, e)
            return line
        }
        guard methodLength == 3, memcmp(base + start, "GET", 3) == 0, targetStart < targetEnd,
            base[targetStart] == UInt8(ascii: "/"), v == targetStart
        else { return nil }
        line.version = 9
        line.target = HTTPRange(targetStart, targetEnd)
        return line
    }

    /// `HTTP/1.1 SP 200 SP reason`; more or fewer spaces are forgiven.
    private static func status(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPStartLine? {
        var line = HTTPStartLine()
        var i = end - start > 8 && base[start + 8] == 0x20 && base[start + 6] == UInt8(ascii: ".") ? start + 8 : start
        while i < end, base[i] != 0x20, base[i] != 0x09 { i += 1 }
        guard let version = version(base, start, i) else { return nil }
        line.version = version
        while i < end, base[i] == 0x20 || base[i] == 0x09 { i += 1 }
        let digits = i
        while i < end, i - digits < 3, base[i] &- 48 < 10 {
            line.status = line.status * 10 + UInt16(base[i] &- 48)
            i += 1
        }
        guard i > digits else { return nil }
        while i < end, base[i] == 0x20 || base[i] == 0x09 { i += 1 }
        line.word = HTTPRange(i, end)
        return line
    }

    /// `HTTP/1.1` as 11.
    private static func version(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> UInt8? {
        guard end - start >= 6, memcmp(base + start, "HTTP/", 5) == 0, base[start + 5] &- 48 < 10 else { return nil }
        let major = base[start + 5] &- 48
        let minor =
            end - start >= 8 && base[start + 6] == UInt8(ascii: ".") && base[start + 7] &- 48 < 10
            ? base[start + 7] &- 48 : 0
        return major * 10 + minor
    }

    /// The letters of tokens (RFC 9110 section 5.6.2) that methods are made of.
    static func isMethodByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
