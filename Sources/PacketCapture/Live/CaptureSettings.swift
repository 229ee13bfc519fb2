/// How packets are captured.
package struct CaptureSettings: Sendable, Equatable {
    /// What to capture, in the language of tcpdump (pcap-filter(7)); empty for everything.
    package var filter = ""
    /// The most bytes to keep of a packet. The default keeps any packet whole, also those that segmentation offload
    /// makes larger than the interface's MTU.
    package var snapLength = 262_144
    /// The kernel's ring for each interface, in bytes. It must hold what comes while the reader is stopped: a container
    /// at its CPU limit stops for up to 100 ms. libpcap's own default, 2 MB, is the usual reason for lost packets.
    package var kernelBufferBytes = 8 << 20
    /// A packet is delivered after this time at the latest, however few there are.
    package var blockTimeout: Duration = .milliseconds(10)
    /// Whether to see what is not addressed to this host. Not needed within a pod.
    package var isPromiscuous = false

    /// Whether an interface that goes away is opened again when it is back, as one of a pod that was restarted is.
    package var reopensInterfaces = false

    /// The defaults.
    package init() {}

    var blockTimeoutMilliseconds: Int32 {
        let (seconds, attoseconds) = blockTimeout.components
        return Int32(clamping: max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
