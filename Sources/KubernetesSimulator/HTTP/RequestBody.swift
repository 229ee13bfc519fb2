internal import HTTPServer
internal import JSON
internal import YAML

/// Reads objects and patches out of request bodies.
enum RequestBody {
    /// JSON, YAML, or one of the kinds that we know in protobuf, as the content type says.
    static func parse(_ http: HTTPRequest, kind: String) throws(APIStatus) -> JSONValue {
        let contentType = http.headers["Content-Type"] ?? ""
        if contentType.contains("protobuf") {
            guard let object = ProtobufSchema.object(http.body) else { throw .unsupportedMediaType() }
            return object
        }
        // kubectl sends JSON also where it says YAML, of which it is a part; our reader of JSON is the faster one.
        let isYAML = contentType.contains("yaml") && http.body.first != UInt8(ascii: "{")
        return isYAML ? try yaml(http.body, kind: kind) : try json(http.body, kind: kind)
    }

    private static func json(_ bytes: [UInt8], kind: String) throws(APIStatus) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw unrecognized(kind, error)
        }
    }

    private static func yaml(_ bytes: [UInt8], kind: String) throws(APIStatus) -> JSONValue {
        do {
            return try YAML.parse(bytes)
        } catch {
            throw unrecognized(kind, error)
        }
    }

    private static func unrecognized(_ kind: String, _ error: any Error) -> APIStatus {
        .badRequest("the object provided is unrecognized (must be of type \(kind)): \(error)")
    }
}
