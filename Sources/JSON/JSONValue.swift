public import OrderedCollections

/// A JSON value as a tree, for objects that are small or are to be changed.
///
/// Integers that fit 64 bits stay exact; members keep the order in which they stood. Strings are equal as Swift
/// compares them: names that differ only in Unicode normalization are one name.
@frozen public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, in order.
    case object(OrderedDictionary<String, JSONValue>)
}

extension JSONValue {
    /// Parses one JSON text. A name that an object has twice keeps its last value.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try Self.read(&reader)
        try reader.finish()
    }

    /// Parses one JSON text.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        // A `Result`, since `withUnsafeBytes` of an array does not pass a typed error on.
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
        }
        self = try result.get()
    }

    /// Parses one JSON text.
    public init(parsing text: String) throws(JSONError) {
        self = try JSONValue(parsing: Array(text.utf8))
    }

    /// Reads the value that comes next.
    public static func read(_ reader: inout JSONReader) throws(JSONError) -> JSONValue {
        switch try reader.peek() {
        case .null:
            _ = try reader.readNull()
            return .null
        case .boolean: return .boolean(try reader.readBoolean())
        case .string: return .string(try reader.readString())
        case .number:
            let text = try reader.readNumberText()
            return JSONText.integer(text).map(JSONValue.integer) ?? .double(JSONText.double(text))
        case .array:
            var elements: [JSONValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return .array(elements)
        case .object:
            var members: OrderedDictionary<String, JSONValue> = [:]
            try reader.beginObject()
            while let key = try reader.nextMember() { members[key.string] = try read(&reader) }
            return .object(members)
        }
    }
}

extension JSONValue {
    /// The string, or nil if this is none.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The boolean, or nil if this is none.
    public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    /// The integer, or nil if this is none.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The number, or nil if this is none.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
    /// The elements, or nil if this is no array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, or nil if this is no object.
    public var object: OrderedDictionary<String, JSONValue>? {
        if case .object(let value) = self { value } else { nil }
    }
    /// Whether this is null.
    public var isNull: Bool { self == .null }

    /// A member of an object. Reading another kind of value gives nil; writing to it makes it an object;
    /// writing nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get { if case .object(let members) = self { members[key] } else { nil } }
        set {
            var members = object ?? [:]
            // Emptied first, so that the dictionary is changed in place and not copied.
            self = .null
            members[key] = newValue
            self = .object(members)
        }
    }

    /// An element of an array; nil if there is none.
    public subscript(index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// Null; of no use but to warn: `isKnown ? value : nil` is null where an optional without a value is meant.
    @available(*, deprecated, message: "write .null, or make it an optional: Optional<JSONValue>.none")
    public init(nilLiteral: ()) { self = .null }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, in the order written; of a name that stands twice the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(OrderedDictionary(elements, uniquingKeysWith: { $1 }))
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value's compact JSON text.
    public var description: String { String(decoding: encoded(), as: UTF8.self) }

    /// The value's JSON text, compact or, with `indent` spaces a level, for people.
    public func encoded(indent: Int? = nil) -> [UInt8] {
        var writer = JSONWriter(indent: indent)
        writer.write(self)
        return writer.bytes
    }
}
