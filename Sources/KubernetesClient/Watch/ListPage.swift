internal import JSON

/// One page of a list, decoded in one pass over the response's body.
struct ListPage<Object: WatchedObject>: Sendable {
    var items: [(object: Object, raw: RawJSON)] = []
    /// The version of the whole collection as of this list.
    var version: ResourceVersion?
    /// Where the next page begins; nil on the last page.
    var continueToken: String?

    init(body: [UInt8], interner: StringInterner) throws(JSONError) {
        let result = body.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                var reader = JSONReader(bytes)
                var page = ListPage()
                try page.read(&reader, body, interner)
                try reader.finish()
                return page
            }
        }
        self = try result.get()
    }

    private init() {}

    private mutating func read(_ reader: inout JSONReader, _ body: [UInt8], _ interner: StringInterner)
        throws(JSONError)
    {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": try readMetadata(&reader)
            case "items":
                guard try reader.beginArrayOrNull() else { break }
                while try reader.nextElement() {
                    let start = reader.offset
                    let object = try Object(from: &reader, interner: interner)
                    guard !object.identity.key.name.isEmpty else {
                        throw JSONError(reason: .expected("an object with a name"), offset: start)
                    }
                    items.append((object, RawJSON(body, start..<reader.offset)))
                }
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.beginObjectOrNull() else { return }
        while let key = try reader.nextMember() {
            switch key {
            case "resourceVersion": version = ResourceVersion(try reader.text())
            case "continue":
                let token = try reader.text()
                continueToken = token.isEmpty ? nil : token
            default: try reader.skipValue()
            }
        }
    }
}
