/// A function that can be kept behind a lock, or in any other generic place.
///
/// A bare function is wrapped anew each time it is read from a generic place and put back, as ``Locked`` does with each access:
/// after some thousand accesses a call of it overflows the stack.
public struct Callback<Argument>: Sendable {
    private let body: @Sendable (Argument) -> Void

    /// Keeps a function.
    public init(_ body: @escaping @Sendable (Argument) -> Void) { self.body = body }

    /// Calls it.
    public func callAsFunction(_ argument: Argument) { body(argument) }
}
