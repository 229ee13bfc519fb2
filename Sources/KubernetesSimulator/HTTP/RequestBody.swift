internal import HTTPServer
internal import JSON

/// Reads objects and patches out of request bodies.
enum RequestBody {
    /// JSON, or one of the kinds that we know in protobuf.
    static func parse(_ http: HTTPRequest, kind: String) throws(APIStatus) -> JSONValue {
        guard http.headers["Content-Type"]?.contains("protobuf") ?? false else {
            return try parse(http.body, kind: kind)
        }
        guard let object = ProtobufSchema.object(http.body) else { throw .unsupportedMediaType() }
        return object
    }

    private static func parse(_ bytes: [UInt8], kind: String) throws(APIStatus) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .badRequest("the object provided is unrecognized (must be of type \(kind)): \(error)")
        }
    }
}
