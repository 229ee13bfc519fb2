internal import Dissection
internal import PacketCapture

/// Frames of any link type.
enum PacketFuzzing {
    private static let linkTypes: [LinkType] = [
        .ethernet, .raw, .linuxSLL, .linuxSLL2, .null, .loop, .ipv4, .ipv6, .nflog, LinkType(rawValue: 999),
    ]

    /// The byte that chooses a link type; one that none reads for others.
    static func number(of linkType: LinkType) -> UInt8 {
        UInt8(linkTypes.firstIndex(of: linkType) ?? linkTypes.count - 1)
    }

    /// The first byte chooses the link type, the second how much longer the packet was on the wire. What the decoder
    /// points to lies within the packet.
    static func decode(_ input: [UInt8]) {
        guard input.count >= 2 else { return }
        let linkType = linkTypes[Int(input[0]) % linkTypes.count]
        Array(input[2...]).withUnsafeBytes { bytes in
            let packet = CapturedPacket(
                bytes: bytes, time: 1, wireLength: UInt32(bytes.count) + UInt32(input[1]), interface: 0,
                linkType: linkType, metadataVLAN: input[1] & 1 == 0 ? CapturedPacket.noVLAN : UInt16(input[1]))
            check(LinkDecoder().decode(packet), within: bytes)
        }
    }

    private static func check(_ header: PacketHeader, within bytes: UnsafeRawBufferPointer) {
        func isWithin(_ part: UnsafeRawBufferPointer) -> Bool {
            guard part.count > 0, let start = part.baseAddress, let base = bytes.baseAddress else {
                return part.count == 0
            }
            return start >= base && start + part.count <= base + bytes.count
        }
        precondition(isWithin(header.payload), "the payload of \(header) is not in the packet")
        precondition(isWithin(header.transportHeader), "the transport header of \(header) is not in the packet")
        precondition((header.kind == .undecodable) == (header.reason != .none), "\(header)")
        precondition(header.kind == .undecodable || header.ipVersion == 4 || header.ipVersion == 6, "\(header)")
    }

    /// Operations of a ``Script``: the lower bits are the link type, with 0x80 time passes instead.
    static let passes: UInt8 = 0x80

    /// Frames one after the other, through everything. Every packet and every byte is in one place at the end.
    static func traffic(_ input: [UInt8]) {
        var settings = DissectionSettings()
        settings.enabled = DissectionSettings.known
        settings.bodyLimit = 512
        settings.headLimit = 1_024
        var limits = FlowLimits()
        limits.flows = 32
        limits.heldBytes = 32 << 10
        limits.heldBytesPerStream = 8 << 10
        limits.fragmentedDatagrams = 4
        var traffic = TrafficDissector(settings, limits: limits)
        var time: Int64 = 1_700_000_000_000_000_000
        Script.forEach(input, takesBytes: { $0 & passes == 0 }) { step, bytes in
            guard step.operation & passes == 0 else {
                time &+= Int64(step.amount) << Int64(step.operation & 0x1f)
                if step.operation & 0x40 != 0 { traffic.advance(to: time) }
                return
            }
            time &+= 1_000
            let header = traffic.process(
                CapturedPacket(
                    bytes: bytes, time: time, wireLength: UInt32(max(step.amount, bytes.count)), interface: 0,
                    linkType: linkTypes[Int(step.operation) % linkTypes.count]))
            if !header.isFragment { check(header, within: bytes) }
        }
        traffic.finish()
        precondition(traffic.flowCounters.violations.isEmpty, "\(traffic.flowCounters.violations)")
        precondition(traffic.flowCounters.held == 0 && traffic.flowCounters.flowsOpen == 0, "something is left")
        let counters = traffic.counters
        traffic.drain { ItemFuzzing.check($0, counters, of: input) }
    }
}
