internal import NIOCore

/// Follows the requests and responses of one HTTP/1.1 connection, and changes what the rules say; all else passes byte
/// for byte.
///
/// No I/O: bytes go in from either side, and come out for both. Responses keep the order of their requests, also when
/// the proxy answers some of them by itself and the client does not wait for one answer before its next request.
struct HTTPExchangeFilter {
    /// What is to happen with a request.
    enum Plan: Sendable {
        case pass
        case answer(CannedResponse)
        case editLines(@Sendable ([UInt8]) -> LineEdit)
    }

    /// What came of some bytes.
    struct Output: Equatable {
        var toClient = ByteBuffer()
        var toServer = ByteBuffer()
        var requests: [ProxiedRequest] = []
        var answered = 0
    }

    /// A request whose response has not been passed on.
    private struct Exchange {
        let method: String
        var answer: CannedResponse?
        var editor: LineEditor?
        var isReceived = false
    }

    /// What becomes of the body of the response that is coming in.
    private enum ResponseMode {
        case passing, editing
        /// A status of 1xx; the response proper is still to come.
        case interim
    }

    private let connection: Int
    private var requestFramer = HTTPFramer()
    private var responseFramer = HTTPFramer()
    private var exchanges = CircularBuffer<Exchange>()
    /// Whether the request that is coming in goes to the upstream.
    private var isForwarding = true
    private var responseMode: ResponseMode = .passing

    init(connection: Int) {
        self.connection = connection
    }

    mutating func receiveFromClient(
        _ bytes: ByteBuffer, plan: (ProxiedRequest) -> Plan
    ) throws(HTTPFramingError) -> Output {
        var output = Output()
        requestFramer.append(bytes)
        while let part = try requestFramer.next() {
            switch part {
            case .head(let head, let encoded):
                let request = try ProxiedRequest(connection: connection, head: head)
                output.requests.append(request)
                requestFramer.begin(HTTPFramer.Body(ofRequest: head))
                begin(plan(request), for: request, encoded: encoded, &output)
            case .content(var bytes), .framing(var bytes):
                if isForwarding { output.toServer.writeBuffer(&bytes) }
            case .end:
                // A tunnel has no requests, and so no end of one.
                exchanges[exchanges.index(before: exchanges.endIndex)].isReceived = true
            }
        }
        answerWhatIsDue(&output)
        return output
    }

    mutating func receiveFromServer(_ bytes: ByteBuffer) throws(HTTPFramingError) -> Output {
        var output = Output()
        responseFramer.append(bytes)
        while let part = try responseFramer.next() {
            switch part {
            case .head(let head, let encoded): try beginResponse(head, encoded: encoded, &output)
            case .content(let bytes): try pass(bytes, &output)
            case .framing(var bytes): if responseMode != .editing { output.toClient.writeBuffer(&bytes) }
            case .end: endResponse(&output)
            }
        }
        return output
    }

    /// The upstream has sent its FIN. An edited body that may end so is complete; any other is cut short as it came.
    mutating func finishFromServer() -> Output {
        var output = Output()
        guard responseMode == .editing else { return output }
        let isComplete = responseFramer.isUntilClose
        Self.write(chunk: exchanges[exchanges.startIndex].editor?.finish() ?? [], to: &output.toClient)
        if isComplete { endResponse(&output) }
        return output
    }

    // MARK: Requests

    private mutating func begin(
        _ plan: Plan, for request: ProxiedRequest, encoded: ByteBuffer, _ output: inout Output
    ) {
        var exchange = Exchange(method: request.method)
        var encoded = encoded
        isForwarding = true
        switch plan {
        case .pass: break
        case .answer(let answer):
            exchange.answer = answer
            isForwarding = false
        case .editLines(let edit):
            exchange.editor = LineEditor(edit: edit)
            var head = request.head
            head.remove("Accept-Encoding")  // lines cannot be found in a compressed body
            encoded = head.encoded
        }
        exchanges.append(exchange)
        if isForwarding { output.toServer.writeBuffer(&encoded) }
    }

    /// Sends the proxy's own answers whose turn it is, and whose requests are there to their last byte: many clients do
    /// not look for an answer before.
    private mutating func answerWhatIsDue(_ output: inout Output) {
        while let exchange = exchanges.first, exchange.isReceived, let answer = exchange.answer {
            var bytes = answer.encoded(for: exchange.method)
            output.toClient.writeBuffer(&bytes)
            output.answered += 1
            exchanges.removeFirst()
        }
    }

    // MARK: Responses

    private mutating func beginResponse(
        _ head: HTTPHead, encoded: ByteBuffer, _ output: inout Output
    ) throws(HTTPFramingError) {
        guard let exchange = exchanges.first, exchange.answer == nil else { throw .responseWithoutRequest }
        let status = try head.status()
        let body = try HTTPFramer.Body(ofResponse: head, to: exchange.method)
        responseFramer.begin(body)
        if status == 101 { requestFramer.becomeTunnel() }
        responseMode = (100...199).contains(status) ? .interim : .passing
        var encoded = encoded
        if exchange.editor != nil, responseMode == .passing, body != .none {
            responseMode = .editing
            encoded = try Self.headForEditedBody(head).encoded
        }
        output.toClient.writeBuffer(&encoded)
    }

    private mutating func pass(_ bytes: ByteBuffer, _ output: inout Output) throws(HTTPFramingError) {
        guard responseMode == .editing else {
            var bytes = bytes
            output.toClient.writeBuffer(&bytes)
            return
        }
        let first = exchanges.startIndex
        let edited = try exchanges[first].editor?.receive(bytes.readableBytesView) ?? []
        Self.write(chunk: edited, to: &output.toClient)
    }

    private mutating func endResponse(_ output: inout Output) {
        if responseMode == .interim { return }
        if responseMode == .editing {
            Self.write(chunk: exchanges[exchanges.startIndex].editor?.finish() ?? [], to: &output.toClient)
            output.toClient.writeString("0\r\n\r\n")
        }
        responseMode = .passing
        exchanges.removeFirst()
        answerWhatIsDue(&output)
    }

    private static func headForEditedBody(_ head: HTTPHead) throws(HTTPFramingError) -> HTTPHead {
        if let encoding = head.values(of: "Content-Encoding").first, encoding != "identity" {
            throw .compressedBody(encoding: encoding)
        }
        var head = head
        head.remove("Content-Length", "Transfer-Encoding", "Trailer")
        head.append(HTTPHead.Field("Transfer-Encoding", "chunked"))
        return head
    }

    /// An empty chunk would end the body.
    private static func write(chunk bytes: [UInt8], to buffer: inout ByteBuffer) {
        guard !bytes.isEmpty else { return }
        buffer.writeString(String(bytes.count, radix: 16) + "\r\n")
        buffer.writeBytes(bytes)
        buffer.writeString("\r\n")
    }
}
