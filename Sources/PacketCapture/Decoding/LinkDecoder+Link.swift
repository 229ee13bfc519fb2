extension LinkDecoder {
    func linkLayer(_ cursor: inout FrameCursor, _ type: LinkType, _ header: inout PacketHeader) -> NextHeader {
        switch type {
        case .ethernet: return .ethernet
        case .linuxSLL:
            guard cursor.has(16) else { return header.fail(.truncated) }
            if header.direction == .unknown { header.direction = direction(ofPacketType: cursor.pointer.big16(0)) }
            let next = cursor.pointer.big16(14)
            cursor.offset += 16
            return .etherType(next)
        case .linuxSLL2:
            guard cursor.has(20) else { return header.fail(.truncated) }
            if header.direction == .unknown {
                header.direction = direction(ofPacketType: UInt16(cursor.pointer.byte(10)))
            }
            let next = cursor.pointer.big16(0)
            cursor.offset += 20
            return .etherType(next)
        case .null, .loop:
            // The address family's number depends on the system that captured, its byte order (of NULL) too; what
            // follows says itself whether it is IP.
            guard cursor.has(5) else { return header.fail(.truncated) }
            cursor.offset += 4
            return .ip
        case .ipv4, .ipv6: return .ip
        case .nflog: return netfilterLog(&cursor, &header)
        case let type where type.isRawIP: return .ip
        default: return header.fail(.linkType)
        }
    }

    /// Linux's packet types: 4 is what this host sent, the smaller ones came in.
    private func direction(ofPacketType type: UInt16) -> PacketDirection {
        type == 4 ? .outbound : type < 4 ? .inbound : .unknown
    }

    /// NFLOG: a family byte, a version, and values of which number 9 is the packet.
    private func netfilterLog(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(4) else { return header.fail(.truncated) }
        cursor.offset += 4
        while cursor.has(4) {
            // In the byte order of the capturing host; all that Remora runs on are little-endian.
            let length = Int(UInt16(littleEndian: cursor.pointer.native16(0)))
            let type = UInt16(littleEndian: cursor.pointer.native16(2))
            guard length >= 4 else { return header.fail(.malformed) }
            if type == 9 {
                cursor.limit(to: min(cursor.offset + length, cursor.wireEnd))
                cursor.offset += 4
                return .ip
            }
            cursor.offset += (length + 3) & ~3
        }
        return header.fail(.truncated)
    }

    func ethernet(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        guard cursor.has(14) else { return header.fail(.truncated) }
        let type = cursor.pointer.big16(12)
        cursor.offset += 14
        return .etherType(type)
    }

    func etherType(_ type: UInt16, _ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        switch type {
        case 0x0800, 0x86DD: return .ip
        case 0x8100, 0x88A8, 0x9100:  // 802.1Q, 802.1ad (QinQ), and QinQ before it had a number
            guard cursor.has(4) else { return header.fail(.truncated) }
            header.push(vlan: cursor.pointer.big16(0) & 0xFFF)
            let next = cursor.pointer.big16(2)
            cursor.offset += 4
            return .etherType(next)
        case 0x8847, 0x8848: return mpls(&cursor, &header)
        case 0x8864:  // PPPoE session: six bytes, then the PPP protocol
            guard cursor.has(8) else { return header.fail(.truncated) }
            let length = Int(cursor.pointer.big16(4))
            let ppp = cursor.pointer.big16(6)
            guard ppp == 0x0021 || ppp == 0x0057 else { return header.fail(.notIP) }
            if length >= 2 { cursor.limit(to: min(cursor.offset + 6 + length, cursor.wireEnd)) }
            cursor.offset += 8
            return .ip
        case 0x6558: return .ethernet  // transparent Ethernet bridging
        case ..<0x0600:
            // An 802.3 length: LLC follows. SNAP can carry IP; nothing else is of interest.
            guard cursor.has(8) else { return header.fail(.notIP) }
            guard cursor.pointer.big32(0) == 0xAAAA_0300, cursor.pointer.byte(4) == 0 else {
                return header.fail(.notIP)
            }
            let next = cursor.pointer.big16(6)
            guard next >= 0x0600 else { return header.fail(.notIP) }
            cursor.offset += 8
            return .etherType(next)
        default: return header.fail(.notIP)
        }
    }

    /// MPLS does not say what it carries: after the last label, IP is known by its version, and Ethernet (pseudowires)
    /// by the control word of zeros before it.
    private func mpls(_ cursor: inout FrameCursor, _ header: inout PacketHeader) -> NextHeader {
        for _ in 0..<16 {
            guard cursor.has(5) else { return header.fail(.truncated) }
            let isLast = cursor.pointer.byte(2) & 1 == 1
            cursor.offset += 4
            guard isLast else { continue }
            switch cursor.pointer.byte(0) >> 4 {
            case 4, 6: return .ip
            case 0:
                guard cursor.has(4) else { return header.fail(.truncated) }
                cursor.offset += 4
                return .ethernet
            default: return header.fail(.notIP)
            }
        }
        return header.fail(.tooDeep)
    }
}
