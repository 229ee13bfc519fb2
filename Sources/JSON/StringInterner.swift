internal import Glibc

/// Keeps one copy of each string that repeats: node names, images, namespaces, reasons.
///
/// Belongs to one task at a time (it is not `Sendable`). Bounded: at its capacity it starts anew, which costs sharing
/// with strings from before, never correctness.
public final class StringInterner {
    /// Longer strings are not kept: what repeats are names and images (at most some 300 bytes), and the number of
    /// strings alone would not bound the memory.
    private static let longestKept = 1024

    private var strings: [Int: String] = [:]
    /// The ``DecodedTexts`` of each type of value.
    @usableFromInline var tables: [ObjectIdentifier: AnyObject] = [:]
    private let capacity: Int

    /// Remembers up to `capacity` strings.
    public init(capacity: Int = 16_384) { self.capacity = capacity }

    /// The string of these UTF-8 bytes, shared with every earlier one alike.
    public func string(_ bytes: UnsafeRawBufferPointer) -> String {
        if bytes.count > Self.longestKept { return String(decoding: bytes, as: UTF8.self) }
        let hash = Self.hash(bytes)
        if let known = strings[hash], Self.isEqual(known, bytes) { return known }
        let string = String(decoding: bytes, as: UTF8.self)
        if strings.count >= capacity { strings.removeAll(keepingCapacity: true) }
        strings[hash] = string
        return string
    }

    /// The string that stands there, shared with every earlier one alike.
    public func string(_ text: JSONKey) -> String {
        // Up to 15 bytes live inside a `String` itself: nothing to share.
        text.isEscaped || text.count <= 15 ? text.string : string(text.bytes)
    }

    /// What `text` decodes to. Texts that were seen lately are not decoded again: their values share one copy.
    ///
    /// For parts that are alike in many objects, such as the labels of a deployment's pods. Only for one meaning of a
    /// text for each type of value.
    @inlinable
    public func decoded<Value>(
        _ text: UnsafeRawBufferPointer, by decode: () throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        let table: DecodedTexts<Value>
        if let known = tables[ObjectIdentifier(Value.self)] {
            // Stored below, under the type of its values.
            table = unsafeDowncast(known, to: DecodedTexts<Value>.self)
        } else {
            table = DecodedTexts()
            tables[ObjectIdentifier(Value.self)] = table
        }
        return try table.value(text, hash: Self.hash(text), by: decode)
    }

    /// What `text` decodes to, as above.
    @inlinable
    public func decoded<Value>(_ text: [UInt8], by decode: () throws(JSONError) -> Value) throws(JSONError) -> Value {
        // A `Result`, since `withUnsafeBytes` of an array does not pass a typed error on.
        let result = text.withUnsafeBytes { text in
            Result { () throws(JSONError) in try decoded(text, by: decode) }
        }
        return try result.get()
    }

    /// FNV-1a over eight bytes at a time. A collision costs a miss; the dictionary hashes the result again with its own
    /// random seed.
    @usableFromInline static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
        var i = 0
        while i + 8 <= bytes.count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            hash ^= hash >> 29
            i += 8
        }
        while i < bytes.count {
            hash = (hash ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01b3
            i += 1
        }
        return Int(truncatingIfNeeded: hash)
    }

    private static func isEqual(_ string: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard string.utf8.count == bytes.count, let start = bytes.baseAddress else { return false }
        return string.utf8.withContiguousStorageIfAvailable { utf8 in
            utf8.baseAddress.map { memcmp($0, start, bytes.count) == 0 } ?? false
        } ?? false
    }
}
