/// Passing over values that nobody wants: most of what an API server sends, so the one loop that has to be fast.
///
/// Everything that it uses lies in local variables, and nesting is a stack of bits, not of calls.
extension JSONReader {
    /// Passes over a string, a number or a word.
    mutating func skipScalar() throws(JSONError) {
        switch base[position] {
        case UInt8(ascii: "\""):
            position += 1
            _ = try scanString()
            position += 1
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw error(.expected("a value"))
        }
    }

    /// Passes over the object or array that begins at `position`, within `outerDepth` others.
    mutating func skipContainer(at outerDepth: Int) throws(JSONError) {
        let (base, end) = (base, end)
        var open = OpenContainers()
        var i = position
        containers: while true {
            // A container begins at i.
            guard outerDepth + open.count < Self.depthLimit else { throw fault(.tooDeep, at: i) }
            open.push(isObject: base[i] == UInt8(ascii: "{"))
            i = Self.text(base, i &+ 1, end)
            var isEmpty = open.closes(base, i, end)
            while true {
                if !isEmpty {
                    // A member or an element begins at i.
                    if open.isObject { i = try skipKey(i) }
                    guard i < end else { throw fault(.truncated, at: i) }
                    switch base[i] {
                    case UInt8(ascii: "{"), UInt8(ascii: "["): continue containers
                    case UInt8(ascii: "\""): i = try skipText(i)
                    default:
                        position = i
                        try skipScalar()
                        i = position
                    }
                    i = Self.text(base, i, end)
                }
                isEmpty = false
                while open.closes(base, i, end) {
                    open.pop()
                    i &+= 1
                    if open.count == 0 {
                        position = i
                        return
                    }
                    i = Self.text(base, i, end)
                }
                guard i < end else { throw fault(.truncated, at: i) }
                guard base[i] == UInt8(ascii: ",") else {
                    throw fault(.expected("',' or the closing bracket"), at: i)
                }
                i = Self.text(base, i &+ 1, end)
            }
        }
    }

    /// Passes over `"name":` and the white space behind it.
    @inline(__always) private mutating func skipKey(_ start: Int) throws(JSONError) -> Int {
        guard start < end, base[start] == UInt8(ascii: "\"") else { throw fault(.expected("a member name"), at: start) }
        let i = Self.text(base, try skipText(start), end)
        guard i < end, base[i] == UInt8(ascii: ":") else { throw fault(.expected("':'"), at: i) }
        return Self.text(base, i &+ 1, end)
    }

    /// Passes over the string whose quote stands at `start`.
    @inline(__always) private mutating func skipText(_ start: Int) throws(JSONError) -> Int {
        let special = Self.specialByte(base, start &+ 1, end)
        if special < end, base[special] == UInt8(ascii: "\"") { return special &+ 1 }
        position = start &+ 1
        _ = try scanString()
        return position &+ 1
    }

    /// The place of the next byte that is not white space.
    @inline(__always) private static func text(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var i = start
        while i < end, base[i] <= 0x20, base[i] == 0x20 || base[i] == 0x0a || base[i] == 0x0d || base[i] == 0x09 {
            i &+= 1
        }
        return i
    }

    private mutating func fault(_ reason: JSONError.Reason, at place: Int) -> JSONError {
        position = place
        return error(reason)
    }
}

/// Which containers are open, one bit for each.
private struct OpenContainers {
    private(set) var count = 0
    /// The innermost one is an object.
    private(set) var isObject = false
    private var objects = InlineArray<8, UInt64>(repeating: 0)

    @inline(__always) mutating func push(isObject: Bool) {
        let (word, bit) = (count &>> 6, UInt64(1) &<< UInt64(count & 63))
        if isObject { objects[word] |= bit } else { objects[word] &= ~bit }
        self.isObject = isObject
        count &+= 1
    }

    @inline(__always) mutating func pop() {
        count &-= 1
        guard count > 0 else { return }
        let last = count &- 1
        isObject = objects[last &>> 6] &>> UInt64(last & 63) & 1 == 1
    }

    /// Whether the innermost one ends at `i`.
    @inline(__always) func closes(_ base: UnsafePointer<UInt8>, _ i: Int, _ end: Int) -> Bool {
        i < end && base[i] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
}
