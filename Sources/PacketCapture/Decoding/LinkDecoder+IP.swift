extension LinkDecoder {
    func ip(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(1) else { return header.fail(.truncated) }
        switch cursor.pointer.byte(0) >> 4 {
        case 4: return ipv4(&cursor, &header)
        case 6: return ipv6(&cursor, &header)
        default: return header.fail(.malformed)
        }
    }

    /// RFC 791, 3.1.
    private func ipv4(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(20) else { return header.fail(.truncated) }
        let packet = cursor.pointer
        let headerLength = Int(packet.byte(0) & 15) * 4
        guard headerLength >= 20 else { return header.fail(.malformed) }
        let totalLength = Int(packet.big16(2))
        // 0 is what segmentation offload and BIG TCP leave there: then the frame's length counts. Any other length
        // below the header's is wrong.
        if totalLength != 0 {
            guard totalLength >= headerLength else { return header.fail(.malformed) }
            cursor.limit(to: cursor.offset + totalLength)
        }
        guard cursor.has(headerLength) else { return header.fail(.truncated) }
        header.ipVersion = 4
        header.ipProtocol = packet.byte(9)
        header.source = IPAddress(ipv4: packet.big32(12))
        header.destination = IPAddress(ipv4: packet.big32(16))
        header.identification = UInt32(packet.big16(4))
        let fragment = packet.big16(6)
        cursor.offset += headerLength
        if fragment & 0x3FFF != 0 {
            header.fragmentOffset = UInt32(fragment & 0x1FFF) * 8
            header.moreFragments = fragment & 0x2000 != 0
            return fragmentFound(cursor, &header)
        }
        return .transport(header.ipProtocol)
    }

    /// RFC 8200, 3 and 4.
    private func ipv6(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(40) else { return header.fail(.truncated) }
        let packet = cursor.pointer
        let payloadLength = Int(packet.big16(4))
        var next = packet.byte(6)
        header.ipVersion = 6
        header.source = IPAddress(ipv6: packet + 8)
        header.destination = IPAddress(ipv6: packet + 24)
        // 0 announces a jumbogram (RFC 2675), or is what offload leaves there: then the frame's length counts.
        if payloadLength != 0 { cursor.limit(to: cursor.offset + 40 + payloadLength) }
        cursor.offset += 40
        for _ in 0..<16 {
            switch next {
            case 0, 43, 60, 135:  // hop-by-hop, routing, destination options, mobility
                guard cursor.has(8) else { return header.fail(.truncated) }
                next = cursor.pointer.byte(0)
                cursor.offset += (Int(cursor.pointer.byte(1)) + 1) * 8
            case 51:  // authentication
                guard cursor.has(8) else { return header.fail(.truncated) }
                next = cursor.pointer.byte(0)
                cursor.offset += (Int(cursor.pointer.byte(1)) + 2) * 4
            case 44:
                guard cursor.has(8) else { return header.fail(.truncated) }
                next = cursor.pointer.byte(0)
                let offset = cursor.pointer.big16(2)
                header.identification = cursor.pointer.big32(4)
                cursor.offset += 8
                // A datagram in one "atomic" fragment (RFC 6946) needs no reassembly.
                guard offset & 0xFFF9 != 0 else { continue }
                header.ipProtocol = next
                header.fragmentOffset = UInt32(offset & 0xFFF8)
                header.moreFragments = offset & 1 != 0
                return fragmentFound(cursor, &header)
            default:
                header.ipProtocol = next
                guard cursor.offset <= cursor.end else { return header.fail(.truncated) }
                return .transport(next)
            }
        }
        return header.fail(.tooDeep)
    }

    /// A fragment is not looked into any further, but the first one shows its ports.
    private func fragmentFound(_ cursor: FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.offset <= cursor.end else { return header.fail(.truncated) }
        header.kind = .fragment
        header.isFragment = true
        header.payload = cursor.rest
        header.missingBytes = cursor.missing
        if header.fragmentOffset == 0, cursor.has(4), [6, 17, 132].contains(header.ipProtocol) {
            header.sourcePort = cursor.pointer.big16(0)
            header.destinationPort = cursor.pointer.big16(2)
        }
        return .done
    }
}
