internal import Glibc

/// A member's name as it stands in the text; compare it with a literal, or make a `String` of it.
public struct JSONKey {
    @usableFromInline let start: UnsafePointer<UInt8>
    @usableFromInline let count: Int
    @usableFromInline let isEscaped: Bool

    /// The name, unescaped.
    public var string: String { JSONText.string(start, count, isEscaped: isEscaped) }

    /// Whether the name is `literal`.
    // Inlinable: a reader of a large object asks this a dozen times for each member, and the length answers most.
    @inlinable public static func == (key: JSONKey, literal: StaticString) -> Bool {
        guard key.count == literal.utf8CodeUnitCount || key.isEscaped else { return false }
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
