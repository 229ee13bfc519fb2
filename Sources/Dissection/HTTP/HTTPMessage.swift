/// A request or a response: its bytes, and where in them what is.
package struct HTTPMessage: Sendable {
    /// The head as it was on the wire, followed by what was kept of the body (chunks joined).
    var bytes: [UInt8] = []
    /// Bytes of the head, its empty line included.
    var headLength = 0
    /// Bytes of the body after joining chunks, kept or not.
    var bodyLength = 0
    /// Bytes that were seen on the wire.
    var wireLength = 0
    /// When its first byte came, in nanoseconds since 1970.
    var time: Int64 = 0
    var start = HTTPStartLine()
    /// The body is longer than what was kept of it.
    var isCut = false
    /// Bytes of it were lost in the capture, or the connection ended within it.
    var isIncomplete = false

    /// What was kept of the body.
    var body: ArraySlice<UInt8> { bytes[min(headLength, bytes.count)...] }
}

/// The first line of a message, as ranges of the message's bytes.
struct HTTPStartLine: Sendable, Equatable {
    /// `HTTP/1.1` as 11; 9 for a request without a version.
    var version = 0
    /// The status of a response; 0 in a request.
    var status = 0
    /// A request's method, or a response's reason phrase.
    var word = 0..<0
    /// A request's target.
    var target = 0..<0
    /// What decides about the response's body.
    var method = Method.other

    enum Method: UInt8 { case other, head, connect }
}

/// A request and its response, or one of them. Shared by all copies of its item.
package final class HTTPExchange: Sendable {
    let request: HTTPMessage?
    let response: HTTPMessage?

    init(request: consuming HTTPMessage?, response: consuming HTTPMessage?) {
        self.request = request
        self.response = response
    }

    var protocolDescription: ProtocolDescription {
        switch (request ?? response)?.start.version ?? 11 {
        case 9: .http("0.9")
        case 10: .http("1.0")
        default: .http("1.1")
        }
    }
}
