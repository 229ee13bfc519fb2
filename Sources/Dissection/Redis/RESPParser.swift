internal import Glibc

/// Cuts the bytes of one direction into values of the Redis protocol, in any cuts, with bounded memory: of long texts
/// the beginning is kept, of long arrays the first elements.
struct RESPParser {
    enum Event {
        case needsMore
        /// A value and the bytes that it took.
        case value(RESPValue, size: Int)
        case malformed
    }

    private enum Kind { case array, map, set, push, attribute }

    private struct Frame {
        let kind: Kind
        /// Nil if the end is told by a line of its own.
        var remaining: Int?
        var elements: [RESPValue] = []
    }

    private static let depthLimit = 32
    private static let elementLimit = 1_024
    /// Elements that are kept of a value with all that is in it.
    private static let totalElementLimit = 4_096
    private static let lineLimit = 64 << 10
    /// The longest text that Redis itself accepts is 512 MB.
    private static let bulkLimit = 512 << 20

    private let keptBytes: Int
    private let acceptsInline: Bool
    private var stack: [Frame] = []
    private var line: [UInt8] = []
    private var bulk: [UInt8] = []
    private var bulkLength = 0
    private var bulkRemaining = 0
    private var isVerbatim = false
    /// 0: not in a text; else bytes of its line break that are still to come behind it.
    private var lineBreakRemaining = 0
    private var isInBulk = false
    /// A text comes in pieces, of which nobody said how many there are.
    private var isStreamed = false
    private var size = 0
    /// What the value may still hold: texts of all its elements together.
    private var room: Int
    private var elementRoom = Self.totalElementLimit

    init(acceptsInline: Bool, _ settings: DissectionSettings) {
        self.acceptsInline = acceptsInline
        keptBytes = settings.bodyLimit
        room = settings.bodyLimit
    }

    var isWithinValue: Bool { size > 0 }

