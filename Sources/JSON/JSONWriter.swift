/// Appends JSON text to a byte buffer.
///
/// Commas and, if wanted, line breaks are its business; the caller opens and closes in pairs.
public struct JSONWriter {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    private let indent: Int?
    private var depth = 0
    /// The next key or element needs a comma before it.
    private var needsComma = false
    /// A key was written: its value follows on the same line.
    private var isAfterKey = false

    /// Writes compact text, or with `indent` spaces a level.
    public init(indent: Int? = nil, reserving capacity: Int = 0) {
        self.indent = indent
        bytes.reserveCapacity(capacity)
    }

    /// Forgets what was written, keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
        needsComma = false
        isAfterKey = false
    }

    /// `{`.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// `}`.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// `[`.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// `]`.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A member's name; its value must follow.
    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(UInt8(ascii: " ")) }
        isAfterKey = true
    }

    /// A member with a string as its value.
    public mutating func member(_ name: String, _ value: String) {
        key(name)
        write(value)
    }

    /// A string.
    public mutating func write(_ value: String) {
        separate()
        quote(value)
        needsComma = true
    }

    /// An integer.
    public mutating func write(_ value: Int64) { scalar(String(value)) }

    /// A number; JSON has no word for infinity and not-a-number, which become null.
    public mutating func write(_ value: Double) {
        guard value.isFinite else { return scalar("null") }
        // 3.0 is written as 3 and -0.0 as 0, as JavaScript does; API servers refuse 3.0 where they want an integer.
        let text = value == 0 ? "0" : value.description
        scalar(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// A boolean.
    public mutating func write(_ value: Bool) { scalar(value ? "true" : "false") }

    /// `null`.
    public mutating func writeNull() { scalar("null") }

    /// A value that is JSON text already; taken as it is.
    public mutating func writeRaw(_ text: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    /// A whole tree.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .boolean(let value): write(value)
        case .integer(let value): write(value)
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .object(let members):
            beginObject()
            for (name, value) in members {
                key(name)
                write(value)
            }
            endObject()
        }
    }

    private mutating func scalar(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if isAfterKey {
            isAfterKey = false
            return
        }
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if needsComma { breakLine() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func breakLine() {
        guard let indent else { return }
        bytes.append(0x0a)
        for _ in 0..<depth * indent { bytes.append(0x20) }
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            for i in 0..<utf8.count {
                let byte = utf8[i]
                if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
                bytes.append(contentsOf: utf8[start..<i])
                start = i + 1
                bytes.append(UInt8(ascii: "\\"))
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
                case 0x0a: bytes.append(UInt8(ascii: "n"))
                case 0x0d: bytes.append(UInt8(ascii: "r"))
                case 0x09: bytes.append(UInt8(ascii: "t"))
                default:
                    bytes.append(contentsOf: "u00".utf8)
                    bytes.append(Self.hexDigits[Int(byte >> 4)])
                    bytes.append(Self.hexDigits[Int(byte & 15)])
                }
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
