/// The field lines of a head, read when an item's JSON is wanted.
struct HTTPFields {
    /// One field, or one line of it where it repeats.
    struct Line: Equatable {
        /// In the canonical case, as `Content-Type`.
        let name: String
        let value: String
    }

    let lines: [Line]
    /// More lines than this are left out: an item is not a place for floods.
    static let limit = 1_024

    init(_ message: HTTPMessage) {
        var lines: [Line] = []
        message.bytes.withUnsafeBufferPointer { bytes in
            guard message.start.version != 9 else { return }
            let end = min(message.headLength, bytes.count)
            // The first line ends behind the last thing that was found in it.
            var position = max(message.start.word.range.upperBound, message.start.target.range.upperBound)
            while position < end, bytes[position] != 0x0a { position += 1 }
            position += 1
            while position < end, lines.count < Self.limit {
                var lineEnd = position
                while lineEnd < end, bytes[lineEnd] != 0x0a { lineEnd += 1 }
                let next = lineEnd + 1
                if lineEnd > position, bytes[lineEnd - 1] == 0x0d { lineEnd -= 1 }
                if lineEnd == position { break }
                if bytes[position] == 0x20 || bytes[position] == 0x09, let last = lines.popLast() {
                    // A folded line continues the value before it (RFC 9112 section 5.2).
                    let more = Self.text(bytes, position, lineEnd)
                    lines.append(Line(name: last.name, value: last.value.isEmpty ? more : last.value + " " + more))
                } else {
                    var colon = position
                    while colon < lineEnd, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
                    if colon < lineEnd {
                        lines.append(
                            Line(name: Self.name(bytes, position, colon), value: Self.text(bytes, colon + 1, lineEnd)))
                    }
                }
                position = next
            }
        }
        self.lines = lines
    }

    /// The value of a field by its canonical name; repeated fields joined by a comma.
    subscript(name: String) -> String? {
        var value: String?
        for line in lines where line.name == name { value = value.map { $0 + "," + line.value } ?? line.value }
        return value
    }

    /// Every field once, in order.
    var joined: [Line] {
        var result: [Line] = []
        for line in lines {
            if let index = result.firstIndex(where: { $0.name == line.name }) {
                result[index] = Line(name: line.name, value: result[index].value + "," + line.value)
            } else {
                result.append(line)
            }
        }
        return result
    }

    private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> String {
        var (start, end) = (start, end)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }

    /// The name in canonical case: a capital at the start and behind each hyphen. A name that is no token stays as it is.
    private static func name(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> String {
        var end = end
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        let raw = UnsafeBufferPointer(rebasing: bytes[start..<end])
        guard raw.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: raw.count) { name in
            var isStart = true
            for (index, byte) in raw.enumerated() {
                let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 26
                name[index] = isLetter ? (isStart ? byte & 0xdf : byte | 0x20) : byte
                isStart = byte == UInt8(ascii: "-")
            }
            return raw.count
        }
    }
}
