extension LinkDecoder {
    func transport(_ number: UInt8, _ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        switch number {
        case 6: return tcp(&cursor, &header)
        case 17: return udp(&cursor, &header)
        case 1, 58: return icmp(&cursor, &header)
        case 132:
            guard cursor.has(12) else { return header.fail(.truncated) }
            header.sourcePort = cursor.pointer.big16(0)
            header.destinationPort = cursor.pointer.big16(2)
            return finish(.sctp, cursor, &header)
        case 4, 41:
            _ = finish(.otherIP, cursor, &header)
            return .tunnel(.ip, identifier: TunnelKind.ipInIP.identifier(0))
        case 47: return gre(&cursor, &header)
        default: return finish(.otherIP, cursor, &header)
        }
    }

    private func finish(_ kind: PacketKind, _ cursor: FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        header.kind = kind
        header.reason = .none
        header.payload = cursor.rest
        header.missingBytes = cursor.missing
        return .done
    }

    /// RFC 9293, 3.1.
    private func tcp(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(20) else { return header.fail(.truncated) }
        let segment = cursor.pointer
        let headerLength = Int(segment.byte(12) >> 4) * 4
        guard headerLength >= 20 else { return header.fail(.malformed) }
        header.sourcePort = segment.big16(0)
        header.destinationPort = segment.big16(2)
        header.sequence = segment.big32(4)
        header.acknowledgement = segment.big32(8)
        header.tcpFlags = TCPFlags(rawValue: segment.byte(13))
        header.window = segment.big16(14)
        // Options beyond the end of the packet are an attack or a bug; beyond what was captured they are just not known.
        guard cursor.offset + headerLength <= cursor.wireEnd else { return header.fail(.malformed) }
        header.transportHeaderLength = cursor.has(headerLength) ? UInt8(headerLength) : 0
        cursor.offset += headerLength
        return finish(.tcp, cursor, &header)
    }

    /// RFC 768.
    private func udp(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(8) else { return header.fail(.truncated) }
        let datagram = cursor.pointer
        header.sourcePort = datagram.big16(0)
        header.destinationPort = datagram.big16(2)
        let length = Int(datagram.big16(4))
        // 0 stands for "longer than can be written" (RFC 2675), and is what offload leaves there.
        if length != 0 {
            guard length >= 8 else { return header.fail(.malformed) }
            if cursor.offset + length < cursor.wireEnd { cursor.limit(to: cursor.offset + length) }
        }
        header.transportHeaderLength = 8
        cursor.offset += 8
        _ = finish(.udp, cursor, &header)
        if header.destinationPort == vxlanPorts.0 || header.destinationPort == vxlanPorts.1 {
            return vxlan(&cursor)
        }
        return header.destinationPort == genevePort ? geneve(&cursor) : .done
    }

    /// RFC 792 and RFC 4443. Echo requests and replies are told apart by their identifier, as if it were a port.
    private func icmp(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(4) else { return header.fail(.truncated) }
        let type = cursor.pointer.byte(0)
        let isEcho = header.ipVersion == 4 ? type == 8 || type == 0 : type == 128 || type == 129
        if isEcho, cursor.has(8) {
            header.sourcePort = cursor.pointer.big16(4)
            header.destinationPort = header.sourcePort
        }
        return finish(.icmp, cursor, &header)
    }

    /// RFC 7348, 5.
    private func vxlan(_ cursor: inout FrameCursor) -> NextHeader {
        guard cursor.has(8), cursor.pointer.byte(0) & 0x08 != 0 else { return .done }
        let network = cursor.pointer.big32(4) >> 8
        cursor.offset += 8
        return .tunnel(.ethernet, identifier: TunnelKind.vxlan.identifier(network))
    }

    /// RFC 8926, 3.4.
    private func geneve(_ cursor: inout FrameCursor) -> NextHeader {
        guard cursor.has(8), cursor.pointer.byte(0) >> 6 == 0 else { return .done }
        let options = Int(cursor.pointer.byte(0) & 0x3F) * 4
        let type = cursor.pointer.big16(2)
        let network = cursor.pointer.big32(4) >> 8
        guard cursor.has(8 + options) else { return .done }
        cursor.offset += 8 + options
        return .tunnel(.etherType(type), identifier: TunnelKind.geneve.identifier(network))
    }

    /// RFC 2784 and RFC 2890. Version 1 (PPTP) stays closed.
    private func gre(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        _ = finish(.otherIP, cursor, &header)
        guard cursor.has(4) else { return .done }
        let flags = cursor.pointer.big16(0)
        let type = cursor.pointer.big16(2)
        guard flags & 7 == 0, flags & 0x4000 == 0 else { return .done }
        var length = 4
        if flags & 0x8000 != 0 { length += 4 }
        var key: UInt32 = 0
        if flags & 0x2000 != 0 {
            guard cursor.has(length + 4) else { return .done }
            key = cursor.pointer.big32(length)
            length += 4
        }
        if flags & 0x1000 != 0 { length += 4 }
        if type == 0x88BE, flags & 0x1000 != 0 {  // ERSPAN II: eight bytes of its own, then Ethernet
            guard cursor.has(length + 8) else { return .done }
            cursor.offset += length + 8
            return .tunnel(.ethernet, identifier: TunnelKind.gre.identifier(key))
        }
        guard cursor.has(length) else { return .done }
        cursor.offset += length
        return .tunnel(.etherType(type), identifier: TunnelKind.gre.identifier(key))
    }
}

/// What makes equal network identifiers of different tunnels different.
enum TunnelKind: UInt32 {
    case vxlan = 1
    case geneve, gre, ipInIP

    func identifier(_ network: UInt32) -> UInt32 { rawValue << 28 ^ network }
}
