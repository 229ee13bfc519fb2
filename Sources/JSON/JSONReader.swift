internal import Glibc

/// Reads one JSON text (RFC 8259) in a single pass, straight from bytes that the caller owns.
///
/// Nothing is built but what is asked for: members are visited in the order in which they stand, and a value that
/// nobody wants is skipped where it lies, with its syntax checked.
///
/// ```swift
/// var reader = JSONReader(bytes)
/// try reader.beginObject()
/// while let key = try reader.nextMember() {
///     if key == "name" { name = try reader.readString() } else { try reader.skipValue() }
/// }
/// try reader.finish()
/// ```
///
/// After `nextMember()` or a true `nextElement()` exactly one value must be read or skipped. The bytes must outlive the
/// reader and every ``JSONKey`` and raw range that it returned.
public struct JSONReader {
    /// Objects and arrays may nest this deep; a deeper text is refused, so that hostile input cannot overflow the stack.
    public static let depthLimit = 512

    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0
    private var depth = 0
    /// A value has just been read at this level: a comma or the closing bracket must follow.
    private var isAfterValue = false

    /// Reads from `bytes`, which must stay valid while the reader is in use.
    public init(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress {
            base = start.assumingMemoryBound(to: UInt8.self)
            end = bytes.count
        } else {
            // Never read from: there are no bytes.
            base = ("" as StaticString).utf8Start
            end = 0
        }
    }

    /// How many bytes were consumed so far.
    public var offset: Int { position }

    // MARK: Structure

    /// Enters an object; then call ``nextMember()`` until it returns nil.
    public mutating func beginObject() throws(JSONError) {
        try open(UInt8(ascii: "{"), expected: "an object")
    }

    /// Enters an array; then call ``nextElement()`` until it returns false.
    public mutating func beginArray() throws(JSONError) {
        try open(UInt8(ascii: "["), expected: "an array")
    }

    /// The next member's key, or nil at the object's end.
    public mutating func nextMember() throws(JSONError) -> JSONKey? {
        guard try advance(closing: UInt8(ascii: "}")) else { return nil }
        guard position < end, base[position] == UInt8(ascii: "\"") else { throw error(.expected("a member name")) }
        position += 1
        let start = position
        let isEscaped = try scanString()
        let key = JSONKey(start: base + start, count: position - start, isEscaped: isEscaped)
        position += 1
        skipWhitespace()
        guard position < end, base[position] == UInt8(ascii: ":") else { throw error(.expected("':'")) }
        position += 1
        return key
    }

    /// Whether another element follows; false at the array's end.
    public mutating func nextElement() throws(JSONError) -> Bool {
        try advance(closing: UInt8(ascii: "]"))
    }

    /// Checks that only white space is left after the value.
    public mutating func finish() throws(JSONError) {
        skipWhitespace()
        if position != end { throw error(.trailingBytes) }
    }

    // MARK: Values

    /// The kind of the value that comes next, without consuming it.
    public mutating func peek() throws(JSONError) -> JSONKind {
        skipWhitespace()
        guard position < end else { throw error(.truncated) }
        switch base[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw error(.expected("a value"))
        }
    }

    /// A string, unescaped; bytes that are not UTF-8 become U+FFFD.
    public mutating func readString() throws(JSONError) -> String {
        let (start, count, isEscaped) = try stringRange()
        return JSONText.string(base + start, count, isEscaped: isEscaped)
    }

    /// A string, taken from `interner` when it was seen before: one copy in memory for values that repeat.
    public mutating func readString(interning interner: StringInterner) throws(JSONError) -> String {
        let (start, count, isEscaped) = try stringRange()
        // Up to 15 bytes live inside a `String` itself: nothing to share.
        if isEscaped || count <= 15 { return JSONText.string(base + start, count, isEscaped: isEscaped) }
        return interner.string(UnsafeRawBufferPointer(start: base + start, count: count))
    }

    /// A string, or nil for null.
    public mutating func readStringOrNull() throws(JSONError) -> String? {
        try readNull() ? nil : try readString()
    }

    /// The contents of a string compared with `text`, without building it.
    public mutating func readString(equals text: StaticString) throws(JSONError) -> Bool {
        let (start, count, isEscaped) = try stringRange()
        return JSONKey(start: base + start, count: count, isEscaped: isEscaped) == text
    }

    /// An integer that fits 64 bits; a fraction or an exponent is an error.
    public mutating func readInteger() throws(JSONError) -> Int64 {
        let text = try readNumberText()
        guard let value = JSONText.integer(text) else {
            position -= text.count
            throw error(.expected("an integer"))
        }
        return value
    }

    /// A number; one beyond the range of `Double` becomes the largest or smallest that there is, never infinity.
    public mutating func readDouble() throws(JSONError) -> Double {
        JSONText.double(try readNumberText())
    }

    /// A boolean.
    public mutating func readBoolean() throws(JSONError) -> Bool {
        switch try peek() {
        case .boolean:
            let value = base[position] == UInt8(ascii: "t")
            try literal(value ? "true" : "false")
            isAfterValue = true
            return value
        default: throw error(.expected("true or false"))
        }
    }

