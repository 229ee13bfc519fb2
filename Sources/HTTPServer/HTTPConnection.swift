internal import NIOCore
internal import NIOHTTP1

/// One connection of a client: collects requests, hands each to the handler, keeps the time limits.
///
/// ```text
///            head                end                 last part of the answer
/// waiting ─────────▶ receiving ───────▶ answering ───────────────────────────▶ waiting, or closing
///    │ time-out          │ too large, too slow: 413, 408
///    ▼                   ▼
///  closed             closing: what still arrives is thrown away until the client closes, or a time-out
/// ```
///
/// The pipeline handler before this one holds back requests that arrive while an answer is in progress.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Sent through the pipeline when the server stops.
    struct Shutdown: Sendable {}

    private enum State {
        case waiting
        case receiving(HTTPRequestHead, body: ByteBuffer)
        case answering(Task<Void, Never>, isStreaming: Bool)
        case closing
    }

    private let configuration: HTTPServerConfiguration
    private let handler: HTTPExchange.Handler
    private var state = State.waiting
    private var keepsAlive = true
    private var isShuttingDown = false
    private var deadline: Scheduled<Void>?
    private var stallDeadline: Scheduled<Void>?

    init(configuration: HTTPServerConfiguration, handler: @escaping HTTPExchange.Handler) {
        self.configuration = configuration
        self.handler = handler
    }

    // MARK: Requests

    func channelActive(context: ChannelHandlerContext) {
        arm(configuration.headerTimeout, context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting): begin(head, context)
        case (.body(let part), .receiving(let head, let body)): receive(part, head, body, context)
        case (.end, .receiving(let head, let body)): answer(head, body, context)
        // Left over from a request that was refused.
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // Without chunks, the end of a streamed answer to HTTP/1.0 is the end of the connection.
        keepsAlive = head.isKeepAlive && head.version == .http1_1 && !isShuttingDown
        state = .receiving(head, body: ByteBuffer())
        if let length = head.headers.first(name: "content-length").flatMap(Int.init),
            length > configuration.bodyByteLimit
        {
            return refuse(.payloadTooLarge, context)
        }
        arm(configuration.bodyTimeout, context)
        if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func receive(
        _ part: ByteBuffer, _ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        guard body.readableBytes + part.readableBytes <= configuration.bodyByteLimit else {
            return refuse(.payloadTooLarge, context)
        }
        // The state gives the buffer up first, so that it grows in place and is not copied.
        state = .waiting
        var part = part
        var body = body
        body.writeBuffer(&part)
        state = .receiving(head, body: body)
    }

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        disarm()
        var headers = HTTPFields()
        for (name, value) in head.headers { headers.append(name, value) }
        let request = HTTPRequest(
            method: head.method.rawValue, target: head.uri, headers: headers, body: Array(body.readableBytesView))
        let exchange = HTTPExchange(
            channel: context.channel, handler: handler, version: head.version, keepsAlive: keepsAlive)
        state = .answering(Task { await exchange.run(request) }, isStreaming: false)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            context.write(data, promise: promise)
            if !head.headers.contains(name: "content-length") { beganStreaming() }
        case .body:
            context.write(data, promise: promise)
        case .end:
            finishAnswer(context, data, promise)
        }
    }

    private func beganStreaming() {
        guard case .answering(let task, _) = state else { return }
        state = .answering(task, isStreaming: true)
        if isShuttingDown { task.cancel() }
    }

    private func finishAnswer(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        // Before the write: the pipeline handler delivers the next request while it writes this end.
        state = keepsAlive && !isShuttingDown ? .waiting : .closing
        if case .waiting = state {
            arm(configuration.idleTimeout, context)
            return context.write(data, promise: promise)
        }
        let isolated = context.loopBound
        context.write(data).assumeIsolated().whenComplete { _ in self.linger(isolated.value) }
        context.flush()
        promise?.succeed()
    }

    /// Answers in place of the handler, then closes.
    private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        keepsAlive = false
        let reason = Array("\(status.reasonPhrase)\n".utf8)
        let head = HTTPResponseHead(
            version: .http1_1, status: status,
            headers: ["Connection": "close", "Content-Type": "text/plain", "Content-Length": String(reason.count)])
        state = .closing
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reason)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Closes our side and waits for the client to close its own: closing both with bytes still on their way to us
    /// would make the kernel reset the connection, and the client might lose the answer.
    private func linger(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.close(mode: .output, promise: nil)
        arm(isShuttingDown ? .zero : Self.lingerLimit, context)
    }

    /// Long enough for a client to read an answer that is already in its buffer.
    private static let lingerLimit: Duration = .seconds(5)

    // MARK: Ends

    func channelInactive(context: ChannelHandlerContext) {
        disarm()
        stallDeadline?.cancel()
        if case .answering(let task, _) = state { task.cancel() }
        state = .closing
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A malformed request was answered 400 by the handler before this one; nothing sensible can follow it.
        guard error is HTTPParserError, case .waiting = state else { return context.close(promise: nil) }
        state = .closing
        linger(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallDeadline?.cancel()
        stallDeadline = nil
        if !context.channel.isWritable {
            stallDeadline = schedule(configuration.stallTimeout, context) { $1.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Shutdown else { return context.fireUserInboundEventTriggered(event) }
        isShuttingDown = true
        switch state {
        case .waiting, .closing: context.close(promise: nil)
        case .receiving: break
        case .answering(let task, let isStreaming): if isStreaming { task.cancel() }
        }
    }

    // MARK: Time limits

    private func arm(_ limit: Duration, _ context: ChannelHandlerContext) {
        disarm()
        deadline = schedule(limit, context) { connection, context in connection.deadlinePassed(context) }
    }

    private func disarm() {
        deadline?.cancel()
        deadline = nil
    }

    private func deadlinePassed(_ context: ChannelHandlerContext) {
        if case .receiving = state { return refuse(.requestTimeout, context) }
        context.close(promise: nil)
    }

    private func schedule(
        _ limit: Duration, _ context: ChannelHandlerContext,
        _ body: @escaping (HTTPConnection, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { body(self, context) }
    }
}
