public import JSON

/// A summary that fits every resource: metadata and nothing else.
///
/// Which resource it comes from is for the informer to say, so it takes the resource as an argument there.
public struct ObjectSummary: WatchedObject {
    /// Unused: see ``Informer/init(client:resource:scope:settings:)``.
    public static let resource = APIResource(plural: "", kind: "")

    /// Identity, labels, owner, deletion.
    public let metadata: ObjectMetadata

    /// Which object, which version.
    public var identity: ObjectIdentity { metadata.identity }

    /// Reads the object that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        try reader.beginObject()
        while let key = try reader.nextMember() {
            if key == "metadata" {
                metadata = try ObjectMetadata(from: &reader, interner: interner)
            } else {
                try reader.skipValue()
            }
        }
        self.metadata = metadata
    }
}
