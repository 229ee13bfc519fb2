/// What the headers of a packet say, from the link layer to the innermost transport: a value without references of its own.
///
/// A packet in a tunnel (VXLAN, Geneve, GRE, IP in IP) is described by its innermost IP packet; ``tunnel`` keeps apart
/// networks that use the same addresses.
package struct PacketHeader {
    /// What the innermost decoded protocol is.
    package var kind: PacketKind = .undecodable
    /// Why ``kind`` is `.undecodable`.
    package var reason: UndecodableReason = .none
    /// 4 or 6; 0 if the packet is not IP.
    package var ipVersion: UInt8 = 0
    /// The IP protocol number of what ``payload`` belongs to: 6 for TCP, 17 for UDP, …
    package var ipProtocol: UInt8 = 0
    /// TCP's flags.
    package var tcpFlags: TCPFlags = []
    /// TCP's window, as written in the header (unscaled).
    package var window: UInt16 = 0
    /// Ports of TCP, UDP and SCTP; for ICMP echo both are its identifier, else 0.
    package var sourcePort: UInt16 = 0
    /// See ``sourcePort``.
    package var destinationPort: UInt16 = 0
    /// TCP's sequence number of the first payload byte (of the SYN if there is one).
    package var sequence: UInt32 = 0
    /// TCP's acknowledgement number; valid if ``tcpFlags`` contains `.ack`.
    package var acknowledgement: UInt32 = 0
    /// The sender.
    package var source: IPAddress = .unspecified
    /// The receiver.
    package var destination: IPAddress = .unspecified
    /// What the transport carries, as far as captured: TCP and UDP payload, the whole ICMP message, the piece of a
    /// fragment. Valid as long as the packet's bytes.
    package var payload: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    /// Bytes of the payload that were on the wire and not captured.
    package var missingBytes: UInt32 = 0
    /// Bytes of the header of TCP or UDP, which lie before ``payload``; 0 if it was not captured whole.
    package var transportHeaderLength: UInt8 = 0
    /// VLAN identifiers in the packet: the outer one in the high half, the inner one in the low half, plus one each
    /// (0: no tag).
    package var vlans: UInt32 = 0
    /// Which tunnel the packet was in: network identifier and kind, 0 for none.
    package var tunnel: UInt32 = 0
    /// Where a fragment's piece begins in its datagram, in bytes.
    package var fragmentOffset: UInt32 = 0
    /// Which datagram a fragment belongs to.
    package var identification: UInt32 = 0
    /// Whether fragments follow this one.
    package var moreFragments: Bool = false
    /// Whether any IP header on the way was a fragment.
    package var isFragment: Bool = false
    /// See ``CapturedPacket/interface``.
    package var interface: UInt16 = 0
    /// See ``CapturedPacket/direction``.
    package var direction: PacketDirection = .unknown
    /// See ``CapturedPacket/time``.
    package var time: Int64 = 0
    /// The packet's number in its source, from 1: where an item can be found again.
    package var number: UInt64 = 0
    /// The flow it belongs to (``Flow/serial``), once a tracker has seen it; 0 for none.
    package var stream: UInt64 = 0

    /// An empty description.
    package init() {}

    /// The outermost VLAN identifier, if the packet has one.
    package var outerVLAN: UInt16? { vlans >> 16 != 0 ? UInt16(truncatingIfNeeded: vlans >> 16) - 1 : nil }
    /// The second VLAN identifier, if the packet has two.
    package var innerVLAN: UInt16? { vlans & 0xFFFF != 0 ? UInt16(truncatingIfNeeded: vlans) - 1 : nil }
    /// The header of TCP or UDP, options included; empty if it was not captured whole. Valid as long as ``payload``.
    package var transportHeader: UnsafeRawBufferPointer {
        guard transportHeaderLength > 0, let end = payload.baseAddress else { return .init(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: end - Int(transportHeaderLength), count: Int(transportHeaderLength))
    }
    /// Bytes of payload on the wire.
    package var payloadLength: Int { payload.count + Int(missingBytes) }
}

/// What a packet turned out to be. Each packet is exactly one of these (counter identities, docs/capture.md).
package enum PacketKind: UInt8, Sendable, CaseIterable {
    case tcp, udp, icmp, sctp
    /// IP, but none of the transports above.
    case otherIP
    /// A part of an IP datagram.
    case fragment
    /// Not IP, or too broken or too short to say.
    case undecodable
}

/// Why a packet could not be decoded down to IP.
package enum UndecodableReason: UInt8, Sendable, CaseIterable {
    case none
    /// A link type that Remora does not know.
    case linkType
    /// ARP, LLDP and other protocols that are no IP.
    case notIP
    /// The packet ends within a header.
    case truncated
    /// A header contradicts itself.
    case malformed
    /// More headers within headers than any sane network sends.
    case tooDeep
}

/// TCP's control bits (RFC 9293, 3.1).
package struct TCPFlags: OptionSet, Sendable {
    /// The bits as in the header's 14th byte.
    package var rawValue: UInt8
    /// Wraps the header's byte.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let fin = TCPFlags(rawValue: 1)
    package static let syn = TCPFlags(rawValue: 2)
    package static let rst = TCPFlags(rawValue: 4)
    package static let psh = TCPFlags(rawValue: 8)
    package static let ack = TCPFlags(rawValue: 16)
    package static let urg = TCPFlags(rawValue: 32)
}
