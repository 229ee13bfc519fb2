/// What a JSON value is.
public enum JSONKind: Sendable, Equatable {
    /// The kinds of RFC 8259 section 3.
    case object, array, string, number, boolean, null
}
