import PacketCapture
import Testing

@Suite("Captures of other projects", .enabled(if: SharedCaptures.areThere, "the captures are not at ../shared/pcaps"))
struct SharedCaptureTests {
    @Test("every capture has as many packets as tshark says")
    func packetCounts() throws {
        var checked = 0
        for (name, numbers) in try SharedCaptures.truth() where SharedCaptures.exists(name) && !name.hasSuffix(".gz") {
            let result = ReadPacket.all(of: SharedCaptures.path(name))
            #expect(
                result.packets.count == numbers["frames"]?.integer.map(Int.init),
                "\(name): \(String(describing: result.error))")
            checked += 1
        }
        #expect(checked > 150)
    }

    /// Captures in which the number of flows differs from tshark's, with ours and the reason.
    static let differences: [String: (flows: Int, why: String)] = [
        "ip/bigtcp-ipv6.pcap": (1, "tshark calls BIG TCP malformed"),
        "ip/bigtcp-vxlan.pcap": (1, "tshark calls BIG TCP malformed"),
        "ip/frag-1.pcap": (0, "a teardrop: its first fragment, which tshark counts, cannot be part of a datagram"),
        "ip/gso-geneve.pcap": (1, "tshark counts the tunnel too"),
        "link/vlan-collisions.pcap": (3, "tshark does not tell VLANs apart"),
        "mongo/arkime.pcap": (8, "the two directions are in different VLANs"),
        "other/cassandra.pcap": (2, "the two directions are in different VLANs"),
        "tunnel/geneve-tcpdump.pcap": (2, "tshark counts the tunnels too"),
        "tunnel/geneve-vxlan-dns-trunc.pcap": (1, "tshark counts the tunnels too"),
        "tunnel/geneve.pcap": (0, "tshark counts the tunnels too; inside is ICMP"),
        "tunnel/vxlan-8472.pcap": (2, "tshark counts the tunnels too"),
        "tunnel/vxlan-http.pcap": (1, "tshark counts the tunnels too"),
        "tunnel/vxlan.pcap": (2, "tshark counts the tunnels too"),
    ]

    @Test("every capture has as many TCP and UDP flows as tshark says, and the identities of the counters hold")
    func flows() throws {
        let truth = try Dictionary(uniqueKeysWithValues: SharedCaptures.truth().map { ($0.name, $0.numbers) })
        for name in SharedCaptures.all() where !name.hasSuffix(".gz") {
            var tracker = FlowTracker()
            var counter = FlowCounter()
            do {
                var file = try CaptureFile(path: SharedCaptures.path(name))
                while let packets = try file.next() {
                    for packet in packets { tracker.process(packet, number: 1, consumer: &counter) }
                }
            } catch {
                #expect(error.problem == .truncated, "\(name)")
            }
            tracker.finish(consumer: &counter)
            #expect(tracker.counters.violations == [], "\(name)")
            #expect(tracker.counters.flowsOpen == 0 && tracker.counters.held == 0, "\(name)")
            #expect(counter.delivered == tracker.counters.delivered, "\(name)")
            guard let numbers = truth[name] else { continue }
            let expected = (numbers["tcp"]?.integer ?? 0) + (numbers["udp"]?.integer ?? 0)
            #expect(counter.ports.count == Self.differences[name]?.flows ?? Int(expected), "\(name): \(counter.ports)")
        }
    }
}

/// Counts flows of TCP and UDP, and the bytes of TCP.
private struct FlowCounter: FlowConsumer {
    var ports: [String] = []
    var delivered: UInt64 = 0

    mutating func begin(_ flow: Flow) {
        if flow.isTCP || flow.ipProtocol == 17 { ports.append("\(flow.client)→\(flow.server)") }
    }
    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) {
        if flow.isTCP { delivered += UInt64(bytes.count) }
    }
    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {}
    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {}
    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {}
}
