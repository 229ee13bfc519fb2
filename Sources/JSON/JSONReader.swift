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
        let (start, count, isEscaped) = try scanQuoted()
        let key = JSONKey(start: base + start, count: count, isEscaped: isEscaped)
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
        interner.string(try readText())
    }

    /// A string as it stands in the text, for who compares it or looks it up before it becomes a `String`.
    public mutating func readText() throws(JSONError) -> JSONKey {
        let (start, count, isEscaped) = try stringRange()
        return JSONKey(start: base + start, count: count, isEscaped: isEscaped)
    }

    /// A string as it stands in the text, or nil for null.
    public mutating func readTextOrNull() throws(JSONError) -> JSONKey? {
        try readNull() ? nil : try readText()
    }

    /// A string, or nil for null.
    public mutating func readStringOrNull() throws(JSONError) -> String? {
        try readNull() ? nil : try readString()
    }

    /// The contents of a string compared with `text`, without building it.
    public mutating func readString(equals text: StaticString) throws(JSONError) -> Bool {
        try readText() == text
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
        skipWhitespace()
        guard position < end else { throw error(.truncated) }
        guard base[position] == UInt8(ascii: "n") else { return false }
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

    @inline(__always)
    private mutating func stringRange() throws(JSONError) -> (start: Int, count: Int, isEscaped: Bool) {
        skipWhitespace()
        guard position < end, base[position] == UInt8(ascii: "\"") else { throw error(.expected("a string")) }
        let text = try scanQuoted()
        isAfterValue = true
        return text
    }

    /// Moves behind the string whose opening quote stands here. Nearly all strings are plain.
    @inline(__always)
    private mutating func scanQuoted() throws(JSONError) -> (start: Int, count: Int, isEscaped: Bool) {
        let start = position &+ 1
        let special = Self.specialByte(base, start, end)
        if special < end, base[special] == UInt8(ascii: "\"") {
            position = special &+ 1
            return (start, special &- start, false)
        }
        position = start
        let isEscaped = try scanString()
        position += 1
        return (start, position - 1 - start, isEscaped)
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
    /// Sixteen bytes at a time, which is more than most names in an API server's objects have: no branch for each byte.
    /// The highest bit of a byte of `hits` is set where the text has one of these (exact for the lowest such byte of
    /// each half, which is the only one used). All machines that Swift runs on are little-endian.
    @inline(__always) static func specialByte(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let highs: UInt64 = 0x8080_8080_8080_8080
        var i = start
        while i &+ 16 <= end {
            let text = UnsafeRawPointer(base + i).loadUnaligned(as: SIMD2<UInt64>.self)
            let quote = text ^ SIMD2(repeating: 0x2222_2222_2222_2222)
            let backslash = text ^ SIMD2(repeating: 0x5c5c_5c5c_5c5c_5c5c)
            let ones = SIMD2<UInt64>(repeating: 0x0101_0101_0101_0101)
            let control = (text &- SIMD2(repeating: 0x2020_2020_2020_2020)) & ~text
            let hits = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | control
            let (low, high) = (hits[0] & highs, hits[1] & highs)
            if low | high != 0 {
                return i &+ (low != 0 ? low.trailingZeroBitCount : 64 &+ high.trailingZeroBitCount) &>> 3
            }
            i &+= 16
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
