internal import JSON
internal import YAML

/// A mapping of a kubeconfig, whose fields are read with their type checked.
///
/// As for kubectl, a field that is null or empty is as good as absent. Errors name the place and the type, never a value.
struct KubeconfigFields: Sendable {
    private let value: JSONValue
    /// Where the mapping stands.
    let place: ConfigurationPlace
    /// The folder that relative paths start from.
    let folder: String

    /// A mapping without fields: the entry that was not asked for.
    static let none = KubeconfigFields(unchecked: [:], place: ConfigurationPlace(), folder: "/")

    private init(unchecked value: JSONValue, place: ConfigurationPlace, folder: String) {
        self.value = value
        self.place = place
        self.folder = folder
    }

    /// The fields of `value`; null has none.
    init(_ value: JSONValue, place: ConfigurationPlace, folder: String) throws(ConfigurationError) {
        guard value.object != nil || value.isNull else { throw Self.wrongType(place, expected: "a mapping", value) }
        self.init(unchecked: value, place: place, folder: folder)
    }

    /// The same fields, said to stand at another place.
    func at(_ place: ConfigurationPlace) -> KubeconfigFields {
        KubeconfigFields(unchecked: value, place: place, folder: folder)
    }

    func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = present(key) else { return nil }
        guard let text = value.string else {
            let advice = value.array == nil && value.object == nil ? "; put it in quotes" : ""
            throw Self.wrongType(place.field(key), expected: "a string", value, advice)
        }
        return text.isEmpty ? nil : text
    }

    func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let value = present(key) else { return nil }
        guard let boolean = value.boolean else {
            throw Self.wrongType(place.field(key), expected: "true or false", value)
        }
        return boolean
    }

    func strings(_ key: String) throws(ConfigurationError) -> [String] {
        guard let value = present(key) else { return [] }
        return try Self.strings(value, at: place.field(key))
    }

    /// A mapping of lists of strings.
    func stringLists(_ key: String) throws(ConfigurationError) -> [String: [String]] {
        guard let value = present(key) else { return [:] }
        guard let members = value.object else { throw Self.wrongType(place.field(key), expected: "a mapping", value) }
        var lists: [String: [String]] = [:]
        for (name, value) in members { lists[name] = try Self.strings(value, at: place.field(key).field(name)) }
        return lists
    }

    func fields(_ key: String) throws(ConfigurationError) -> KubeconfigFields? {
        guard let value = present(key) else { return nil }
        return try KubeconfigFields(value, place: place.field(key), folder: folder)
    }

    /// A mapping; one without fields if it is absent.
    func fieldsOrNone(_ key: String) throws(ConfigurationError) -> KubeconfigFields {
        try KubeconfigFields(present(key) ?? .null, place: place.field(key), folder: folder)
    }

    /// A list of mappings.
    func list(_ key: String) throws(ConfigurationError) -> [KubeconfigFields] {
        guard let value = present(key) else { return [] }
        guard let elements = value.array else { throw Self.wrongType(place.field(key), expected: "a list", value) }
        var list: [KubeconfigFields] = []
        for (index, element) in elements.enumerated() {
            list.append(try KubeconfigFields(element, place: place.field("\(key)[\(index)]"), folder: folder))
        }
        return list
    }

    /// The bytes that a base64 text stands for.
    func base64(_ key: String) throws(ConfigurationError) -> [UInt8]? {
        guard let text = try string(key) else { return nil }
        guard let bytes = Base64.decode(text) else {
            throw .invalid(place.field(key), problem: "is not base64; make it with `base64 -w0 FILE`")
        }
        return bytes
    }

    /// A path, made absolute from the folder of the file that it stands in.
    func path(_ key: String) throws(ConfigurationError) -> String? {
        try string(key).map { Self.absolute($0, from: folder) }
    }

    /// The field's value whatever it is; nil if absent or null.
    func json(_ key: String) -> JSONValue? { present(key) }

    static func absolute(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    private func present(_ key: String) -> JSONValue? {
        guard let value = value[key], !value.isNull else { return nil }
        return value
    }

    private static func strings(
        _ value: JSONValue, at place: ConfigurationPlace
    ) throws(ConfigurationError) -> [String] {
        let strings = value.array?.compactMap(\.string)
        guard let strings, strings.count == value.array?.count else {
            throw wrongType(place, expected: "a list of strings", value)
        }
        return strings
    }

    private static func wrongType(
        _ place: ConfigurationPlace, expected: String, _ value: JSONValue, _ advice: String = ""
    ) -> ConfigurationError {
        .invalid(place, problem: "should be \(expected), and is \(name(ofTypeOf: value))\(advice)")
    }

    private static func name(ofTypeOf value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
