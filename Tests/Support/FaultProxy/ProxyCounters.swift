/// What a ``FaultProxy`` has seen so far.
package struct ProxyCounters: Sendable, Equatable {
    /// Connections accepted.
    package var connections = 0
    /// Of these, the ones that are open.
    package var open = 0
    /// Connections whose upstream could not be reached; their clients got RST.
    package var upstreamFailures = 0
    /// Bytes handed to the kernel toward clients.
    package var bytesToClient = 0
    /// Bytes handed to the kernel toward the upstream.
    package var bytesToServer = 0
    /// Requests seen; 0 unless the proxy speaks HTTP.
    package var requests = 0
    /// Of these, the ones answered by the proxy itself.
    package var answered = 0
    /// Connections that were reset because what they carried was not HTTP/1.1.
    package var protocolErrors = 0
    /// What the last of these was about.
    package var lastProtocolError: String?

    /// Nothing seen.
    package init() {}
}
