public import JSON

/// A secret with its entries (core/v1 Secret). It never shows their values.
public struct Secret: WatchedObject, Equatable {
    /// Where the API serves it.
    public static let resource = APIResource.secrets

    /// Which secret, which version.
    public let identity: ObjectIdentity
    /// What it is for, for example `Opaque`.
    public let type: String
    /// The entries; each value is base64.
    public let data: [String: String]

    /// Reads the secret that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var type = ""
        var data: [String: String] = [:]
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "type": type = try reader.text(interner)
            case "data":
                guard try reader.beginObjectOrNull() else { break }
                while let entry = try reader.nextMember() { data[entry.string] = try reader.text() }
            default: try reader.skipValue()
            }
        }
        identity = metadata.identity
        self.type = type
        self.data = data
    }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    /// Which secret it is, and the names of its entries.
    public var description: String { "secret \(identity.key) with \(data.keys.sorted().joined(separator: ", "))" }
    /// The names of the entries alone.
    public var customMirror: Mirror { Mirror(self, children: ["keys": data.keys.sorted()]) }
}
