/// Packets of an HTTP connection as a capture would have them: handshake, requests and responses, end.
package struct HTTPConversation {
    /// A packet: when it was captured (nanoseconds since 1970), and its Ethernet frame.
    package struct Packet {
        package var time: Int64
        package var bytes: [UInt8]
    }

    /// The packets, in the order of time.
    package private(set) var packets: [Packet] = []
    private let client: (address: [UInt8], port: UInt16)
    private let server: (address: [UInt8], port: UInt16)
    private var time: Int64
    private let step: Int64
    private var sequences: [UInt32] = [1000, 9000]

    /// Makes a connection that asks for each path and gets the status beside it.
    package init(
        client: String = "10.0.0.1", port: UInt16 = 40_000, server: String = "10.0.0.2", serverPort: UInt16 = 80,
        start: Int64 = 1_700_000_000_000_000_000, step: Int64 = 1_000_000, requests: [(path: String, status: Int)]
    ) {
        self.client = (Self.address(client), port)
        self.server = (Self.address(server), serverPort)
        time = start
        self.step = step
        add(fromClient: true, flags: 0x02)
        add(fromClient: false, flags: 0x12)
        add(fromClient: true, flags: 0x10)
        for (path, status) in requests {
            add(fromClient: true, flags: 0x18, "GET \(path) HTTP/1.1\r\nHost: shop\r\n\r\n")
            add(fromClient: false, flags: 0x18, "HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\nok")
        }
        add(fromClient: true, flags: 0x11)
        add(fromClient: false, flags: 0x11)
        add(fromClient: true, flags: 0x10)
    }

    private mutating func add(fromClient: Bool, flags: UInt8, _ payload: String = "") {
        let (from, to) = fromClient ? (client, server) : (server, client)
        let own = fromClient ? 0 : 1
        let acknowledgement = flags & 0x10 == 0 ? 0 : sequences[1 - own]
        var tcp = Self.big(from.port) + Self.big(to.port) + Self.big(sequences[own]) + Self.big(acknowledgement)
        tcp += [0x50, flags] + Self.big(UInt16(8192)) + [0, 0, 0, 0] + Array(payload.utf8)
        var ip: [UInt8] = [0x45, 0] + Self.big(UInt16(20 + tcp.count)) + [0, 7, 0, 0, 64, 6, 0, 0]
        ip += from.address + to.address
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
        packets.append(Packet(time: time, bytes: ethernet + ip + tcp))
        sequences[own] &+= UInt32(payload.utf8.count) + (flags & 0x03 == 0 ? 0 : 1)
        time += step
    }

    private static func address(_ text: String) -> [UInt8] { text.split(separator: ".").compactMap { UInt8($0) } }

    private static func big(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// A pcap file (nanoseconds, Ethernet) of several connections, in the order of time.
    package static func pcap(_ conversations: [HTTPConversation]) -> [UInt8] {
        func little(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        var file = little(UInt32(0xa1b2_3c4d)) + [2, 0, 4, 0] + little(UInt64(0)) + little(UInt32(262_144))
        file += little(UInt32(1))
        for packet in conversations.flatMap(\.packets).sorted(by: { $0.time < $1.time }) {
            file += little(UInt32(packet.time / 1_000_000_000)) + little(UInt32(packet.time % 1_000_000_000))
            file += little(UInt32(packet.bytes.count)) + little(UInt32(packet.bytes.count)) + packet.bytes
        }
        return file
    }
}
