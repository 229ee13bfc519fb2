/// What a handler answers.
package struct HTTPResponse: Sendable {
    /// Writes a body bit by bit; see ``HTTPBodyWriter``.
    package typealias Stream = @Sendable (HTTPBodyWriter) async throws -> Void

    /// What follows the header.
    package enum Body: Sendable {
        /// All of it, with its length in the header.
        case bytes([UInt8])
        /// Written as it comes into being, chunked. The header leaves at once, before the first write. When the closure
        /// throws, the connection is cut, so that the client cannot take half an answer for a whole one.
        case stream(Stream)
        /// No answer at all, not even a header: the connection is closed.
        case disconnect
    }

    /// The status code.
    package var status: Int
    /// Header lines; the server adds `Content-Length` or `Transfer-Encoding`.
    package var headers: HTTPFields
    /// What follows the header.
    package var body: Body

    /// An answer.
    package init(status: Int = 200, headers: HTTPFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A short answer in plain text.
    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
    }
}
