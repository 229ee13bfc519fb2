import FoundationEssentials
import PacketCapture
import Testing

/// A ring with flows in it, followed as a worker does.
private struct CapturedFlows: ~Copyable {
    var bench: RingBench
    let index: StreamIndex
    private var reader: RingReader
    private var tracker = FlowTracker()
    private var log = FlowLog()
    /// For each packet written: its time and stream.
    var packets: [(time: Int64, stream: UInt64)] = []

    init(segments: Int = 8) throws {
        bench = try RingBench(segments: segments)
        index = StreamIndex(bench.ring)
        reader = bench.ring.makeReader()
    }

    mutating func write(_ frame: Frame, at time: Int64, linkType: LinkType = .ethernet, interface: UInt16 = 0) {
        frame.withPacket(linkType: linkType, time: time, interface: interface) { bench.writer.take($0) }
    }

    /// Reads on, and notes where the packets of each flow are.
    mutating func follow() {
        bench.writer.flush()
        while let batch = reader.next() {
            var notes: [StreamIndex.Note] = []
            for (offset, packet) in batch.packets.enumerated() {
                let header = tracker.process(packet, number: batch.firstNumber + UInt64(offset), consumer: &log)
                notes.append(batch.note(offset, stream: header.stream))
                packets.append((packet.time, header.stream))
            }
            index.add(notes)
        }
    }

    var taker: SnapshotTaker { SnapshotTaker(ring: bench.ring, index: index) }
    func path(_ name: String) -> String { bench.folder.path + "/" + name }
}

@Suite("Snapshots")
struct SnapshotTests {
    /// Flow 1, 2 and 3 in turn, from three clients, a millisecond apart.
    private func threeFlows(_ rounds: Int, size: Int = 100) throws -> CapturedFlows {
        var flows = try CapturedFlows()
        for round in 0..<rounds {
            for client in 1...3 {
                let frame = Frame.udp(1000, 53, payload: Array(repeating: UInt8(client), count: size))
                flows.write(
                    frame.ipv4("10.0.0.\(client)", "10.0.9.9", protocol: 17).ethernet(),
                    at: Int64(round * 3 + client) * 1_000_000)
            }
        }
        flows.follow()
        return flows
    }

    @Test("one of three overlapping flows is exported with exactly its packets, in time order")
    func oneOfThree() async throws {
        let flows = try threeFlows(200)
        var request = SnapshotRequest()
        request.streams = [2]
        let path = flows.path("two.pcap")
        let result = try flows.taker.take(request, to: path)
        #expect(result.packets == 200 && result.packetsMissed == 0 && !result.isPcapng)
        let read = ReadPacket.all(of: path)
        #expect(read.error == nil)
        let times: [Int64] = (0..<200).map { Int64($0 * 3 + 2) * 1_000_000 }
        #expect(read.packets.map(\.time) == times)
        #expect(read.packets.allSatisfy { $0.bytes.last == 2 })
        if Program.exists("tshark") {
            #expect(try await Program.tsharkCount(path) == 200)
            #expect(try await Program.tsharkCount(path, filter: "ip.src==10.0.0.2 && udp") == 200)
        }
    }

