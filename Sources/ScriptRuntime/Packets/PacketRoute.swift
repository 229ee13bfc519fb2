internal import Glibc

/// Where a packet came from and went to, as its headers say. Scripts read it as `info.srcIp`, `info.dstPort` and so on.
public struct PacketRoute: Sendable, Equatable {
    /// An address as a 128-bit number; IPv4 is mapped, `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2).
    public struct Address: Sendable, Equatable, CustomStringConvertible {
        /// The first eight bytes.
        public var high: UInt64
        /// The last eight bytes.
        public var low: UInt64

        /// Joins the two halves of an address.
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// `10.0.0.1`, or the shortest form of IPv6 (RFC 5952).
        public var description: String {
            if high == 0 && low >> 32 == 0xffff {
                return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
            }
            var bytes = (high.bigEndian, low.bigEndian)
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
                guard let start = text.baseAddress, inet_ntop(AF_INET6, &bytes, start, socklen_t(text.count)) != nil
                else { return "" }
                return String(cString: start)
            }
        }
    }

    /// The sender's address; nil if the packet is none of IP.
    public var source: Address?
    /// The receiver's address; nil if the packet is none of IP.
    public var destination: Address?
    /// The sender's port; nil where the protocol has none, and for fragments but the first.
    public var sourcePort: UInt16?
    /// The receiver's port.
    public var destinationPort: UInt16?
    /// The protocol in the IP header, as IANA numbers them; nil if the packet is none of IP.
    public var ipProtocol: UInt8?

    /// A packet's route, as far as it is known.
    public init(
        source: Address? = nil, destination: Address? = nil, sourcePort: UInt16? = nil, destinationPort: UInt16? = nil,
        ipProtocol: UInt8? = nil
    ) {
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.ipProtocol = ipProtocol
    }

    /// `tcp`, `udp`, … or the protocol's number as text.
    var protocolName: String? {
        guard let ipProtocol else { return nil }
        return switch ipProtocol {
        case 1: "icmp"
        case 2: "igmp"
        case 6: "tcp"
        case 17: "udp"
        case 58: "icmpv6"
        case 132: "sctp"
        default: String(ipProtocol)
        }
    }
}
