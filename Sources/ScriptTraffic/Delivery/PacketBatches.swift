internal import PacketCapture
internal import ScriptRuntime

/// Captured packets on their way into batches, each of packets of one interface.
struct PacketBatches {
    /// The names of the interfaces, by the numbers that packets have; without a name it is not known.
    var interfaces: [String] = []
    private var full: [PacketBatch] = []
    private var current = PacketBatch()
    private var currentInterface: UInt16 = 0

    /// Full batches.
    var count: Int { full.count }

    /// Takes a packet and what its headers say.
    mutating func take(_ packet: CapturedPacket, _ header: PacketHeader) {
        if packet.interface != currentInterface || current.isEmpty { begin(packet.interface) }
        let nanoseconds: Int64 = 1_000_000_000
        let (second, rest) = packet.time.quotientAndRemainder(dividingBy: nanoseconds)
        current.append(
            seconds: second, nanoseconds: Int32(truncatingIfNeeded: rest), captureLength: packet.bytes.count,
            length: Int(packet.wireLength), isFragment: header.isFragment, route: PacketRoute(header))
        if current.isFull { close() }
    }

    /// The full batches.
    mutating func takeFull() -> [PacketBatch] {
        defer { full = [] }
        return full
    }

    /// All batches, also the one that is not full.
    mutating func takeAll() -> [PacketBatch] {
        close()
        return takeFull()
    }

    private mutating func begin(_ interface: UInt16) {
        close()
        currentInterface = interface
        let name = interfaces.indices.contains(Int(interface)) ? interfaces[Int(interface)] : ""
        current.interface = name.isEmpty ? nil : name
    }

    private mutating func close() {
        guard !current.isEmpty else { return }
        full.append(current)
        current = PacketBatch()
    }
}

extension PacketRoute {
    /// What a packet's headers say; nothing for a packet that is none of IP.
    init(_ header: PacketHeader) {
        self.init()
        guard header.ipVersion != 0 else { return }
        source = Address(high: header.source.high, low: header.source.low)
        destination = Address(high: header.destination.high, low: header.destination.low)
        ipProtocol = header.ipProtocol
        switch header.kind {
        case .tcp, .udp, .sctp:
            sourcePort = header.sourcePort
            destinationPort = header.destinationPort
        case .icmp, .otherIP, .fragment, .undecodable: break
        }
    }
}
