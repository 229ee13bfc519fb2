internal import JSON
internal import ScriptRuntime

extension HelperCall {
    /// A text, or nil if it is absent or empty: in calls with many optional arguments `""` is how one is left out.
    func filledText(_ index: Int) -> String? { optionalText(index).flatMap { $0.isEmpty ? nil : $0 } }

    /// The members of an object as texts, in order; null and undefined members are left out.
    func texts(_ index: Int, _ name: String) throws(HelperError) -> [(name: String, value: String)] {
        guard let object = try optionalObject(index, name) else { return [] }
        return Self.texts(of: object)
    }

    static func texts(of object: JSONValue) -> [(name: String, value: String)] {
        (object.object ?? [:]).compactMap { name, value in
            switch value {
            case .null: nil
            case .string(let text): (name, text)
            default: (name, value.description)
            }
        }
    }

    /// The elements of an array argument.
    func elements(_ index: Int, _ name: String) throws(HelperError) -> [JSONValue] {
        guard let elements = value(index)?.array else {
            throw HelperError("\(path): argument \(index + 1) (\(name)) is not an array", name: "TypeError")
        }
        return elements
    }

    /// The time that the call may take: `limit`, or what is left of the hook's or job's time.
    func time(upTo limit: Duration = .seconds(30)) -> Duration { max(min(limit, deadline - .now), .zero) }
}
