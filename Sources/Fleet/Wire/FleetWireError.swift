/// Something on the wire that is not what the other end may send.
package struct FleetWireError: Error, Equatable, CustomStringConvertible {
    /// A sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
