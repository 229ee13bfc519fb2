internal import NIOCore

/// A response that a ``FaultProxy`` gives by itself.
package struct CannedResponse: Sendable, Equatable {
    /// The status code, such as 503.
    package var status: Int
    /// Header fields; `Content-Length` is added.
    package var headers: [HTTPHead.Field]
    /// The body.
    package var body: [UInt8]

    /// A response with a body of text.
    package init(status: Int, headers: [HTTPHead.Field] = [], body: String = "") {
        self.status = status
        self.headers = headers
        self.body = Array(body.utf8)
    }

    /// The bytes on the wire. A HEAD request gets the head alone.
    func encoded(for method: String) -> ByteBuffer {
        let length = HTTPHead.Field("Content-Length", String(body.count))
        let head = HTTPHead(startLine: "HTTP/1.1 \(status) \(Self.reason(status))", fields: headers + [length])
        var bytes = head.encoded
        if method != "HEAD" { bytes.writeBytes(body) }
        return bytes
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200..<300: "OK"
        case 300..<400: "Elsewhere"
        case 400..<500: "Refused By Fault Proxy"
        default: "Failed By Fault Proxy"
        }
    }
}