    @Test("several flows, a window and addresses select together", arguments: [SnapshotRequest.Format.pcap, .pcapng])
    func selection(format: SnapshotRequest.Format) async throws {
        let flows = try threeFlows(200)
        var request = SnapshotRequest()
        request.format = format
        request.streams = [3, 1]
        request.from = 100_000_000
        request.to = 200_000_000
        var path = flows.path("a")
        #expect(try flows.taker.take(request, to: path).packets == 67)
        var read = ReadPacket.all(of: path)
        let times: [Int64] = (100...200).filter { $0 % 3 != 2 }.map { Int64($0) * 1_000_000 }
        #expect(read.packets.map(\.time) == times)
        if Program.exists("tshark") { #expect(try await Program.tsharkCount(path) == 67) }

        request.streams = nil
        request.addresses = [try #require(IPAddress("10.0.0.3"))]
        path = flows.path("b")
        #expect(try flows.taker.take(request, to: path).packets == 33)
        read = ReadPacket.all(of: path)
        #expect(read.packets.allSatisfy { $0.bytes.last == 3 } && read.packets.count == 33)
    }

    @Test("everything is a copy of the segments; after much more was captured, what is left")
    func everything() async throws {
        var flows = try threeFlows(1000, size: 300)
        var request = SnapshotRequest()
        request.format = .pcapng
        let path = flows.path("all.pcapng")
        let result = try flows.taker.take(request, to: path)
        #expect(result.packets == flows.bench.ring.statistics.packetsHeld && result.packetsMissed == 0)
        let read = ReadPacket.all(of: path)
        #expect(read.packets.count == Int(result.packets) && read.error == nil)
        #expect(read.packets.map(\.time) == read.packets.map(\.time).sorted())
        if Program.exists("tshark") { #expect(try await Program.tsharkCount(path) == read.packets.count) }
        // Nothing of a flow is left that was overwritten; what is left of a long one is told.
        request.streams = [1, 99]
        #expect(try flows.taker.take(request, to: path).packets < 1000)
        flows.bench.time = 10_000_000_000
        // Twice, since the segment that is being read is not reused.
        for _ in 0..<2 {
            flows.bench.write(3000)
            flows.follow()
        }
        #expect(try flows.taker.take(request, to: path).packets == 0)
        #expect(ReadPacket.all(of: path).error == nil)
    }

    @Test("packets that were captured in another order are sorted, equal times keep their order, across segments too")
    func sorting() throws {
        var flows = try CapturedFlows()
        var random = SeededGenerator(state: 5)
        var times: [Int64] = []
        for index in 0..<400 {
            let time = 1_000_000 * Int64(1000 + index) - Int64.random(in: 0...20, using: &random) * 1_000_000
            times.append(time)
            flows.write(
                Frame.udp(1, 2, payload: big(UInt32(index)) + Array(repeating: 0, count: 700)).ipv4(protocol: 17)
                    .ethernet(), at: time)
        }
        flows.follow()
        for format in [SnapshotRequest.Format.pcapng, .automatic] {
            var request = SnapshotRequest()
            request.format = format
            let path = flows.path("sorted")
            _ = try flows.taker.take(request, to: path)
            let read = ReadPacket.all(of: path).packets
            let expected = times.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
            #expect(read.map(\.time) == expected.map(\.element))
            #expect(read.map { Array($0.bytes[42..<46]) } == expected.map { big(UInt32($0.offset)) })
        }
    }

    @Test("packets of several link types make a pcapng file, and no classic one")
    func linkTypes() throws {
        var flows = try CapturedFlows()
        flows.bench.writer.setInterfaces([
            CaptureInterface(name: "eth0", linkType: .ethernet), CaptureInterface(name: "tun0", linkType: .raw),
        ])
        let packet = Frame.udp(1000, 53, payload: [1]).ipv4(protocol: 17)
        flows.write(packet.ethernet(), at: 1)
        flows.write(packet, at: 2, linkType: .raw, interface: 1)
        flows.follow()
        var request = SnapshotRequest()
        let path = flows.path("mixed")
        #expect(try flows.taker.take(request, to: path).isPcapng)
        let read = ReadPacket.all(of: path)
        #expect(read.packets.map(\.linkType) == [.ethernet, .raw] && read.interfaces.map(\.name) == ["eth0", "tun0"])
        request.format = .pcap
        #expect(throws: SnapshotError.severalLinkTypes) { try flows.taker.take(request, to: path + "2") }
        #expect(!FileManager.default.fileExists(atPath: path + "2"))
        #expect(!FileManager.default.fileExists(atPath: path + "2.partial"))
        request.format = .automatic
        request.streams = [1]
        #expect(try flows.taker.take(request, to: path).isPcapng == false)
    }

    @Test("names are written so that tshark shows them", .enabled(if: Program.exists("tshark"), "tshark is missing"))
    func names() async throws {
        let flows = try threeFlows(1)
        var request = SnapshotRequest()
        request.names = [
            try #require(IPAddress("10.0.0.2")): "cart.shop", try #require(IPAddress("2001:db8::1")): "six",
        ]
        let path = flows.path("named")
        #expect(try flows.taker.take(request, to: path).isPcapng)
        let output = try await Program.run("tshark", ["-r", path, "-N", "n", "-T", "fields", "-e", "ip.src_host"])
        #expect(output == "10.0.0.1\ncart.shop\n10.0.0.3\n")
    }

    @Test("an empty selection is a file with a header, and a folder that is missing an error")
    func empty() throws {
        let flows = try threeFlows(1)
        var request = SnapshotRequest()
        request.from = 10_000_000_000
        let path = flows.path("empty.pcap")
        let result = try flows.taker.take(request, to: path)
        #expect(result.packets == 0 && result.bytes == 24)
        let read = ReadPacket.all(of: path)
        #expect(read.packets.isEmpty && read.error == nil)
        #expect(throws: SnapshotError.self) { try flows.taker.take(request, to: flows.path("missing/file")) }
    }

    @Test("a flow's file has a name that leads back to it")
    func streamNames() {
        for (text, stream, ipProtocol) in [
            ("000000000042.pcap", 42, 6), ("000000000043_udp.pcap", 43, 17), ("000000000044_icmp.pcap", 44, 1),
            ("000000000045_ip132.pcap", 45, 132), ("1234567890123.pcap", 1_234_567_890_123, 6),
        ] as [(String, UInt64, UInt8)] {
            #expect(StreamName(stream: stream, ipProtocol: ipProtocol).description == text)
            #expect(StreamName("pcaps/master/" + text) == StreamName(stream: stream, ipProtocol: ipProtocol))
        }
        for text in ["", ".pcap", "12", "x.pcap", "1_x.pcap", "-1.pcap", "1_udp_udp.pcap"] {
            #expect(StreamName(text) == nil)
        }
    }
}
