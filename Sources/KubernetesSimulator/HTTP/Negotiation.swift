/// Finds the form that a client's `Accept` header asks for.
enum Negotiation {
    /// The first form of the header that we can serve.
    static func representation(accept: String?, includeObject: String?) throws(APIStatus) -> Representation {
        guard let accept, !accept.isEmpty else { return .full }
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmingSpaces() }
            guard let mediaType = parts.first, mediaTypes.contains(mediaType) else { continue }
            guard let form = parts.first(where: { $0.hasPrefix("as=") })?.dropFirst(3) else { return .full }
            // The beta version of tables died long ago; clients that list it list the other one, too.
            guard parts.contains("v=v1") else { continue }
            switch form {
            case "Table": return .table(includeObject.flatMap(Representation.RowObject.init) ?? .metadata)
            case "PartialObjectMetadata", "PartialObjectMetadataList": return .metadata
            default: continue
            }
        }
        throw .notAcceptable()
    }

    private static let mediaTypes = ["application/json", "application/*", "*/*"]
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
