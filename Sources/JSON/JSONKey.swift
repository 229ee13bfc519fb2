internal import Glibc

/// A member's name as it stands in the text; compare it with a literal, or make a `String` of it.
public struct JSONKey {
    let start: UnsafePointer<UInt8>
    let count: Int
    let isEscaped: Bool

    /// The name, unescaped.
    public var string: String { JSONText.string(start, count, isEscaped: isEscaped) }

    /// Whether the name is `literal`.
    @inline(__always) public static func == (key: JSONKey, literal: StaticString) -> Bool {
        if key.isEscaped { return isEqual(key.string, literal) }
        return key.count == literal.utf8CodeUnitCount && memcmp(key.start, literal.utf8Start, key.count) == 0
    }

    /// Lets a key be matched against literals in a `switch`.
    @inline(__always) public static func ~= (literal: StaticString, key: JSONKey) -> Bool { key == literal }

    /// Byte for byte: `String` itself takes a kelvin sign for a K.
    private static func isEqual(_ name: String, _ literal: StaticString) -> Bool {
        name.utf8.elementsEqual(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
