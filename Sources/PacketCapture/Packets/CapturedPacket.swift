/// One captured packet, where it lies: 40 bytes that point into a buffer, a file mapping or a ring.
///
/// The bytes are valid only as long as whoever handed the packet out says so; nothing here owns memory.
package struct CapturedPacket {
    /// What was captured of the packet, from its link-layer header on.
    package var bytes: UnsafeRawBufferPointer
    /// When it was captured, in nanoseconds since 1970-01-01T00:00:00Z.
    package var time: Int64
    /// Its length on the wire, in bytes; more than `bytes.count` if a snap length cut it.
    package var wireLength: UInt32
    /// The number of its interface in the source's ``CaptureInterface`` table.
    package var interface: UInt16
    /// How its first bytes are to be read.
    package var linkType: LinkType
    /// The VLAN tag that the kernel delivered beside the frame (tag control information), ``noVLAN`` if it did not.
    package var metadataVLAN: UInt16
    /// Whether it came in or went out, as seen from the capturing host.
    package var direction: PacketDirection

    /// "No VLAN tag": a value that no identifier (12 bits) can have.
    package static let noVLAN: UInt16 = 0xFFFF

    /// Describes a packet whose bytes lie elsewhere.
    package init(
        bytes: UnsafeRawBufferPointer, time: Int64, wireLength: UInt32, interface: UInt16, linkType: LinkType,
        metadataVLAN: UInt16 = CapturedPacket.noVLAN, direction: PacketDirection = .unknown
    ) {
        self.bytes = bytes
        self.time = time
        self.wireLength = wireLength
        self.interface = interface
        self.linkType = linkType
        self.metadataVLAN = metadataVLAN
        self.direction = direction
    }

    /// Whether less was captured than was on the wire.
    package var isTruncated: Bool { bytes.count < Int(wireLength) }
}

/// Whether a packet came in or went out. The raw values are those of pcapng's packet flags.
package enum PacketDirection: UInt8, Sendable {
    case unknown = 0
    case inbound = 1
    case outbound = 2
}

/// Packets that can be read together, until the source is asked for the next ones.
package typealias CapturedBatch = UnsafeBufferPointer<CapturedPacket>

/// Something that takes packets one after the other and must not wait: a ring, a counter, a test.
package protocol PacketSink: ~Copyable {
    /// Takes a packet whose bytes are valid during the call only.
    mutating func take(_ packet: CapturedPacket)
    /// Makes what was taken visible to others; called when no more packets are at hand for the moment.
    mutating func flush()
    /// Time passes: called several times a second, with or without packets. `now` is in nanoseconds since 1970.
    mutating func tick(now: Int64)
}

extension PacketSink where Self: ~Copyable {
    package mutating func tick(now: Int64) {}
}
