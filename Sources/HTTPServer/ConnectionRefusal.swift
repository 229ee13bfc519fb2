internal import NIOCore

/// Answers 503 on a connection beyond the limit, without waiting for a request, and closes.
final class ConnectionRefusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answer = ByteBuffer(
        string: "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")

    func channelActive(context: ChannelHandlerContext) {
        let isolated = context.loopBound
        context.writeAndFlush(wrapOutboundOut(Self.answer)).whenComplete { _ in
            isolated.value.close(promise: nil)
        }
    }
}
