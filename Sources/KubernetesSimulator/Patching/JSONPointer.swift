internal import JSON

/// A place in a JSON text (RFC 6901): `/spec/containers/0/image`.
struct JSONPointer: Sendable, Equatable {
    let tokens: [String]

    /// Nil if the text is not empty and does not begin with a slash.
    init?(_ text: String) {
        if text.isEmpty {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
    }

    /// Whether this place is inside `other`, or the same.
    func isInside(_ other: JSONPointer) -> Bool { tokens.starts(with: other.tokens) }

    /// `~1` is a slash and `~0` a tilde; in this order, so that `~01` is `~1`.
    private static func unescaped(_ token: Substring) -> String {
        String(token).replacing("~1", with: "/").replacing("~0", with: "~")
    }
}
