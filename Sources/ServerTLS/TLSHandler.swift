internal import NIOCore

/// Puts TLS between a server's connection and what speaks on it.
///
/// What is written before the handshake is done waits for it. A handshake that does not end is the business of whoever
/// limits the time until the first request. Closing says so to the client (close_notify) first.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var session: TLSSession
    private var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []
    private var hasFailed = false

    init(_ context: TLSContext) throws { session = try context.makeSession() }

    // MARK: From the network

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        var bytes = unwrapInboundIn(data)
        var plain = context.channel.allocator.buffer(capacity: 0)
        do {
            let progress = try session.receive(&bytes, into: &plain)
            pass(to: context)
            if progress.isEstablished { sendWaiting(context) }
            if plain.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plain)) }
            if progress.isClosed { close(context: context, mode: .all, promise: nil) }
        } catch {
            fail(error, context)
        }
    }

    /// Hands on what TLS itself has to say, and what was encrypted.
    private func pass(to context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        guard let output = session.takeOutput(context.channel.allocator) else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(wrapOutboundOut(output), promise: promise)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        hasFailed = true
        // The alert, if there is one.
        pass(to: context)
        failWaiting(error)
        context.close(promise: nil)
    }

    // MARK: To the network

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        guard !hasFailed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard session.isEstablished else { return waiting.append((bytes, promise)) }
        encrypt(bytes, promise, context)
    }

    private func encrypt(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        var bytes = bytes
        do {
            try session.send(&bytes)
        } catch {
            promise?.fail(error)
            return fail(error, context)
        }
        guard let output = session.takeOutput(context.channel.allocator) else {
            promise?.succeed()
            return
        }
        context.write(wrapOutboundOut(output), promise: promise)
    }

    private func sendWaiting(_ context: ChannelHandlerContext) {
        guard !waiting.isEmpty else { return }
        let writes = waiting
        waiting = []
        for (bytes, promise) in writes { encrypt(bytes, promise, context) }
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, !hasFailed {
            session.close()
            pass(to: context)
        }
        context.close(mode: mode, promise: promise)
    }

    // MARK: Ends

    func channelInactive(context: ChannelHandlerContext) {
        failWaiting(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { failWaiting(ChannelError.ioOnClosedChannel) }

    private func failWaiting(_ error: any Error) {
        let writes = waiting
        waiting = []
        for (_, promise) in writes { promise?.fail(error) }
    }
}
