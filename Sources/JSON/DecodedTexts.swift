internal import Glibc

/// What JSON texts were decoded to lately: a table in which a text pushes out another of the same place.
@usableFromInline
final class DecodedTexts<Value> {
    @usableFromInline
    struct Entry {
        @usableFromInline let text: [UInt8]
        @usableFromInline let value: Value

        @inlinable
        init(text: [UInt8], value: Value) {
            self.text = text
            self.value = value
        }
    }

    /// So many texts of at most ``longestKept`` bytes: about 1 MiB in the worst case.
    @usableFromInline static var placeCount: Int { 1024 }
    @usableFromInline static var longestKept: Int { 1024 }

    @usableFromInline var entries: [Entry?]

    @inlinable
    init() { entries = Array(repeating: nil, count: Self.placeCount) }

    @inlinable
    func value(
        _ text: UnsafeRawBufferPointer, hash: Int, by decode: () throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        if text.count > Self.longestKept { return try decode() }
        let place = (hash ^ hash >> 32) & (Self.placeCount - 1)
        if let entry = entries[place], isSameText(entry.text, text) { return entry.value }
        let value = try decode()
        entries[place] = Entry(text: Array(text), value: value)
        return value
    }
}

@usableFromInline
func isSameText(_ known: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
        guard known.count == text.count else { return false }
        guard let a = known.baseAddress, let b = text.baseAddress else { return true }
        return memcmp(a, b, text.count) == 0
    }
}
