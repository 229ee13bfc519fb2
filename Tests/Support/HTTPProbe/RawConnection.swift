internal import NIOCore
internal import NIOPosix
internal import Threading

/// A TCP connection that sends and shows bytes as they are: tests of a server must see what is on the wire.
package final class RawConnection: Sendable {
    /// The server closed the connection before the expected text came.
    package struct Closed: Error {
        /// What came until then.
        package let received: String
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    deinit { channel.close(promise: nil) }

    /// Connects to a port of this machine.
    ///
    /// - Parameter reads: false leaves everything in the socket's buffers until ``startReading()``.
    package static func open(port: Int, reads: Bool = true) async throws -> RawConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            // Small, so that little is in flight when nobody reads.
            .channelOption(.socketOption(.so_rcvbuf), value: reads ? 1 << 20 : 1 << 16)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, inbox: inbox)
    }

    /// Sends a text.
    package func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Begins to read what waits, and all that follows.
    package func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// Takes everything up to and including `end`; throws ``Closed`` if the server closes before.
    package func read(until end: String) async throws -> String {
        while true {
            if let text = inbox.take(until: Array(end.utf8)) { return text }
            if inbox.isClosed { throw Closed(received: inbox.takeAll()) }
            await inbox.waitForMore()
        }
    }

    /// Takes exactly so many bytes.
    package func read(count: Int) async throws -> String {
        while true {
            if let text = inbox.take(count: count) { return text }
            if inbox.isClosed { throw Closed(received: inbox.takeAll()) }
            await inbox.waitForMore()
        }
    }

    /// Takes everything until the server closes.
    package func readToEnd() async -> String {
        while !inbox.isClosed { await inbox.waitForMore() }
        return inbox.takeAll()
    }

    /// Closes the connection.
    package func close() { channel.close(promise: nil) }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
