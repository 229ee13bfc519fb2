/// Header fields; names are compared without regard to case.
public struct HTTPHeaders: Sendable {
    /// The fields in the order of arrival.
    public private(set) var fields: [(name: String, value: String)] = []

    /// The first value of a field.
    public subscript(name: String) -> String? {
        fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Takes up a line as it stands in a response, without its line break; a line without a colon is ignored.
    mutating func append(line: Substring) {
        let text = line.drop(while: Self.isBlank)
        if line.first.map(Self.isBlank) ?? false, let last = fields.indices.last {
            // RFC 9112, section 5.2: a line that begins with white space continues the one before it.
            fields[last].value += " " + text
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...].drop(while: Self.isBlank)
        fields.append((String(text[..<colon]), String(value)))
    }

    mutating func removeAll() { fields.removeAll() }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
}
