internal import NIOCore

/// Hands the events of one side of a proxied connection to the connection.
final class ChannelTap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let side: ProxyConnection.Side
    private let connection: ProxyConnection

    init(_ side: ProxyConnection.Side, of connection: ProxyConnection) {
        self.side = side
        self.connection = connection
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.opened(side)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(unwrapInboundIn(data), from: side)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.readOn(from: side)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        connection.finished(side)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(side)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed(side)
    }
}
