/// What a packet's first bytes are: a number of the link-layer header types registry (tcpdump.org/linktypes.html).
package struct LinkType: RawRepresentable, Hashable, Sendable {
    /// The registered number.
    package var rawValue: UInt16
    /// Wraps a registered number.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// BSD loopback: four bytes of address family in the capturing host's byte order.
    package static let null = LinkType(rawValue: 0)
    /// Ethernet.
    package static let ethernet = LinkType(rawValue: 1)
    /// IPv4 or IPv6 without a link layer.
    package static let raw = LinkType(rawValue: 101)
    /// OpenBSD loopback: four bytes of address family in network byte order.
    package static let loop = LinkType(rawValue: 108)
    /// Linux "cooked" packets, version 1.
    package static let linuxSLL = LinkType(rawValue: 113)
    /// IPv4 without a link layer.
    package static let ipv4 = LinkType(rawValue: 228)
    /// IPv6 without a link layer.
    package static let ipv6 = LinkType(rawValue: 229)
    /// Packets from Linux's netfilter log.
    package static let nflog = LinkType(rawValue: 239)
    /// Linux "cooked" packets, version 2: with the interface's index.
    package static let linuxSLL2 = LinkType(rawValue: 276)

    /// Whether this is raw IP under one of the numbers that systems have given it (`DLT_RAW` is not the same everywhere).
    var isRawIP: Bool { rawValue == 101 || rawValue == 12 || rawValue == 14 }
}
