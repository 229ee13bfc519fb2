internal import Dissection

/// Protocols whose messages are datagrams.
enum MessageFuzzing {
    private static let settings = DissectionSettings()

    private static func context(_ transport: ConnectionIdentity.Transport, ipVersion: UInt8 = 4) -> StreamContext {
        StreamContext(
            ConnectionIdentity(
                client: Peer(address: "10.0.0.1", port: 40_000), server: Peer(address: "10.0.0.2", port: 53),
                transport: transport, number: 1, ipVersion: ipVersion))
    }

    /// Two messages: the input, and the input as an answer to itself.
    static func dns(_ input: [UInt8]) {
        let sink = ItemSink()
        let dissector = DNSDatagramDissector(context(.udp), settings)
        var answer = input
        if answer.count > 2 { answer[2] |= 0x80 }
        for message in [input, answer] {
            message.withUnsafeBytes { bytes in
                _ = DNSDatagramDissector.recognize(bytes, ports: (40_000, 53), settings)
                _ = DNSDatagramDissector.recognize(bytes, ports: (40_000, 1_053), settings)
                _ = dissector.receive(bytes, at: 1, into: sink)
            }
        }
        dissector.expire(before: .max, .end, into: sink)
        ItemFuzzing.check(sink, of: input)
    }

    static func icmp(_ input: [UInt8]) {
        for version in [4, 6] {
            guard let message = input.withUnsafeBytes({ ICMPMessage($0, version: version) }) else { continue }
            var counters = DissectionCounters()
            counters.oneSided = 1
            counters.items = 1
            let connection = context(.icmp, ipVersion: UInt8(version)).connection
            ItemFuzzing.check(
                [Item(connection: connection, index: 0, time: 0, payload: .icmp(message))], counters,
                of: input)
        }
    }
}
