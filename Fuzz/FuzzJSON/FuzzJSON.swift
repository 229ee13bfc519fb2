import JSON

/// Feeds any bytes to the JSON module and stops at the first thing that does not agree with another.
///
/// - Skipping a value and building it accept the same texts, and refuse others at the same place for the same reason.
/// - What was accepted is written as a text that is accepted, and then stays the same for ever, compact or indented.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let value = Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
    let skipped = Result { () throws(JSONError) in try skip(bytes) }
    switch (value, skipped) {
    case (.success(let value), .success):
        checkWriting(of: value)
        checkReading(of: bytes)
    case (.failure(let a), .failure(let b)):
        precondition(a == b, "built: \(a); skipped: \(b)")
        precondition(0...count ~= a.offset, "an error at \(a.offset) of \(count)")
    default: preconditionFailure("built: \(value); skipped: \(skipped)")
    }
    return 0
}

private func skip(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    var reader = JSONReader(bytes)
    try reader.skipValue()
    try reader.finish()
}

private func checkWriting(of value: JSONValue) {
    let written = value.encoded()
    precondition(parsed(written).encoded() == written, "\(value) is read as \(parsed(written))")
    precondition(parsed(value.encoded(indent: 2)).encoded() == written, "\(value) changes when it is indented")
}

private func parsed(_ text: [UInt8]) -> JSONValue {
    do {
        return try JSONValue(parsing: text)
    } catch {
        preconditionFailure("\(error) in our own \(String(decoding: text, as: UTF8.self))")
    }
}

/// Walks through the text with every reader there is.
private func checkReading(of bytes: UnsafeRawBufferPointer) {
    var reader = JSONReader(bytes)
    let interner = StringInterner(capacity: 8)
    do {
        try walk(&reader, interner)
        try reader.finish()
    } catch {
        preconditionFailure("\(error) in a text that was accepted")
    }
}

private func walk(_ reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
    switch try reader.peek() {
    case .object:
        try reader.beginObject()
        while let key = try reader.nextMember() {
            precondition((key == "a") == (key.string.utf8.elementsEqual("a".utf8)), "a key is compared wrongly")
            try walk(&reader, interner)
        }
    case .array:
        try reader.beginArray()
        while try reader.nextElement() { try walk(&reader, interner) }
    case .string:
        var other = reader
        let interned = try reader.readString(interning: interner)
        let plain = try other.readString()
        precondition(interned == plain && reader.offset == other.offset, "an interned string differs")
    case .number:
        precondition(try reader.readDouble().isFinite, "a number is not finite")
    case .boolean: _ = try reader.readBoolean()
    case .null: precondition(try reader.readNull(), "a null is none")
    }
}
