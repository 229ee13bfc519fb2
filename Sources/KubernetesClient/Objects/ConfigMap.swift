public import JSON

/// A config map with its text entries (core/v1 ConfigMap).
public struct ConfigMap: WatchedObject, Equatable {
    /// Where the API serves it.
    public static let resource = APIResource.configMaps

    /// Which config map, which version.
    public let identity: ObjectIdentity
    /// The text entries.
    public let data: [String: String]
    /// The names of entries that are not text.
    public let binaryKeys: [String]
    /// The server refuses changes.
    public let isImmutable: Bool

    /// Reads the config map that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var data: [String: String] = [:]
        var binaryKeys: [String] = []
        var isImmutable = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "immutable": isImmutable = try reader.flag()
            case "data":
                guard try reader.beginObjectOrNull() else { break }
                while let entry = try reader.nextMember() { data[entry.string] = try reader.text() }
            case "binaryData":
                guard try reader.beginObjectOrNull() else { break }
                while let entry = try reader.nextMember() {
                    binaryKeys.append(entry.string)
                    try reader.skipValue()
                }
            default: try reader.skipValue()
            }
        }
        identity = metadata.identity
        self.data = data
        self.binaryKeys = binaryKeys
        self.isImmutable = isImmutable
    }
}
