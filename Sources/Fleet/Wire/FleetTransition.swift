internal import JSON

/// What a pod event tells of, so that a worker knows it again when another hub tells of it under another mark.
package struct FleetTransition: Sendable, Hashable {
    /// What happened, to which container, in which run; the pod is not in it.
    package let key: String
    /// It may happen again under the same key.
    package let recurs: Bool
    /// When it happened, in microseconds since 1970, as far as the API tells.
    package let moment: Int64?

    package init(key: String, recurs: Bool = false, moment: Int64? = nil) {
        self.key = key
        self.recurs = recurs
        self.moment = moment
    }

    init?(_ value: JSONValue?) {
        guard let key = value?["key"]?.string, key.utf8.count <= Self.keyLimit else { return nil }
        self.init(key: key, recurs: value?["recurs"]?.boolean ?? false, moment: value?["moment"]?.integer)
    }

    /// A kind, a container's name (63 bytes at most) and a run's.
    private static let keyLimit = 256

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("key", key)
        if recurs {
            writer.key("recurs")
            writer.write(true)
        }
        if let moment {
            writer.key("moment")
            writer.write(moment)
        }
        writer.endObject()
    }
}
