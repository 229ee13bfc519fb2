package import NIOCore

/// The limits of a server, each with a value that suits an API on a cluster's network.
package struct HTTPServerConfiguration: Sendable {
    /// Connections open at a time; one more is answered 503 and closed. Each costs a file descriptor and some 10 KB.
    package var connectionLimit = 10_000
    /// Bytes of a request's body; a larger one is answered 413. API servers take 3 MiB, our largest user is a config map.
    package var bodyByteLimit = 3 << 20
    /// Bytes of all header lines of a request together; more is answered 400. A service account token is about 1 KB.
    package var headerByteLimit = 64 << 10
    /// How long a new connection may take to send a complete header.
    package var headerTimeout: Duration = .seconds(30)
    /// How long a request's body may take after its header; then 408.
    package var bodyTimeout: Duration = .seconds(60)
    /// How long a connection may wait between two requests.
    package var idleTimeout: Duration = .seconds(120)
    /// How long a client may leave its side of the connection full before it is taken for gone.
    package var stallTimeout: Duration = .seconds(300)
    /// How long ``HTTPServer/shutdown()`` waits for answers in progress before it closes their connections.
    package var shutdownGrace: Duration = .seconds(5)
    /// Runs for each accepted connection before the HTTP handlers are added: the place for TLS.
    package var initializeChannel: @Sendable (any Channel) throws -> Void = { _ in }
    /// Whether ``initializeChannel`` puts TLS there: the scheme of ``HTTPServer/url``.
    package var isSecure = false

    /// The default limits, without TLS.
    package init() {}
}
