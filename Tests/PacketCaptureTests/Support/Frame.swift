import PacketCapture

/// Makes packets, layer around layer: `Frame.tcp(…).ipv4(…).ethernet()`.
struct Frame {
    var bytes: [UInt8]

    static func tcp(
        _ sourcePort: UInt16, _ destinationPort: UInt16, sequence: UInt32 = 1, acknowledgement: UInt32 = 0,
        flags: TCPFlags = .ack, window: UInt16 = 8192, options: [UInt8] = [], payload: [UInt8] = []
    ) -> Frame {
        var bytes = big(sourcePort) + big(destinationPort) + big(sequence) + big(acknowledgement)
        bytes += [UInt8(5 + options.count / 4) << 4, flags.rawValue] + big(window) + [0, 0, 0, 0]
        return Frame(bytes: bytes + options + payload)
    }

    static func udp(_ sourcePort: UInt16, _ destinationPort: UInt16, payload: [UInt8] = [], length: UInt16? = nil)
        -> Frame
    {
        Frame(
            bytes: big(sourcePort) + big(destinationPort) + big(length ?? UInt16(truncatingIfNeeded: 8 + payload.count))
                + [0, 0] + payload)
    }

    static func icmpEcho(type: UInt8, identifier: UInt16, sequence: UInt16 = 1) -> Frame {
        Frame(bytes: [type, 0, 0, 0] + big(identifier) + big(sequence) + [1, 2, 3, 4])
    }

    /// Around anything: `totalLength` 0 is what segmentation offload leaves there.
    func ipv4(
        _ source: String = "10.0.0.1", _ destination: String = "10.0.0.2", protocol number: UInt8 = 6,
        identification: UInt16 = 7, fragment: UInt16 = 0, totalLength: UInt16? = nil, options: [UInt8] = []
    ) -> Frame {
        let length = totalLength ?? UInt16(truncatingIfNeeded: 20 + options.count + bytes.count)
        let header: [UInt8] =
            [UInt8(0x45 + options.count / 4), 0] + big(length) + big(identification) + big(fragment) + [
                64, number, 0, 0,
            ]
        return Frame(bytes: header + Self.address4(source) + Self.address4(destination) + options + bytes)
    }

    func ipv6(
        _ source: String = "2001:db8::1", _ destination: String = "2001:db8::2", next: UInt8 = 6,
        payloadLength: UInt16? = nil
    ) -> Frame {
        let length = payloadLength ?? UInt16(truncatingIfNeeded: bytes.count)
        return Frame(
            bytes: [0x60, 0, 0, 0] + big(length) + [next, 64] + Self.address6(source) + Self.address6(destination)
                + bytes)
    }

    /// Around IPv4 or IPv6, as its first four bits say, or a type given.
    func ethernet(type: UInt16? = nil, vlans: [UInt16] = []) -> Frame {
        let type = type ?? (bytes.first.map { $0 >> 4 } == 6 ? 0x86DD : 0x0800)
        var header: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        for (index, vlan) in vlans.enumerated() {
            header += big(UInt16(index + 1 < vlans.count ? 0x88A8 : 0x8100)) + big(vlan)
        }
        return Frame(bytes: header + big(type) + bytes)
    }

    func prefixed(_ header: [UInt8]) -> Frame { Frame(bytes: header + bytes) }
    func padded(to count: Int) -> Frame {
        Frame(bytes: bytes + Array(repeating: 0, count: max(0, count - bytes.count)))
    }

    static func address4(_ text: String) -> [UInt8] { big(UInt32(truncatingIfNeeded: IPAddress(text)?.low ?? 0)) }
    static func address6(_ text: String) -> [UInt8] {
        let address = IPAddress(text) ?? .unspecified
        return big(address.high) + big(address.low)
    }

    /// Runs `body` with the frame as a captured packet.
    func withPacket<Result>(
        linkType: LinkType = .ethernet, time: Int64 = 0, wireLength: Int? = nil, captured: Int? = nil,
        interface: UInt16 = 0, metadataVLAN: UInt16 = CapturedPacket.noVLAN, direction: PacketDirection = .unknown,
        _ body: (CapturedPacket) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { all in
            let kept = UnsafeRawBufferPointer(rebasing: all.prefix(captured ?? all.count))
            return try body(
                CapturedPacket(
                    bytes: kept, time: time, wireLength: UInt32(wireLength ?? bytes.count), interface: interface,
                    linkType: linkType, metadataVLAN: metadataVLAN, direction: direction))
        }
    }

    /// What the decoder says about it, without pointers.
    func decoded(
        linkType: LinkType = .ethernet, wireLength: Int? = nil, captured: Int? = nil,
        metadataVLAN: UInt16 = CapturedPacket.noVLAN
    ) -> DecodedFrame {
        withPacket(linkType: linkType, wireLength: wireLength, captured: captured, metadataVLAN: metadataVLAN) {
            DecodedFrame(LinkDecoder().decode($0))
        }
    }
}

/// The parts of a ``PacketHeader`` that tests compare as a whole.
struct DecodedFrame: Equatable {
    var kind: PacketKind
    var reason = UndecodableReason.none
    var source = ""
    var destination = ""
    var ports: [UInt16] = [0, 0]
    var payload: [UInt8] = []
    var missing: UInt32 = 0
    var vlans: [UInt16] = []
    var isTunnelled = false

    init(
        _ kind: PacketKind, reason: UndecodableReason = .none, source: String = "", destination: String = "",
        ports: [UInt16] = [0, 0], payload: [UInt8] = [], missing: UInt32 = 0, vlans: [UInt16] = [],
        isTunnelled: Bool = false
    ) {
        (self.kind, self.reason, self.source, self.destination) = (kind, reason, source, destination)
        (self.ports, self.payload, self.missing, self.vlans) = (ports, payload, missing, vlans)
        self.isTunnelled = isTunnelled
    }

    init(_ header: PacketHeader) {
        kind = header.kind
        reason = header.reason
        if header.ipVersion != 0 {
            source = header.source.description
            destination = header.destination.description
        }
        ports = [header.sourcePort, header.destinationPort]
        payload = Array(header.payload)
        missing = header.missingBytes
        vlans = [header.outerVLAN, header.innerVLAN].compactMap(\.self)
        isTunnelled = header.tunnel != 0
    }
}

func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
