internal import JSON

/// Reads objects and patches out of request bodies.
enum RequestBody {
    static func parse(_ bytes: [UInt8], kind: String) throws(APIStatus) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .badRequest("the object provided is unrecognized (must be of type \(kind)): \(error)")
        }
    }
}
