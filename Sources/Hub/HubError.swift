/// Why the hub cannot do what it was asked to; a sentence for a person.
package struct HubError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    package init(_ description: String) { self.description = description }
}
