import PacketCapture
import Testing

/// `10.0.0.1:1 → 10.0.0.2:2` with three bytes of payload, in all wrappings.
private let inner = Frame.tcp(1, 2, payload: [7, 8, 9]).ipv4()
private let expected = DecodedFrame(
    .tcp, source: "10.0.0.1", destination: "10.0.0.2", ports: [1, 2], payload: [7, 8, 9])

@Suite("Decoding")
struct LinkDecoderTests {
    @Test("the same packet is found behind every link layer")
    func linkLayers() {
        #expect(inner.ethernet().decoded() == expected)
        #expect(inner.decoded(linkType: .raw) == expected)
        #expect(inner.decoded(linkType: LinkType(rawValue: 12)) == expected)
        #expect(inner.decoded(linkType: .ipv4) == expected)
        #expect(inner.prefixed([2, 0, 0, 0]).decoded(linkType: .null) == expected)
        #expect(inner.prefixed([0, 0, 0, 2]).decoded(linkType: .loop) == expected)
        let address: [UInt8] = [0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]
        #expect(inner.prefixed([0, 4] + address + [8, 0]).decoded(linkType: .linuxSLL) == expected)
        #expect(
            inner.prefixed([8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0])
                .decoded(linkType: .linuxSLL2) == expected)
        #expect(inner.ethernet(type: 0x0800).padded(to: 64).decoded() == expected)
        #expect(inner.prefixed([0, 1, 0x41, 0xFF]).ethernet(type: 0x8847).decoded() == expected)
        let session: [UInt8] = [0x11, 0, 0, 1] + big(UInt16(inner.bytes.count + 2)) + [0, 0x21]
        #expect(inner.prefixed(session).ethernet(type: 0x8864).padded(to: 90).decoded() == expected)
        #expect(inner.prefixed([0xAA, 0xAA, 3, 0, 0, 0, 8, 0]).ethernet(type: 51).decoded() == expected)
        let log: [UInt8] = [2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 3, 0] + little(UInt16(inner.bytes.count + 4)) + [9, 0]
        #expect(inner.prefixed(log).decoded(linkType: .nflog) == expected)
    }

    @Test("a cooked packet tells its direction")
    func direction() {
        let frame = inner.prefixed([0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0])
        frame.withPacket(linkType: .linuxSLL) { #expect(LinkDecoder().decode($0).direction == .outbound) }
        let other = inner.prefixed([8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0])
        other.withPacket(linkType: .linuxSLL2) { #expect(LinkDecoder().decode($0).direction == .inbound) }
    }

    @Test("a VLAN tag beside the frame and one inside it give the same result")
    func metadataVLAN() {
        var tagged = expected
        tagged.vlans = [42]
        #expect(inner.ethernet(vlans: [42]).decoded() == tagged)
        #expect(inner.ethernet(vlans: [0x6000 | 42]).decoded() == tagged)
        #expect(inner.ethernet().decoded(metadataVLAN: 0x6000 | 42) == tagged)
        tagged.vlans = [42, 7]
        #expect(inner.ethernet(vlans: [42, 7]).decoded() == tagged)
        #expect(inner.ethernet(vlans: [7]).decoded(metadataVLAN: 42) == tagged)
        tagged.vlans = [0]
        #expect(inner.ethernet(vlans: [0]).decoded() == tagged)
    }

    @Test("tunnels are followed to the packet inside")
    func tunnels() {
        var tunnelled = expected
        tunnelled.isTunnelled = true
        let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 5, 0]
        for port: UInt16 in [4789, 8472] {
            let outer = Frame.udp(40000, port, payload: vxlan + inner.ethernet().bytes)
            #expect(outer.ipv4("1.1.1.1", "2.2.2.2", protocol: 17).ethernet().decoded() == tunnelled)
        }
        let geneve = Frame.udp(
            40000, 6081, payload: [1, 0, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 3, 4] + inner.ethernet().bytes)
        #expect(geneve.ipv6(next: 17).ethernet().decoded() == tunnelled)
        #expect(inner.ipv4("1.1.1.1", "2.2.2.2", protocol: 4).ethernet().decoded() == tunnelled)
        #expect(inner.ipv6(next: 4).ethernet().decoded() == tunnelled)
        let gre = inner.prefixed([0x20, 0, 8, 0, 0, 0, 0, 9])
        #expect(gre.ipv4("1.1.1.1", "2.2.2.2", protocol: 47).ethernet().decoded() == tunnelled)
        let bridged = inner.ethernet().prefixed([0, 0, 0x65, 0x58])
        #expect(bridged.ipv4("1.1.1.1", "2.2.2.2", protocol: 47).ethernet().decoded() == tunnelled)
    }

    @Test("networks in different tunnels are told apart")
    func tunnelIdentifiers() {
        func identifier(_ network: UInt8, port: UInt16) -> UInt32 {
            Frame.udp(1, port, payload: [8, 0, 0, 0, 0, 0, network, 0] + inner.ethernet().bytes).ipv4(protocol: 17)
                .ethernet().withPacket { LinkDecoder().decode($0).tunnel }
        }
        #expect(identifier(1, port: 4789) != identifier(2, port: 4789))
        #expect(identifier(1, port: 4789) == identifier(1, port: 8472))
    }

    @Test("a tunnel whose inside cannot be read is described by its outside")
    func unreadableTunnels() {
        let payload: [UInt8] = [8, 0, 0, 0, 0, 0, 5, 0, 1, 2, 3]
        #expect(
            Frame.udp(9, 4789, payload: payload).ipv4(protocol: 17).ethernet().decoded()
                == DecodedFrame(
                    .udp, source: "10.0.0.1", destination: "10.0.0.2", ports: [9, 4789], payload: payload))
        #expect(
            Frame(bytes: [0, 0, 8, 0, 0x45]).ipv4(protocol: 47).ethernet().decoded()
                == DecodedFrame(.otherIP, source: "10.0.0.1", destination: "10.0.0.2", payload: [0, 0, 8, 0, 0x45]))
    }

    @Test("IPv6's extension headers are passed over, also a fragment header of a whole datagram")
    func extensionHeaders() {
        let tcp = Frame.tcp(1, 2, payload: [7])
        let chain: [UInt8] =
            [43, 0, 1, 4, 0, 0, 0, 0] + [60, 0, 0, 0, 0, 0, 0, 0] + [51, 0, 1, 4, 0, 0, 0, 0]
            + [44, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [6, 0, 0, 0, 0, 0, 0, 9]
        #expect(
            tcp.prefixed(chain).ipv6(next: 0).ethernet().decoded()
                == DecodedFrame(.tcp, source: "2001:db8::1", destination: "2001:db8::2", ports: [1, 2], payload: [7]))
    }

    @Test("lengths of 0 stand for the frame's own: offload, BIG TCP, jumbograms")
    func offload() {
        let payload = Array(repeating: UInt8(5), count: 80_000)
        let tcp = Frame.tcp(1, 2, payload: payload)
        let four = tcp.ipv4(totalLength: 0).ethernet().decoded()
        #expect(four.payload.count == 80_000 && four.missing == 0)
        let six = tcp.prefixed([6, 0, 0xC2, 4] + big(UInt32(tcp.bytes.count + 8))).ipv6(next: 0, payloadLength: 0)
        #expect(six.ethernet().decoded().payload.count == 80_000)
        let udp = Frame.udp(1, 2, payload: payload, length: 0).ipv4(protocol: 17, totalLength: 0)
        #expect(udp.ethernet().decoded().payload.count == 80_000)
        // 64 KB in one frame, with its true length
        let gso = Frame.tcp(1, 2, payload: Array(payload[..<65_000])).ipv4().ethernet().decoded()
        #expect(gso.payload.count == 65_000 && gso.missing == 0)
    }

    @Test("what the snap length cut is counted as missing, and Ethernet's padding is no payload")
    func lengths() {
        let frame = Frame.tcp(1, 2, payload: Array(repeating: 1, count: 100)).ipv4().ethernet()
        var cut = frame.decoded(captured: 64)
        #expect(cut.payload.count == 10 && cut.missing == 90)
        cut = frame.decoded(captured: 54)
        #expect(cut.payload.isEmpty && cut.missing == 100)
        #expect(frame.decoded(captured: 53).reason == .truncated)
        let small = Frame.udp(1, 2, payload: [9]).ipv4(protocol: 17).ethernet().padded(to: 60).decoded()
        #expect(small.payload == [9] && small.missing == 0)
    }

    @Test("fragments are flagged, and the first one shows its ports")
    func fragments() {
        let piece = Frame.udp(53, 99, payload: Array(repeating: 3, count: 16), length: 4000)
        let first = piece.ipv4(protocol: 17, identification: 9, fragment: 0x2000).ethernet()
        first.withPacket { packet in
            let header = LinkDecoder().decode(packet)
            #expect(header.kind == .fragment && header.isFragment && header.moreFragments)
            #expect(header.sourcePort == 53 && header.destinationPort == 99 && header.payload.count == 24)
        }
        let later = piece.prefixed([17, 0, 0, 0x10, 0, 0, 0, 5]).ipv6(next: 44).ethernet()
        later.withPacket { packet in
            let header = LinkDecoder().decode(packet)
            #expect(header.kind == .fragment && header.fragmentOffset == 16 && !header.moreFragments)
            #expect(header.identification == 5 && header.ipProtocol == 17 && header.sourcePort == 0)
        }
    }

    @Test("ICMP echo requests and replies share their identifier as a port")
    func icmp() {
        let request = Frame.icmpEcho(type: 8, identifier: 77).ipv4(protocol: 1).ethernet().decoded()
        #expect(request.kind == .icmp && request.ports == [77, 77] && request.payload.count == 12)
        #expect(Frame.icmpEcho(type: 3, identifier: 77).ipv4(protocol: 1).ethernet().decoded().ports == [0, 0])
        #expect(Frame.icmpEcho(type: 128, identifier: 77).ipv6(next: 58).ethernet().decoded().ports == [77, 77])
    }

    @Test("what is broken is said to be, each with its reason")
    func broken() {
        func reason(_ frame: Frame, _ type: LinkType = .ethernet) -> UndecodableReason {
            let decoded = frame.decoded(linkType: type)
            return decoded.kind == .undecodable ? decoded.reason : .none
        }
        #expect(reason(Frame(bytes: [])) == .truncated)
        #expect(reason(Frame(bytes: [1, 2, 3])) == .truncated)
        #expect(reason(Frame(bytes: [0, 1, 2, 3]).ethernet(type: 0x0806)) == .notIP)
        #expect(reason(inner, LinkType(rawValue: 253)) == .linkType)
        #expect(reason(Frame(bytes: [0x45, 0, 0, 20]).ethernet()) == .truncated)
        #expect(reason(Frame(bytes: [0x55]).ethernet(type: 0x0800)) == .malformed)
        #expect(reason(Frame.tcp(1, 2).ipv4(totalLength: 10).ethernet()) == .malformed)
        #expect(reason(Frame(bytes: Array(repeating: 0, count: 20)).ipv4().ethernet()) == .malformed)
        #expect(reason(Frame.udp(1, 2, length: 7).ipv4(protocol: 17).ethernet()) == .malformed)
        let tags = Array(repeating: UInt16(1), count: 40)
        #expect(reason(inner.ethernet(vlans: tags)) == .tooDeep)
    }
}
