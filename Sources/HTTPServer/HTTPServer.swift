internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// An HTTP/1.1 server: bounded, streaming, with nothing but what Remora needs.
///
/// Guarantees: answers leave in the order of their requests, also when a client sends several at once; each request is
/// read completely, up to ``HTTPServerConfiguration/bodyByteLimit``, before the handler runs; each handler runs in a
/// task of its own, which is cancelled at once when its client closes the connection. A client that closes only its
/// sending side counts as gone. An `Expect: 100-continue` is honoured. Call ``shutdown()`` once at the end.
package final class HTTPServer: Sendable {
    /// Answers one request.
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    /// The host that it listens on.
    package let host: String
    /// The port that it listens on.
    package let port: Int
    /// Whether clients are to speak TLS.
    package let isSecure: Bool

    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let connections: HTTPConnections
    private let grace: Duration

    private init(
        host: String, port: Int, listener: any Channel, group: MultiThreadedEventLoopGroup,
        connections: HTTPConnections, configuration: HTTPServerConfiguration
    ) {
        self.host = host
        self.port = port
        isSecure = configuration.isSecure
        self.listener = listener
        self.group = group
        self.connections = connections
        grace = configuration.shutdownGrace
    }

    /// Where clients find the server.
    package var url: String {
        "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// How many connections are open now.
    package var connectionCount: Int { connections.count }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: an address of this machine.
    ///   - port: 0 takes any that is free.
    ///   - eventLoops: threads that read and write; handlers run elsewhere.
    ///   - configuration: the limits.
    ///   - handler: answers each request.
    /// - Throws: ``HTTPServerError/cannotListen(host:port:reason:)``.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, eventLoops: Int = 1,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(), handler: @escaping Handler
    ) async throws -> HTTPServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: eventLoops)
        let connections = HTTPConnections(limit: configuration.connectionLimit)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try set(up: channel, connections, configuration, handler)
                }
            }
        do {
            let listener = try await bootstrap.bind(host: host, port: port).get()
            return HTTPServer(
                host: host, port: listener.localAddress?.port ?? port, listener: listener, group: group,
                connections: connections, configuration: configuration)
        } catch {
            try? await group.shutdownGracefully()
            throw HTTPServerError.cannotListen(host: host, port: port, reason: String(describing: error))
        }
    }

    /// Stops: no new connections, streams end, other answers in progress may take
    /// ``HTTPServerConfiguration/shutdownGrace``, then everything is closed.
    package func shutdown() async {
        try? await listener.close()
        let open = connections.stop()
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.Shutdown()) }
        let closeAll = group.any().scheduleTask(in: TimeAmount(grace)) {
            for channel in open { channel.close(promise: nil) }
        }
        try? await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: group.any()).get()
        closeAll.cancel()
        try? await group.shutdownGracefully()
    }

    /// Connections that the kernel holds until we accept them: as many as a fleet opens when the server is back.
    private static let backlog: Int32 = 512

    private static func set(
        up channel: any Channel, _ connections: HTTPConnections, _ configuration: HTTPServerConfiguration,
        _ handler: @escaping Handler
    ) throws {
        try configuration.initializeChannel(channel)
        guard connections.admit(channel) else {
            try channel.pipeline.syncOperations.addHandler(ConnectionRefusal())
            return
        }
        var encoder = HTTPResponseEncoder.Configuration()
        // The answer to HEAD has the header of GET and no body; only we know which request it answers.
        encoder.automaticallySetFramingHeaders = false
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = configuration.headerByteLimit
        limits.maxHeaderFieldSize = configuration.headerByteLimit
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withEncoderConfiguration: encoder, withDecoderLimitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandler(HTTPConnection(configuration: configuration, handler: handler))
    }
}
