internal import JSON
internal import YAML

/// Texts within items that are JSON or XML themselves, such as bodies: plain, or in base64.
enum EmbeddedText {
    /// The JSON that a text holds; a value that is a structure already stands for itself.
    static func json(in value: JSONValue) -> JSONValue? {
        guard case .string(let text) = value else {
            return value.array != nil || value.object != nil ? value : Optional.none
        }
        if let bytes = Base64.decode(text), let tree = try? JSONValue(parsing: bytes) { return tree }
        return try? JSONValue(parsing: text)
    }

    /// The XML that a text holds, as a tree; see ``XMLTree``.
    static func xml(in value: JSONValue) -> JSONValue? {
        guard case .string(let text) = value else { return nil }
        if let bytes = Base64.decode(text), let tree = XMLTree.parse(bytes) { return tree }
        return XMLTree.parse(Array(text.utf8))
    }
}
