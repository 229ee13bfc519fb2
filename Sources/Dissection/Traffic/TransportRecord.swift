internal import JSON
internal import PacketCapture

/// One TCP segment or UDP datagram as an item of its own, for those who switch `tcp` or `udp` on.
package struct TransportRecord: Sendable, Equatable {
    let transport: ConnectionIdentity.Transport
    let sourcePort: UInt16
    let destinationPort: UInt16
    let sequence: UInt32
    let acknowledgement: UInt32
    let flags: TCPFlags
    let window: UInt16
    /// The header as captured; empty if it was cut.
    let header: [UInt8]
    /// The beginning of the payload.
    let payload: [UInt8]
    /// Bytes of payload on the wire.
    let payloadLength: Int

    /// Copies what the headers say, and up to `limit` bytes of what they carry; nil for other protocols.
    init?(_ packet: PacketHeader, limit: Int) {
        switch packet.kind {
        case .tcp: transport = .tcp
        case .udp: transport = .udp
        default: return nil
        }
        sourcePort = packet.sourcePort
        destinationPort = packet.destinationPort
        sequence = packet.sequence
        acknowledgement = packet.acknowledgement
        flags = packet.tcpFlags
        window = packet.window
        header = Array(packet.transportHeader)
        payload = Array(packet.payload.prefix(limit))
        payloadLength = packet.payloadLength
    }

    /// What lists call it: `SYN`, `PSH`, …
    var kind: String {
        guard transport == .tcp else { return "UDP" }
        return Self.flagNames.first { flags.contains($0.flag) }?.name ?? "TCP"
    }

    /// In the order in which one of them tells most.
    private static let flagNames: [(flag: TCPFlags, name: String)] = [
        (.syn, "SYN"), (.rst, "RST"), (.fin, "FIN"), (.psh, "PSH"), (.urg, "URG"), (.ack, "ACK"),
    ]

    /// As `data.data`: the payload, and the header's fields.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        let text = Self.printable(payload)
        writer.member("payload", text ?? Base64Text.text(payload))
        writer.member("encoding", text == nil ? "base64" : "")
        var numbers: [(String, Int)] = [("srcPort", Int(sourcePort)), ("dstPort", Int(destinationPort))]
        switch transport {
        case .tcp:
            numbers += [
                ("seq", Int(sequence)), ("ack", flags.contains(.ack) ? Int(acknowledgement) : 0),
                ("dataOffset", header.count / 4), ("window", Int(window)), ("checksum", number16(16)),
                ("urgent", number16(18)), ("payloadLength", payloadLength),
            ]
        case .udp, .icmp: numbers += [("length", payloadLength + 8), ("checksum", number16(6))]
        }
        for (name, value) in numbers {
            writer.key(name)
            writer.write(Int64(value))
        }
        if transport == .tcp {
            writer.key("flags")
            writer.beginArray()
            for (flag, name) in Self.flagNames where flags.contains(flag) { writer.write(name) }
            writer.endArray()
            writer.key("options")
            writeOptions(to: &writer)
        }
        writer.member("contents", Base64Text.text(header))
        if payload.count < payloadLength {
            writer.key("truncated")
            writer.write(true)
        }
        writer.endObject()
    }

    private func number16(_ offset: Int) -> Int {
        offset + 1 < header.count ? Int(header[offset]) << 8 | Int(header[offset + 1]) : 0
    }

    /// RFC 9293, 3.2: kinds, with their data in hexadecimal.
    private func writeOptions(to writer: inout JSONWriter) {
        writer.beginArray()
        var offset = 20
        while offset < header.count, header[offset] != 0 {
            let kind = Int(header[offset])
            let length = kind == 1 ? 1 : offset + 1 < header.count ? Int(header[offset + 1]) : 0
            guard length >= 1, kind == 1 || length >= 2, offset + length <= header.count else { break }
            writer.beginObject()
            writer.key("type")
            writer.write(Int64(kind))
            writer.member("data", ByteReader.hex(header[min(offset + 2, offset + length)..<offset + length]))
            writer.endObject()
            offset += length
        }
        writer.endArray()
    }

    /// The bytes as text, if they are one that people can read.
    private static func printable(_ bytes: [UInt8]) -> String? {
        let isText = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        return isText ? String(validating: bytes, as: UTF8.self) : nil
    }
}
