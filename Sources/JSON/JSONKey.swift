internal import Glibc

/// A member's name, or a string, as it stands in the text; compare it with a literal, or make a `String` of it.
public struct JSONKey {
    @usableFromInline let start: UnsafePointer<UInt8>
    @usableFromInline let count: Int

    /// Whether there are escapes in it.
    public let isEscaped: Bool

    /// Its bytes in the text, escapes and all.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The name, unescaped.
    public var string: String { JSONText.string(start, count, isEscaped: isEscaped) }

    // Inlinable: a reader of a large object asks this a dozen times for each member, and the length answers most.
    /// Whether the name is `literal`.
    @inlinable public static func == (key: JSONKey, literal: StaticString) -> Bool {
        guard key.count == literal.utf8CodeUnitCount || key.isEscaped else { return false }
        // Of the names of one length most differ at their ends.
        if key.count > 0, !key.isEscaped, key.start[key.count &- 1] != literal.utf8Start[key.count &- 1] {
            return false
        }
        return key.hasText(of: literal)
    }

    /// Lets a key be matched against literals in a `switch`.
    @inlinable public static func ~= (literal: StaticString, key: JSONKey) -> Bool { key == literal }

    @usableFromInline func hasText(of literal: StaticString) -> Bool {
        isEscaped ? Self.isEqual(string, literal) : memcmp(start, literal.utf8Start, count) == 0
    }

    /// Byte for byte: `String` itself takes a kelvin sign for a K.
    private static func isEqual(_ name: String, _ literal: StaticString) -> Bool {
        name.utf8.elementsEqual(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
