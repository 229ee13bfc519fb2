/// A capture file in memory: conversations in, pcap or pcapng out. Ethernet and IPv4; a packet each millisecond.
///
/// ```swift
/// var traffic = RecordedTraffic()
/// traffic.converse(serverPort: 80, [.client("GET / HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 204 No Content\r\n\r\n")])
/// traffic.datagram(from: 40_000, to: 53, bytes)
/// try write(traffic.pcap)
/// ```
package struct RecordedTraffic {
    /// What one side of a connection says; more than ``segmentBytes`` becomes several packets.
    package enum Turn {
        case client(String)
        case server(String)
        case clientBytes([UInt8])
        case serverBytes([UInt8])
        /// What the server says is sent and acknowledged, and not captured.
        case lostServerBytes([UInt8])
    }

    /// The payload of a packet of Ethernet with TCP's usual options.
    package static let segmentBytes = 1_448
    /// 2023-11-14T22:13:20Z, in nanoseconds.
    package static let start: Int64 = 1_700_000_000_000_000_000

    /// The frames with their times, in order.
    package private(set) var packets: [(time: Int64, frame: [UInt8])] = []
    /// The time of the next packet.
    package var time = start
    private var nextPort: UInt16 = 40_000

    /// No packets yet.
    package init() {}

    /// A whole TCP connection: handshake, what is said, both ends.
    package mutating func converse(
        serverPort: UInt16, clientAddress: UInt32 = 0x0a00_0001, serverAddress: UInt32 = 0x0a00_0002, _ turns: [Turn],
        closes: Bool = true
    ) {
        var connection = Connection(
            client: Endpoint(address: clientAddress, port: nextPort, sequence: 1_000),
            server: Endpoint(address: serverAddress, port: serverPort, sequence: 5_000))
        nextPort = nextPort == 65_535 ? 40_000 : nextPort + 1
        append(connection.segment(fromClient: true, flags: 0x02))
        append(connection.segment(fromClient: false, flags: 0x12))
        append(connection.segment(fromClient: true, flags: 0x10))
        for turn in turns {
            let (fromClient, bytes, isLost) = turn.parts
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Self.segmentBytes)
                rest = rest.dropFirst(piece.count)
                let frame = connection.segment(fromClient: fromClient, flags: 0x18, Array(piece))
                if !isLost { append(frame) }
                append(connection.segment(fromClient: !fromClient, flags: 0x10))
            }
        }
        guard closes else { return }
        append(connection.segment(fromClient: true, flags: 0x11))
        append(connection.segment(fromClient: false, flags: 0x11))
        append(connection.segment(fromClient: true, flags: 0x10))
    }

    /// A UDP datagram; from 10.0.0.1 if it goes to the lower port, else to it.
    package mutating func datagram(from source: UInt16, to destination: UInt16, _ payload: [UInt8]) {
        let isRequest = destination < source
        let (client, server): (UInt32, UInt32) = (0x0a00_0001, 0x0a00_0002)
        let udp = big(source) + big(destination) + big(UInt16(8 + payload.count)) + [0, 0] + payload
        append(Self.frame(isRequest ? client : server, isRequest ? server : client, 17, udp))
    }

    /// Any other packet of IPv4, as ICMP (1).
    package mutating func packet(ipProtocol: UInt8, _ payload: [UInt8]) {
        append(Self.frame(0x0a00_0001, 0x0a00_0002, ipProtocol, payload))
    }

    private mutating func append(_ frame: [UInt8]) {
        packets.append((time, frame))
        time += 1_000_000
    }

    // MARK: Files

    /// All packets as a pcap file with microseconds.
    package var pcap: [UInt8] {
        var bytes = little(UInt32(0xa1b2_c3d4)) + little(UInt16(2)) + little(UInt16(4))
        bytes += [UInt8](repeating: 0, count: 8) + little(UInt32(262_144)) + little(UInt32(1))
        for (time, frame) in packets {
            let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
            bytes += little(UInt32(seconds)) + little(UInt32(rest / 1_000))
            bytes += little(UInt32(frame.count)) + little(UInt32(frame.count)) + frame
        }
        return bytes
    }

    /// All packets as a pcapng file with nanoseconds, of an interface `eth0`.
    package var pcapng: [UInt8] {
        var bytes = Self.block(
            0x0a0d_0d0a,
            little(UInt32(0x1a2b_3c4d)) + little(UInt16(1)) + little(UInt16(0)) + little(UInt64.max))
        let name = little(UInt16(2)) + little(UInt16(4)) + Array("eth0".utf8)
        let resolution = little(UInt16(9)) + little(UInt16(1)) + [9, 0, 0, 0]
        bytes += Self.block(
            1, little(UInt16(1)) + little(UInt16(0)) + little(UInt32(0)) + name + resolution + little(UInt32(0)))
        for (time, frame) in packets {
            let units = UInt64(bitPattern: time)
            bytes += Self.block(
                6,
                little(UInt32(0)) + little(UInt32(truncatingIfNeeded: units >> 32))
                    + little(UInt32(truncatingIfNeeded: units)) + little(UInt32(frame.count))
                    + little(UInt32(frame.count)) + frame + [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4))
        }
        return bytes
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = little(UInt32(12 + body.count))
        return little(type) + length + body + length
    }

    // MARK: Frames

    private struct Endpoint {
        let address: UInt32
        let port: UInt16
        var sequence: UInt32
    }

    private struct Connection {
        var client: Endpoint
        var server: Endpoint

        /// The next segment of a side; SYN and FIN take a number of their own.
        mutating func segment(fromClient: Bool, flags: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
            let (sender, receiver) = fromClient ? (client, server) : (server, client)
            let acknowledgement = flags & 0x10 != 0 ? receiver.sequence : 0
            var tcp = big(sender.port) + big(receiver.port) + big(sender.sequence) + big(acknowledgement)
            tcp += [0x50, flags] + big(UInt16(64_240)) + [0, 0, 0, 0] + payload
            let taken = UInt32(payload.count) + (flags & 0x03 != 0 ? 1 : 0)
            if fromClient { client.sequence &+= taken } else { server.sequence &+= taken }
            return RecordedTraffic.frame(sender.address, receiver.address, 6, tcp)
        }
    }

    /// Ethernet and IPv4 around a payload.
    private static func frame(
        _ source: UInt32, _ destination: UInt32, _ ipProtocol: UInt8, _ payload: [UInt8]
    ) -> [UInt8] {
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
        let ip: [UInt8] = [0x45, 0] + big(UInt16(20 + payload.count)) + [0, 7, 0, 0, 64, ipProtocol, 0, 0]
        return ethernet + ip + big(source) + big(destination) + payload
    }
}

extension RecordedTraffic.Turn {
    fileprivate var parts: (fromClient: Bool, bytes: [UInt8], isLost: Bool) {
        switch self {
        case .client(let text): (true, Array(text.utf8), false)
        case .server(let text): (false, Array(text.utf8), false)
        case .clientBytes(let bytes): (true, bytes, false)
        case .serverBytes(let bytes): (false, bytes, false)
        case .lostServerBytes(let bytes): (false, bytes, true)
        }
    }
}

private func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
