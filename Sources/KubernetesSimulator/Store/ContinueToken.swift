internal import JSON

/// Where a list goes on: the revision that it reads from, and the key that it has come to. Laid out as the real
/// server's, which clients are not to know, but people who debug them do.
struct ContinueToken: Sendable, Equatable {
    /// Nil for the inconsistent token that a 410 offers: go on from the key, in the most recent state.
    let revision: UInt64?
    /// The first key of the next page, below the list's namespace.
    let start: String

    init(revision: UInt64?, start: String) {
        self.revision = revision
        self.start = start
    }

    init(parsing text: String) throws(APIStatus) {
        guard let bytes = Base64.decodeFromURL(text), let json = try? JSONValue(parsing: bytes),
            json["v"] == "meta.k8s.io/v1", let revision = json["rv"]?.integer, let start = json["start"]?.string
        else { throw .badRequest("invalid continue token: continue key is not valid") }
        self.revision = revision < 0 ? nil : UInt64(revision)
        self.start = start
    }

    var text: String {
        let version = revision.flatMap { Int64(exactly: $0) } ?? -1
        let json: JSONValue = ["v": "meta.k8s.io/v1", "rv": .integer(version), "start": .string(start)]
        return Base64.encodeForURL(json.encoded())
    }

    /// The smallest key behind an object's.
    static func start(after object: StoredObject, in namespace: String) -> String {
        let key = namespace.isEmpty ? object.key : String(object.key.dropFirst(namespace.count + 1))
        return key + "\0"
    }
}
