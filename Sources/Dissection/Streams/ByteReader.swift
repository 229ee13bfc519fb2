/// Reads numbers of network byte order from bytes, never beyond their end.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    init(_ bytes: UnsafeRawBufferPointer, from position: Int, to end: Int) {
        self.bytes = bytes
        self.position = max(0, min(position, bytes.count))
        self.end = max(self.position, min(end, bytes.count))
    }

    var remaining: Int { end - position }

    mutating func byte() -> UInt8? {
        guard position < end else { return nil }
        position += 1
        return bytes[position - 1]
    }

    mutating func number16() -> Int? {
        guard remaining >= 2 else { return nil }
        position += 2
        return Int(bytes[position - 2]) << 8 | Int(bytes[position - 1])
    }

    mutating func number24() -> Int? {
        guard remaining >= 3 else { return nil }
        position += 3
        return Int(bytes[position - 3]) << 16 | Int(bytes[position - 2]) << 8 | Int(bytes[position - 1])
    }

    mutating func number32() -> UInt32? {
        guard let high = number16(), let low = number16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// A reader of the next bytes only, which are passed over here.
    mutating func part(_ count: Int) -> ByteReader? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return ByteReader(bytes, from: position, to: position + count)
    }

    /// The bytes that are left.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position..<end]) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 48 + digit : 87 + digit) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
