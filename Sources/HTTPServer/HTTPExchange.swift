internal import NIOCore
internal import NIOHTTP1

/// One request and its answer, on their way back to the connection. Runs in a task of its own, off the event loop.
struct HTTPExchange: Sendable {
    typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    let channel: any Channel
    let handler: Handler
    let version: HTTPVersion
    /// Whether the client wants to send another request on this connection.
    let keepsAlive: Bool

    /// Asks the handler and sends what it answers. Whatever fails closes the connection: the client then knows.
    func run(_ request: HTTPRequest) async {
        let response = await handler(request)
        let isHead = request.method == "HEAD"
        do {
            switch response.body {
            case .disconnect:
                try await channel.close()
            case .bytes(let bytes):
                try await send(response, bytes, isHead: isHead)
            case .stream(let stream):
                try await send(response, stream, isHead: isHead)
            }
        } catch {
            channel.close(promise: nil)
        }
    }

    private func send(_ response: HTTPResponse, _ bytes: [UInt8], isHead: Bool) async throws {
        let hasBody = HTTPResponseStatus(statusCode: response.status).mayHaveResponseBody
        write(.head(head(response, hasBody ? ("Content-Length", String(bytes.count)) : nil)))
        if !isHead && !bytes.isEmpty && hasBody {
            write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
        }
        try await end()
    }

    private func send(_ response: HTTPResponse, _ stream: HTTPResponse.Stream, isHead: Bool) async throws {
        let isChunked = version == .http1_1 && !isHead
        let head = head(response, isChunked ? ("Transfer-Encoding", "chunked") : nil)
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head)).get()
        try await stream(HTTPBodyWriter(channel: channel, discardsBody: isHead))
        try await end()
    }

    private func head(_ response: HTTPResponse, _ framing: (name: String, value: String)?) -> HTTPResponseHead {
        var headers = HTTPHeaders(response.headers.fields.map { ($0.name, $0.value) })
        if let framing { headers.replaceOrAdd(name: framing.name, value: framing.value) }
        if !keepsAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        // Answering HTTP/1.0 with 1.1 is what RFC 9112, section 2.3 asks for; only chunks must not be used.
        return HTTPResponseHead(version: .http1_1, status: .init(statusCode: response.status), headers: headers)
    }

    private func write(_ part: HTTPServerResponsePart) {
        channel.write(part, promise: nil)
    }

    private func end() async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }
}
