public import JSON
public import Timestamps

/// Readers for the API's convention that null means "not set": the empty value of the field's type.
extension JSONReader {
    /// A string.
    mutating func text() throws(JSONError) -> String { try readStringOrNull() ?? "" }

    /// A string that repeats among objects.
    mutating func text(_ interner: StringInterner) throws(JSONError) -> String {
        try readNull() ? "" : try readString(interning: interner)
    }

    /// Strings that are not many.
    mutating func texts() throws(JSONError) -> [String] {
        guard try beginArrayOrNull() else { return [] }
        var texts: [String] = []
        while try nextElement() { texts.append(try text()) }
        return texts
    }

    /// An integer.
    mutating func integer() throws(JSONError) -> Int64 { try readNull() ? 0 : try readInteger() }

    /// A boolean.
    mutating func flag() throws(JSONError) -> Bool { try readNull() ? false : try readBoolean() }

    /// A time, or nil for null. Text that is no time is taken as none: a summary is no place to refuse an object.
    public mutating func readTimestamp() throws(JSONError) -> Timestamp? {
        if try readNull() { return nil }
        return Timestamp(in: try readText())
    }

    /// Enters an object, or consumes a null and returns false.
    mutating func beginObjectOrNull() throws(JSONError) -> Bool {
        if try readNull() { return false }
        try beginObject()
        return true
    }

    /// Enters an array, or consumes a null and returns false.
    mutating func beginArrayOrNull() throws(JSONError) -> Bool {
        if try readNull() { return false }
        try beginArray()
        return true
    }
}

extension Timestamp {
    /// The moment that stands there; nil if it is none.
    init?(in text: JSONKey) {
        // No time has a character that JSON would have to escape; who escapes one all the same is understood too.
        if text.isEscaped {
            self.init(text.string)
        } else {
            self.init(utf8: text.bytes.assumingMemoryBound(to: UInt8.self))
        }
    }
}
