/// A value of the Redis serialization protocol, version 2 or 3.
indirect enum RESPValue: Sendable, Equatable {
    case simple(String)
    case error(String)
    case integer(Int64)
    /// The beginning of a text, and its length.
    case bulk([UInt8], length: Int)
    case null
    case array([RESPValue])
    case map([RESPValue])
    case set([RESPValue])
    /// Something that nobody asked for, as a message of a subscription.
    case push([RESPValue])
    case double(String)
    case boolean(Bool)
    case bigNumber(String)
    case verbatim([UInt8], length: Int)
    /// A line that is no RESP: a command as people type it.
    case inline([String])

    var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .map(let elements), .set(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// What `type` says in items.
    var typeName: String {
        switch self {
        case .simple: "Simple String"
        case .error: "Error"
        case .integer: "Integer"
        case .bulk, .verbatim: "Bulk String"
        case .array, .inline: "Array"
        case .map: "Map"
        case .set: "Set"
        case .push: "Push"
        case .double: "Double"
        case .boolean: "Boolean"
        case .bigNumber: "Big Number"
        case .null: "N/A"
        }
    }

    /// The value as text, structures as JSON-like lists.
    var text: String {
        switch self {
        case .simple(let text), .error(let text), .double(let text), .bigNumber(let text): text
        case .integer(let number): String(number)
        case .bulk(let bytes, _): String(decoding: bytes, as: UTF8.self)
        case .verbatim(let bytes, _): String(decoding: bytes.dropFirst(4), as: UTF8.self)
        case .null: ""
        case .boolean(let value): value ? "true" : "false"
        case .inline(let words): words.joined(separator: " ")
        case .array(let elements), .set(let elements), .push(let elements):
            "[" + elements.map(\.text).joined(separator: ", ") + "]"
        case .map(let elements):
            "{"
                + stride(from: 0, to: elements.count - 1, by: 2).map {
                    "\(elements[$0].text): \(elements[$0 + 1].text)"
                }
                .joined(separator: ", ") + "}"
        }
    }
}