    /// Consumes a null and says so, or leaves another value untouched and returns false.
    public mutating func readNull() throws(JSONError) -> Bool {
        guard try peek() == .null else { return false }
        try literal("null")
        isAfterValue = true
        return true
    }

    /// Passes over one value of any kind and checks its syntax.
    public mutating func skipValue() throws(JSONError) {
        skipWhitespace()
        guard position < end else { throw error(.truncated) }
        switch base[position] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer(at: depth)
        default: try skipScalar()
        }
        isAfterValue = true
    }

    /// Passes over one value and returns the bytes that it stands in.
    public mutating func readRaw() throws(JSONError) -> UnsafeRawBufferPointer {
        skipWhitespace()
        let start = position
        try skipValue()
        return UnsafeRawBufferPointer(start: base + start, count: position - start)
    }

    // MARK: Inside

    /// An error at the current position.
    func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: position >= end ? .truncated : reason, offset: position)
    }

    @inline(__always) mutating func skipWhitespace() {
        while position < end {
            let byte = base[position]
            // One comparison rules out nearly everything: API servers write no white space.
            if byte > 0x20 || !(byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) { return }
            position += 1
        }
    }

    private mutating func open(_ bracket: UInt8, expected: StaticString) throws(JSONError) {
        skipWhitespace()
        guard position < end, base[position] == bracket else { throw error(.expected(expected)) }
        guard depth < Self.depthLimit else { throw error(.tooDeep) }
        position += 1
        depth += 1
        isAfterValue = false
    }

    /// Moves to the next member or element; false when the bracket closed.
    @inline(__always) private mutating func advance(closing bracket: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < end else { throw error(.truncated) }
        if base[position] == bracket {
            position += 1
            depth -= 1
            isAfterValue = true
            return false
        }
        if isAfterValue {
            guard base[position] == UInt8(ascii: ",") else { throw error(.expected("',' or the closing bracket")) }
            position += 1
            skipWhitespace()
            isAfterValue = false
        }
        return true
    }

    private mutating func stringRange() throws(JSONError) -> (start: Int, count: Int, isEscaped: Bool) {
        skipWhitespace()
        guard position < end, base[position] == UInt8(ascii: "\"") else { throw error(.expected("a string")) }
        position += 1
        let start = position
        let isEscaped = try scanString()
        defer { position += 1 }
        isAfterValue = true
        return (start, position - start, isEscaped)
    }

    /// Moves from behind the opening quote onto the closing one; true if there was a backslash.
    mutating func scanString() throws(JSONError) -> Bool {
        var isEscaped = false
        while true {
            position = Self.specialByte(base, position, end)
            guard position < end else { throw error(.truncated) }
            switch base[position] {
            case 0x22: return isEscaped
            case 0x5c:
                isEscaped = true
                position = try endOfEscape(position)
            default: throw error(.controlCharacter)
            }
        }
    }

    /// The place of the first quote, backslash or control character from `start` on; `end` if there is none.
    ///
    /// Eight bytes at a time: the highest bit of a byte of `hit` is set where the text has one of these (exact for the
    /// lowest such byte, which is the only one used).
    @inline(__always) static func specialByte(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var i = start
        while i &+ 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + i).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            let hit =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & highs
            if hit != 0 { return i &+ hit.trailingZeroBitCount &>> 3 }
            i &+= 8
        }
        while i < end, base[i] >= 0x20, base[i] != 0x22, base[i] != 0x5c { i &+= 1 }
        return i
    }

    /// The position behind the escape that begins at `i`.
    private mutating func endOfEscape(_ i: Int) throws(JSONError) -> Int {
        guard i + 1 < end else {
            position = end
            throw error(.truncated)
        }
        switch base[i + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return i + 2
        case 0x75:
            for k in i + 2..<i + 6 {
                guard k < end else {
                    position = end
                    throw error(.truncated)
                }
                guard JSONText.hexDigit(base[k]) != nil else {
                    position = i
                    throw error(.escape)
                }
            }
            return i + 6
        default:
            position = i
            throw error(.escape)
        }
    }

    /// Consumes a number and returns its text; the grammar of RFC 8259 section 6 is checked.
    mutating func readNumberText() throws(JSONError) -> UnsafeBufferPointer<UInt8> {
        guard try peek() == .number else { throw error(.expected("a number")) }
        let start = position
        try skipNumber()
        isAfterValue = true
        return UnsafeBufferPointer(start: base + start, count: position - start)
    }

    mutating func skipNumber() throws(JSONError) {
        if base[position] == UInt8(ascii: "-") { position += 1 }
        if position < end, base[position] == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
        if position < end, base[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while position < end, base[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw error(.expected("a digit")) }
    }

    mutating func literal(_ text: StaticString) throws(JSONError) {
        let count = min(text.utf8CodeUnitCount, end - position)
        guard memcmp(base + position, text.utf8Start, count) == 0 else { throw error(.expected("a value")) }
        position += count
        if count < text.utf8CodeUnitCount { throw error(.truncated) }
    }
}
