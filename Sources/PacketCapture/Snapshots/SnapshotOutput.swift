internal import Glibc

/// The file of a snapshot that is written packet by packet: chooses the format, sorts, and carries over what belongs
/// after packets that are still to come.
struct SnapshotOutput: ~Copyable {
    private let path: String
    private let request: SnapshotRequest
    private let interfaces: [CaptureInterface]
    private var linkTypes: Set<LinkType>
    private var writer: PacketFileWriter?
    private var result: SnapshotResult
    /// Packets that are to be sorted in with the next ones; their bytes are in `arena`.
    private(set) var carried: [CapturedPacket] = []
    private var arena: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)

    init(path: String, request: SnapshotRequest, interfaces: [CaptureInterface]) {
        self.path = path
        self.request = request
        self.interfaces = interfaces
        linkTypes = Set(interfaces.map(\.linkType))
        result = SnapshotResult(path: path)
    }

    deinit { arena.deallocate() }

    /// Writes packets in the order of time, equal ones in the order they have; those from `limit` on are kept for the
    /// next call.
    mutating func write(
        _ packets: inout [CapturedPacket], before limit: Int64?
    ) throws(SnapshotError) {
        let isSorted = zip(packets, packets.dropFirst()).allSatisfy { $0.time <= $1.time }
        if !isSorted {
            // Swift's sort is stable.
            packets.sort { $0.time < $1.time }
        }
        // With nothing to come, the packets themselves say whether one link type is enough.
        if writer == nil, limit == nil, !packets.isEmpty { linkTypes = Set(packets.map(\.linkType)) }
        var end = packets.count
        if let limit {
            while end > 0, packets[end - 1].time >= limit { end -= 1 }
        }
        for packet in packets[..<end] { try append(packet) }
        carry(packets[end...])
    }

    private mutating func append(_ packet: CapturedPacket) throws(SnapshotError) {
        if writer == nil { try begin(linkType: packet.linkType) }
        if writer?.isPcapng == false, packet.linkType != linkType { throw .severalLinkTypes }
        result.note(packet.time)
        try writer?.append(packet, interface: UInt32(packet.interface))
    }

    private var linkType: LinkType?

    private mutating func begin(linkType first: LinkType?) throws(SnapshotError) {
        let types = linkTypes
        let isPcapng =
            switch request.format {
            case .pcapng: true
            case .pcap: false
            case .automatic: types.count > 1 || !request.names.isEmpty
            }
        linkType = first ?? types.first ?? .ethernet
        writer =
            isPcapng
            ? try .pcapng(path, interfaces: interfaces, names: request.names)
            : try .pcap(path, linkType: linkType ?? .ethernet)
    }

    private mutating func carry(_ packets: ArraySlice<CapturedPacket>) {
        let size = packets.reduce(0) { $0 + $1.bytes.count }
        let next = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
        var kept: [CapturedPacket] = []
        var offset = 0
        for var packet in packets {
            if let source = packet.bytes.baseAddress, let target = next.baseAddress {
                memcpy(target + offset, source, packet.bytes.count)
            }
            packet.bytes = UnsafeRawBufferPointer(rebasing: next[offset..<offset + packet.bytes.count])
            offset += packet.bytes.count
            kept.append(packet)
        }
        arena.deallocate()
        arena = next
        carried = kept
    }

    /// Completes the file; without any packet it has a header only.
    mutating func finish() throws(SnapshotError) -> SnapshotResult {
        for packet in carried { try append(packet) }
        if writer == nil { try begin(linkType: nil) }
        try writer?.finish()
        result.bytes = writer?.bytesWritten ?? 0
        result.isPcapng = writer?.isPcapng ?? false
        return result
    }
}
