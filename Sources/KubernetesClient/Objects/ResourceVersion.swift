/// A version of an object or of a collection, as the server numbers its writes.
///
/// Opaque by contract; yet every server that stores in etcd uses a growing decimal number, and KEP-5504 makes that
/// official. So versions are compared where both are numbers, and otherwise only for equality.
public struct ResourceVersion: Sendable, Hashable, CustomStringConvertible {
    /// As the server writes it; never empty.
    public let text: String

    /// Nil for an empty text, which means "no version" in the API.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }

    /// As the server writes it.
    public var description: String { text }

    /// The number that it is, if it is one.
    var number: UInt64? {
        var value: UInt64 = 0
        for byte in text.utf8 {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product &+ UInt64(digit)
        }
        return value
    }

    /// Whether this is certainly an earlier version than `other`.
    public func isOlder(than other: ResourceVersion) -> Bool {
        guard let number, let theirs = other.number else { return false }
        return number < theirs
    }
}
