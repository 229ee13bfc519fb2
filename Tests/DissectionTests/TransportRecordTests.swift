import JSON
import PacketCapture
import RecordedTraffic
import Testing

@testable import Dissection

@Suite("Segments and datagrams as items")
struct TransportRecordTests {
    private func trees(_ traffic: RecordedTraffic, _ names: String) -> [JSONValue] {
        var settings = DissectionSettings()
        #expect(settings.setEnabled(names) == [])
        var dissector = TrafficDissector(settings)
        for packet in traffic.packets {
            packet.frame.withUnsafeBytes { _ = dissector.process(CapturedPacket(ethernet: $0, time: packet.time)) }
        }
        dissector.finish()
        var encoder = ItemEncoder()
        var trees: [JSONValue] = []
        dissector.drain { items in trees += items.map { encoder.tree($0) } }
        #expect(dissector.counters.messages == trees.count)
        return trees
    }

    @Test("every segment is an item from its sender to its receiver, with what its header says")
    func segments() {
        var traffic = RecordedTraffic()
        traffic.converse(serverPort: 7_000, [.client("hello you"), .serverBytes([0, 255])])
        let items = trees(traffic, "tcp")
        #expect(
            items.map { $0[path: "base.method"]?.string } == [
                // What comes behind the end of a connection belongs to none.
                "SYN", "SYN", "ACK", "PSH", "ACK", "PSH", "ACK", "FIN", "FIN",
            ])
        #expect(items.map { $0["index"]?.integer } == (0..<9).map { Int64($0) })
        #expect(Set(items.compactMap { $0["stream"]?.string }).count == 1)
        let hello = items[3]
        #expect(hello[path: "protocol.name"] == "tcp" && hello["request"] == .null && hello["response"] == .null)
        #expect(hello[path: "src.ip"] == "10.0.0.1" && hello[path: "dst.port"] == "7000")
        #expect(
            hello["data"] == [
                "payload": "hello you", "encoding": "", "srcPort": 40_000, "dstPort": 7_000, "seq": 1_001,
                "ack": 5_001, "dataOffset": 5, "window": 64_240, "checksum": 0, "urgent": 0, "payloadLength": 9,
                "flags": ["PSH", "ACK"], "options": [],
                "contents": .string(Base64Text.text(Array(traffic.packets[3].frame[34..<54]))),
            ])
        let binary = items[5]
        #expect(binary[path: "src.ip"] == "10.0.0.2" && binary[path: "dst.ip"] == "10.0.0.1")
        #expect(binary[path: "data.payload"] == "AP8=" && binary[path: "data.encoding"] == "base64")
        #expect(binary["requestSize"] == 2)
    }

    @Test("datagrams have payload, length and checksum")
    func datagrams() {
        var traffic = RecordedTraffic()
        traffic.datagram(from: 40_000, to: 9_125, Array("hits:1|c".utf8))
        let items = trees(traffic, "udp")
        #expect(items.count == 1)
        #expect(
            items.first?["data"] == [
                "payload": "hits:1|c", "encoding": "", "srcPort": 40_000, "dstPort": 9_125, "length": 16,
                "checksum": 0, "contents": .string(Base64Text.text(Array(traffic.packets[0].frame[34..<42]))),
            ])
    }

    @Test("they stand beside what the protocol's dissector finds, and are off unless named")
    func beside() {
        var traffic = RecordedTraffic()
        traffic.converse(serverPort: 80, [.client("GET / HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 204 x\r\n\r\n")])
        let names = trees(traffic, "http,tcp,tcp-flow").map { $0[path: "protocol.name"]?.string ?? "" }
        // Nine segments, and the connection.
        #expect(names.count { $0 == "tcp" } == 10 && names.count { $0 == "http" } == 1)
        #expect(trees(traffic, "").count == 1)
    }

    @Test("options are told by kind, also where they make no sense")
    func options() throws {
        let options: [UInt8] = [2, 4, 5, 0xb4, 1, 3, 3, 7, 8, 200, 0, 0]
        let header: [UInt8] = [0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 2, 1, 0, 0xab, 0xcd, 0, 0] + options
        var traffic = RecordedTraffic()
        traffic.packet(ipProtocol: 6, header)
        let items = trees(traffic, "tcp")
        #expect(items.count == 1)
        #expect(
            items.first?[path: "data.options"] == [
                ["type": 2, "data": "05b4"], ["type": 1, "data": ""], ["type": 3, "data": "07"],
            ])
        #expect(items.first?[path: "data.checksum"] == 0xabcd && items.first?[path: "data.dataOffset"] == 8)
    }
}
