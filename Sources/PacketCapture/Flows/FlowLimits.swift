/// How much flows may take, and how long they are waited for. Times are packets' times, not the clock's.
package struct FlowLimits: Sendable, Equatable {
    /// Flows at once (256 bytes each, touched only when used). When one more comes, the one among sixteen that was
    /// idle for longest gives way; connections without a finished handshake go before others.
    package var flows = 65_536
    /// Bytes out of order that are held for all flows together.
    package var heldBytes = 16 << 20
    /// Bytes out of order that are held in one direction of a flow; beyond that, what is missing is a gap.
    package var heldBytesPerStream = 1 << 20
    /// What is missing in a stream is a gap after this time. Retransmissions come within a second or so.
    package var holeTimeout: Duration = .seconds(3)
    /// The same if only one direction is captured: then nobody will acknowledge.
    package var oneSidedHoleTimeout: Duration = .milliseconds(200)
    /// A TCP connection is over after this silence. Kept long, as memory is bounded by other means.
    package var tcpIdle: Duration = .seconds(3600)
    /// A TCP connection without data is over after this silence.
    package var tcpHandshake: Duration = .seconds(60)
    /// The record of a closed connection stays for this long, so that stragglers are not taken for a new one.
    package var tcpLinger: Duration = .seconds(10)
    /// Exchanges over UDP and everything else are over after this silence.
    package var datagramIdle: Duration = .seconds(30)
    /// IP datagrams that are put together from fragments at the same time (66 KB each, touched only when used).
    package var fragmentedDatagrams = 128
    /// A datagram whose fragments have not all come within this time is given up (RFC 8200 says 60 seconds).
    package var fragmentTimeout: Duration = .seconds(30)
    /// Whether equal addresses on different interfaces are different flows. True where each interface belongs to
    /// another pod; false where a connection's two directions may use different ones.
    package var separatesInterfaces = true

    /// The defaults.
    package init() {}
}

extension Duration {
    /// In whole nanoseconds; saturates after 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
