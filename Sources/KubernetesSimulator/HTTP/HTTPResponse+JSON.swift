internal import HTTPServer
internal import JSON

extension HTTPResponse {
    /// An answer in JSON, with the line end that the server's encoder adds.
    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        json(value.encoded(), status: status)
    }

    /// An answer that is JSON already.
    static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        let bytes = bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")]
        return HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
    }

    /// A failure, or the good news of a deletion.
    static func status(_ status: APIStatus) -> HTTPResponse {
        var response = json(status.json, status: status.code ?? 500)
        if let seconds = status.retryAfterSeconds { response.headers["Retry-After"] = String(seconds) }
        return response
    }
}