    /// Reads on from `offset`, which it moves, to the end of the next value.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Event {
        while offset < bytes.count {
            if isInBulk {
                if let value = bulkBytes(bytes, &offset) {
                    if let whole = place(value) { return finish(whole) }
                }
                continue
            }
            guard let base = bytes.baseAddress else { return .needsMore }
            guard let newline = memchr(base + offset, 0x0a, bytes.count - offset) else {
                let count = bytes.count - offset
                line.append(contentsOf: bytes[offset...].prefix(Self.lineLimit - line.count))
                size += count
                offset += count
                guard line.count < Self.lineLimit else { return fail() }
                return .needsMore
            }
            let end = base.distance(to: UnsafeRawPointer(newline))
            line.append(contentsOf: bytes[offset..<end].prefix(Self.lineLimit - line.count))
            size += end + 1 - offset
            offset = end + 1
            if line.last == 0x0d { line.removeLast() }
            let text = line
            line.removeAll(keepingCapacity: true)
            switch header(text) {
            case .value(let value): if let whole = place(value) { return finish(whole) }
            case .opened: break
            case .ignored: if stack.isEmpty { size = 0 }
            case .malformed: return fail()
            }
        }
        return .needsMore
    }

    /// Forgets what is being read.
    mutating func reset() {
        stack = []
        line = []
        bulk = []
        isInBulk = false
        isStreamed = false
        lineBreakRemaining = 0
        size = 0
        room = keptBytes
        elementRoom = Self.totalElementLimit
    }

    /// Passes over lost bytes; false if it is not known where the next value begins.
    mutating func skip(_ count: Int) -> Bool {
        guard isInBulk, count <= bulkRemaining else {
            reset()
            return false
        }
        bulkRemaining -= count
        size += count
        return true
    }

    // MARK: Parts

    private enum Header {
        case value(RESPValue)
        case opened
        case ignored
        case malformed
    }

    private mutating func header(_ line: [UInt8]) -> Header {
        guard let type = line.first else { return stack.isEmpty && !isStreamed ? .ignored : .malformed }
        let rest = line.dropFirst()
        if isStreamed { return piece(type, rest) }
        func text() -> String { String(decoding: rest, as: UTF8.self) }
        switch type {
        case UInt8(ascii: "+"): return .value(.simple(kept(rest)))
        case UInt8(ascii: "-"): return .value(.error(kept(rest)))
        case UInt8(ascii: ":"):
            guard let number = Int64(text()) else { return .malformed }
            return .value(.integer(number))
        case UInt8(ascii: "$") where rest.elementsEqual([UInt8(ascii: "?")]):
            (bulk, bulkLength, isVerbatim, isStreamed) = ([], 0, false, true)
            return .opened
        case UInt8(ascii: "."):
            guard rest.isEmpty, let frame = stack.last, frame.remaining == nil else { return .malformed }
            stack.removeLast()
            return Self.value(frame).map { .value($0) } ?? .opened
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            guard let length = Int(text()), length >= -1, length <= Self.bulkLimit else { return .malformed }
            if length == -1 { return .value(.null) }
            (bulk, bulkLength, bulkRemaining, lineBreakRemaining) = ([], length, length, 2)
            isVerbatim = type == UInt8(ascii: "=")
            isInBulk = true
            return .opened
        case UInt8(ascii: "*"): return open(.array, rest, perEntry: 1)
        case UInt8(ascii: "%"): return open(.map, rest, perEntry: 2)
        case UInt8(ascii: "~"): return open(.set, rest, perEntry: 1)
        case UInt8(ascii: ">"): return open(.push, rest, perEntry: 1)
        case UInt8(ascii: "|"): return open(.attribute, rest, perEntry: 2)
        case UInt8(ascii: "_"): return rest.isEmpty ? .value(.null) : .malformed
        case UInt8(ascii: ","): return .value(.double(kept(rest)))
        case UInt8(ascii: "("): return .value(.bigNumber(kept(rest)))
        case UInt8(ascii: "#"):
            switch text() {
            case "t": return .value(.boolean(true))
            case "f": return .value(.boolean(false))
            default: return .malformed
            }
        default:
            guard acceptsInline, stack.isEmpty, let words = Self.words(line) else { return .malformed }
            return words.isEmpty ? .ignored : .value(.inline(words))
        }
    }

    /// As much of a line as the value may still hold.
    private mutating func kept(_ line: ArraySlice<UInt8>) -> String {
        let kept = line.prefix(room)
        room -= kept.count
        return String(decoding: kept, as: UTF8.self)
    }

    /// `;4` before four bytes of a text that comes in pieces, `;0` at its end.
    private mutating func piece(_ type: UInt8, _ rest: ArraySlice<UInt8>) -> Header {
        guard type == UInt8(ascii: ";"), let length = Int(String(decoding: rest, as: UTF8.self)), length >= 0,
            length <= Self.bulkLimit, bulkLength <= Self.bulkLimit
        else { return .malformed }
        guard length > 0 else {
            isStreamed = false
            defer { bulk = [] }
            return .value(.bulk(bulk, length: bulkLength))
        }
        bulkLength += length
        (bulkRemaining, lineBreakRemaining) = (length, 2)
        isInBulk = true
        return .opened
    }

    private mutating func open(_ kind: Kind, _ count: ArraySlice<UInt8>, perEntry: Int) -> Header {
        if count.elementsEqual([UInt8(ascii: "?")]) {
            guard stack.count < Self.depthLimit else { return .malformed }
            stack.append(Frame(kind: kind, remaining: nil))
            return .opened
        }
        guard let count = Int(String(decoding: count, as: UTF8.self)), count >= -1, count <= 1 << 30 else {
            return .malformed
        }
        if count == -1 { return .value(.null) }
        guard count > 0 else {
            switch kind {
            case .array: return .value(.array([]))
            case .map: return .value(.map([]))
            case .set: return .value(.set([]))
            case .push: return .value(.push([]))
            case .attribute: return .opened
            }
        }
        guard stack.count < Self.depthLimit else { return .malformed }
        stack.append(Frame(kind: kind, remaining: count * perEntry))
        return .opened
    }

    /// Takes bytes of a text; the text when it is whole.
    private mutating func bulkBytes(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> RESPValue? {
        let taken = min(bulkRemaining, bytes.count - offset)
        if taken > 0 {
            let kept = min(taken, room)
            if kept > 0 { bulk.append(contentsOf: bytes[offset..<offset + kept]) }
            room -= kept
            bulkRemaining -= taken
            size += taken
            offset += taken
        }
        guard bulkRemaining == 0 else { return nil }
        let breaks = min(lineBreakRemaining, bytes.count - offset)
        lineBreakRemaining -= breaks
        size += breaks
        offset += breaks
        guard lineBreakRemaining == 0 else { return nil }
        isInBulk = false
        guard !isStreamed else { return nil }
        let value: RESPValue = isVerbatim ? .verbatim(bulk, length: bulkLength) : .bulk(bulk, length: bulkLength)
        bulk = []
        return value
    }

    /// Puts a value where it belongs; the outermost one when it is whole.
    private mutating func place(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let last = stack.indices.last {
            if stack[last].elements.count < Self.elementLimit, elementRoom > 0 {
                stack[last].elements.append(value)
                elementRoom -= 1
            }
            guard let remaining = stack[last].remaining else { return nil }
            stack[last].remaining = remaining - 1
            guard remaining == 1 else { return nil }
            guard let whole = Self.value(stack.removeLast()) else { return nil }
            value = whole
        }
        return value
    }

    /// What a structure amounts to; nil for attributes, which say something about the value that follows.
    private static func value(_ frame: Frame) -> RESPValue? {
        switch frame.kind {
        case .array: .array(frame.elements)
        case .map: .map(frame.elements)
        case .set: .set(frame.elements)
        case .push: .push(frame.elements)
        case .attribute: nil
        }
    }

    private mutating func finish(_ value: RESPValue) -> Event {
        let size = size
        self.size = 0
        room = keptBytes
        elementRoom = Self.totalElementLimit
        return .value(value, size: size)
    }

    private mutating func fail() -> Event {
        reset()
        return .malformed
    }

    /// The words of a typed command, quotes resolved; nil if they are none.
    static func words(_ line: [UInt8]) -> [String]? {
        var words: [String] = []
        var i = 0
        while i < line.count {
            if line[i] == 0x20 || line[i] == 0x09 {
                i += 1
                continue
            }
            var word: [UInt8] = []
            while i < line.count, line[i] != 0x20, line[i] != 0x09 {
                let quote = line[i]
                guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                    guard quote >= 0x20 else { return nil }
                    word.append(quote)
                    i += 1
                    continue
                }
                i += 1
                while i < line.count, line[i] != quote {
                    if line[i] == UInt8(ascii: "\\"), i + 1 < line.count { i += 1 }
                    word.append(line[i])
                    i += 1
                }
                // Redis refuses a quote that does not end, with an error that is the command's reply.
                i = min(i + 1, line.count)
            }
            words.append(String(decoding: word, as: UTF8.self))
            if words.count > elementLimit { return nil }
        }
        return words
    }
}
