/// The parameters behind the question mark of a request's target, decoded.
package struct HTTPQuery: Sendable, Equatable {
    /// One `name=value`.
    package struct Parameter: Sendable, Equatable {
        /// The decoded name.
        package let name: String
        /// The decoded value; empty if the parameter has no `=`.
        package let value: String
    }

    /// Every parameter in order; a name may stand more than once.
    package let parameters: [Parameter]

    /// Reads what stands behind the `?`. A percent sign without two hexadecimal digits stands for itself.
    package init(_ text: some StringProtocol) {
        parameters = text.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                name: PercentEncoding.decode(sides[0], plusIsSpace: true),
                value: sides.count > 1 ? PercentEncoding.decode(sides[1], plusIsSpace: true) : "")
        }
    }

    /// The first value of a name, or nil if the name does not stand in the query.
    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }
}
