internal import JSON

/// One line of a watch (meta/v1 WatchEvent), decoded as far as it is used.
enum WatchLine<Object: WatchedObject>: Sendable {
    /// ADDED and MODIFIED: a reflector tells them apart by what it knows, not by what the server calls them.
    case update(Object, RawJSON)
    case deletion(Object, RawJSON)
    case bookmark(version: String, isInitialEventsEnd: Bool)
    // Rare and large: kept apart, so that the others are small.
    indirect case error(APIStatus)
    case unknown(type: String)
    indirect case garbled(JSONError)

    /// Decodes the line that lies in `bytes` at `line`.
    init(_ bytes: [UInt8], _ line: Range<Int>, interner: StringInterner) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in
                try Self.decode(UnsafeRawBufferPointer(rebasing: buffer[line]), interner) { range in
                    RawJSON(bytes, line.lowerBound + range.lowerBound..<line.lowerBound + range.upperBound)
                }
            }
        }
        switch result {
        case .success(let decoded): self = decoded
        case .failure(let error): self = .garbled(error)
        }
    }

    private enum Kind { case update, deletion, bookmark, error, unknown(String) }

    private static func decode(
        _ line: UnsafeRawBufferPointer, _ interner: StringInterner, _ raw: (Range<Int>) -> RawJSON
    ) throws(JSONError) -> WatchLine {
        var reader = JSONReader(line)
        var kind: Kind?
        var decoded: WatchLine?
        // Where the object stands, if it comes before its type: servers do not do that, but JSON allows it.
        var early: JSONReader?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "type": kind = try readKind(&reader)
            case "object":
                if let kind {
                    decoded = try decodeObject(kind, &reader, interner, raw)
                } else {
                    early = reader
                    try reader.skipValue()
                }
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        if let decoded { return decoded }
        if let kind, var early { return try decodeObject(kind, &early, interner, raw) }
        throw JSONError(reason: .expected("a watch event with type and object"), offset: 0)
    }

    private static func readKind(_ reader: inout JSONReader) throws(JSONError) -> Kind {
        let type = try reader.readString()
        switch type {
        case "ADDED", "MODIFIED": return .update
        case "DELETED": return .deletion
        case "BOOKMARK": return .bookmark
        case "ERROR": return .error
        default: return .unknown(type)
        }
    }

    private static func decodeObject(
        _ kind: Kind, _ reader: inout JSONReader, _ interner: StringInterner, _ raw: (Range<Int>) -> RawJSON
    ) throws(JSONError) -> WatchLine {
        // White space before the object does no harm: the range is handed on as JSON text.
        let start = reader.offset
        switch kind {
        case .update, .deletion:
            let object = try Object(from: &reader, interner: interner)
            let identity = object.identity
            guard !identity.key.name.isEmpty, !identity.resourceVersion.isEmpty else {
                throw JSONError(reason: .expected("an object with name and resourceVersion"), offset: start)
            }
            let text = raw(start..<reader.offset)
            if case .update = kind { return .update(object, text) }
            return .deletion(object, text)
        case .bookmark:
            let metadata = try ObjectSummary(from: &reader, interner: interner).metadata
            return .bookmark(
                version: metadata.resourceVersion, isInitialEventsEnd: metadata.isInitialEventsEnd)
        case .error: return .error(try APIStatus(from: &reader))
        case .unknown(let type):
            try reader.skipValue()
            return .unknown(type: type)
        }
    }

    /// What the state machine is to know of it.
    var fact: ReflectorStateMachine.Line {
        switch self {
        case .update(let object, _), .deletion(let object, _): .change(version: object.identity.resourceVersion)
        case .bookmark(let version, let isEnd): .bookmark(version: version, isInitialEventsEnd: isEnd)
        case .error(let status): .error(status)
        case .unknown: .unknown
        case .garbled: .garbled
        }
    }
}
