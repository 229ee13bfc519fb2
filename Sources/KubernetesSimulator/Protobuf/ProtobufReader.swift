/// Reads the fields of one protobuf message from its wire format.
struct ProtobufReader {
    /// A field's content, by its wire type.
    enum Content: Sendable, Equatable {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field's number and content; nil at the end, and where the bytes are no protobuf.
    mutating func next() -> (field: Int, content: Content)? {
        guard let tag = varint() else { return nil }
        let field = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return varint().map { (field, .number($0)) }
        case 1: return take(8).map { (field, .bytes($0)) }
        case 2: return varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map { (field, .bytes($0)) }
        case 5: return take(4).map { (field, .bytes($0)) }
        default: return nil
        }
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst(), shift < 64 {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
