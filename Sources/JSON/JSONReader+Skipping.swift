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
                    if open.isObject {
                        guard i < end, base[i] == UInt8(ascii: "\"") else {
                            throw fault(.expected("a member name"), at: i)
                        }
                        let name = Self.behindPlainText(base, i, end)
                        i = Self.text(base, name >= 0 ? name : try behindText(i), end)
                        guard i < end, base[i] == UInt8(ascii: ":") else { throw fault(.expected("':'"), at: i) }
                        i = Self.text(base, i &+ 1, end)
                    }
                    guard i < end else { throw fault(.truncated, at: i) }
                    switch base[i] {
                    case UInt8(ascii: "{"), UInt8(ascii: "["): continue containers
                    case UInt8(ascii: "\""):
                        let text = Self.behindPlainText(base, i, end)
                        i = text >= 0 ? text : try behindText(i)
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

    /// The place behind the string whose quote stands at `start`; negative if it is for ``behindText(_:)``.
    @inline(__always)
    private static func behindPlainText(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let special = specialByte(base, start &+ 1, end)
        return special < end && base[special] == UInt8(ascii: "\"") ? special &+ 1 : -1
    }

    /// The place behind the string, also one with escapes, whose quote stands at `start`.
    @inline(never) private mutating func behindText(_ start: Int) throws(JSONError) -> Int {
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

    @inline(never) private mutating func fault(_ reason: JSONError.Reason, at place: Int) -> JSONError {
        position = place
        return error(reason)
    }
}

/// Which containers are open, one bit for each.
private struct OpenContainers {
    private(set) var count = 0
    /// The innermost ones, the last one lowest: as many as there are beyond a multiple of 64.
    private var innermost: UInt64 = 0
    private var outer = InlineArray<8, UInt64>(repeating: 0)

    /// The innermost one is an object.
    var isObject: Bool { innermost & 1 != 0 }

    @inline(__always) mutating func push(isObject: Bool) {
        if count & 63 == 0, count > 0 { outer[count &>> 6 &- 1] = innermost }
        innermost = innermost &<< 1 | (isObject ? 1 : 0)
        count &+= 1
    }

    @inline(__always) mutating func pop() {
        count &-= 1
        innermost = count & 63 == 0 && count > 0 ? outer[count &>> 6 &- 1] : innermost &>> 1
    }

    /// Whether the innermost one ends at `i`.
    @inline(__always) func closes(_ base: UnsafePointer<UInt8>, _ i: Int, _ end: Int) -> Bool {
        i < end && base[i] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }
}
