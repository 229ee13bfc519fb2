/// Finds the innermost transport of a packet: pure, without allocation, safe for any bytes.
package struct LinkDecoder: Sendable {
    /// UDP ports whose datagrams are VXLAN: IANA's, and Linux's of old, which flannel uses.
    package var vxlanPorts: (UInt16, UInt16) = (4789, 8472)
    /// The UDP port whose datagrams are Geneve.
    package var genevePort: UInt16 = 6081

    /// Headers within headers that are followed: enough for a tunnel in a tunnel behind two VLANs and some MPLS labels.
    static let depthLimit = 24

    /// A decoder for the usual ports.
    package init() {}

    /// Describes a packet.
    package func decode(_ packet: CapturedPacket) -> PacketHeader {
        var header = PacketHeader()
        header.time = packet.time
        header.interface = packet.interface
        header.direction = packet.direction
        guard let base = packet.bytes.baseAddress else {
            header.reason = .truncated
            return header
        }
        if packet.metadataVLAN != CapturedPacket.noVLAN { header.push(vlan: packet.metadataVLAN & 0xFFF) }
        var cursor = FrameCursor(
            base: base, offset: 0, end: packet.bytes.count, wireEnd: max(Int(packet.wireLength), packet.bytes.count))
        let next = linkLayer(&cursor, packet.linkType, &header)
        walk(from: next, &cursor, &header)
        return header
    }

    /// Describes a datagram that was put together from fragments, of which `fragment` is one.
    package func decode(reassembled payload: UnsafeRawBufferPointer, like fragment: PacketHeader) -> PacketHeader {
        var header = fragment
        header.kind = .undecodable
        header.fragmentOffset = 0
        header.moreFragments = false
        header.missingBytes = 0
        guard let base = payload.baseAddress else {
            header.reason = .truncated
            return header
        }
        var cursor = FrameCursor(base: base, offset: 0, end: payload.count, wireEnd: payload.count)
        walk(from: .transport(fragment.ipProtocol), &cursor, &header)
        return header
    }

    /// Goes from header to header. A tunnel whose inside cannot be read is described by its outside.
    private func walk(from start: NextHeader, _ cursor: inout FrameCursor, _ header: inout PacketHeader) {
        var next = start
        var outer: PacketHeader?
        for _ in 0..<Self.depthLimit {
            switch next {
            case .ethernet: next = ethernet(&cursor, &header)
            case .etherType(let type): next = etherType(type, &cursor, &header)
            case .ip: next = ip(&cursor, &header)
            case .transport(let number): next = transport(number, &cursor, &header)
            case .tunnel(let inside, let identifier):
                outer = header
                header.enter(tunnel: identifier)
                next = inside.header
            case .done:
                if header.kind == .undecodable, let outer { header = outer }
                return
            }
        }
        if let outer {
            header = outer
        } else {
            header.kind = .undecodable
            header.reason = .tooDeep
        }
    }
}

/// Where a decoder is in a packet. All offsets are from `base`.
struct FrameCursor {
    let base: UnsafeRawPointer
    var offset: Int
    /// The end of what was captured of the current layer.
    var end: Int
    /// The end of the current layer on the wire: at least `end`.
    var wireEnd: Int

    @inline(__always) func has(_ count: Int) -> Bool { end &- offset >= count }
    @inline(__always) var pointer: UnsafeRawPointer { base + offset }

    /// Forgets what lies beyond the current layer, such as Ethernet's padding. What the layer has more than was
    /// captured counts as missing.
    mutating func limit(to layerEnd: Int) {
        end = min(end, layerEnd)
        wireEnd = layerEnd
    }

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + offset, count: max(end - offset, 0)) }
    var missing: UInt32 { UInt32(clamping: max(wireEnd - max(end, offset), 0)) }
}

/// What comes next in a packet.
enum NextHeader {
    case ethernet
    case etherType(UInt16)
    case ip
    /// Anything with an IP protocol number: transports, and IP in IP.
    case transport(UInt8)
    /// The inside of a tunnel; the header so far describes the outside.
    case tunnel(TunnelInside, identifier: UInt32)
    /// All is known, or nothing more can be.
    case done
}

/// What a tunnel carries.
enum TunnelInside {
    case ethernet
    case etherType(UInt16)
    case ip

    var header: NextHeader {
        switch self {
        case .ethernet: .ethernet
        case .etherType(let type): .etherType(type)
        case .ip: .ip
        }
    }
}

extension PacketHeader {
    /// Notes a VLAN tag further in. Only the two outermost are kept.
    mutating func push(vlan: UInt16) {
        if vlans >> 16 == 0 {
            vlans = UInt32(vlan + 1) << 16
        } else if vlans & 0xFFFF == 0 {
            vlans |= UInt32(vlan + 1)
        }
    }

    /// Describes the inside from here on; VLANs of the outside stay, as they tell networks apart too.
    mutating func enter(tunnel identifier: UInt32) {
        tunnel = tunnel == 0 ? identifier : tunnel &* 0x9E37_79B1 ^ identifier
        kind = .undecodable
        reason = .none
        (ipVersion, ipProtocol, tcpFlags, window) = (0, 0, [], 0)
        (sourcePort, destinationPort, sequence, acknowledgement) = (0, 0, 0, 0)
        (source, destination) = (.unspecified, .unspecified)
        payload = .init(start: nil, count: 0)
        missingBytes = 0
    }

    mutating func fail(_ why: UndecodableReason) -> NextHeader {
        kind = .undecodable
        reason = why
        return .done
    }
}
