import HTTPTraffic
import JSON
import PacketCapture
import Testing

@testable import Dissection

/// Traffic between two pods of a node, captured on the interfaces of both.
@Suite("Duplicates")
struct DuplicateTests {
    /// The items of conversations whose packets pass interface 0 and, so many nanoseconds later, interface 1.
    private func items(
        _ conversations: [HTTPConversation], later delay: Int64 = 20_000, window: Int64? = 200_000_000
    ) throws -> [JSONValue] {
        var settings = DissectionSettings()
        settings.duplicateWindow = window
        var traffic = TrafficDissector(settings)
        var packets = conversations.flatMap(\.packets).flatMap { packet in
            [(packet.time, UInt16(0), packet.bytes), (packet.time + delay, UInt16(1), packet.bytes)]
        }
        packets.sort { ($0.0, $0.1) < ($1.0, $1.1) }
        for (time, interface, bytes) in packets {
            _ = bytes.withUnsafeBytes {
                traffic.process(
                    CapturedPacket(
                        bytes: $0, time: time, wireLength: UInt32($0.count), interface: interface, linkType: .ethernet))
            }
        }
        traffic.finish()
        #expect(traffic.flowCounters.violations == [])
        var encoder = ItemEncoder(.recording(node: "n"))
        var trees: [JSONValue] = []
        traffic.drain { items in trees += items.map { encoder.tree($0) } }
        return trees
    }

    @Test("each item that is seen twice names the one that was first, though all are alike")
    func twice() throws {
        let conversation = HTTPConversation(requests: [("/a", 200), ("/a", 200), ("/b", 200), ("/a", 200)])
        let items = try items([conversation])
        #expect(items.count == 8)
        let originals = items.filter { $0["duplicate"] == "" }
        #expect(originals.count == 4 && Set(originals.map { $0["stream"] }).count == 1)
        for item in items where item["duplicate"] != "" {
            let original = originals.first { $0["id"] == item["duplicate"] }
            #expect(original?["index"] == item["index"] && original?["request"] == item["request"])
            #expect(item["base"]?["duplicate"] == item["duplicate"])
        }
    }

    @Test("when a whole connection comes before its repetition, each item still finds its own original")
    func burst() throws {
        let conversation = HTTPConversation(step: 1_000, requests: (0..<20).map { ("/\($0 % 2)", 200) })
        let items = try items([conversation], later: 50_000_000)
        let pairs = items.filter { $0["duplicate"] != "" }
        #expect(pairs.count == 20 && Set(pairs.map { $0["duplicate"] }).count == 20)
    }

    @Test("what comes later than the window, from other ports, or again over the same connection, is no duplicate")
    func others() throws {
        let conversation = HTTPConversation(requests: [("/a", 200), ("/a", 200)])
        let late = try items([conversation], later: 300_000_000)
        #expect(late.count == 4 && late.allSatisfy { $0["duplicate"] == "" })
        let another = HTTPConversation(port: 40_001, requests: [("/a", 200)])
        let ports = try items([conversation, another])
        #expect(ports.count { $0["duplicate"] != "" } == 3 && ports.count == 6)
    }

    @Test("nobody looks unless told to")
    func off() throws {
        let items = try items([HTTPConversation(requests: [("/a", 200)])], window: nil)
        #expect(items.count == 2 && items.allSatisfy { $0["duplicate"] == "" })
    }

    @Test("what is remembered is bounded: after a hundred thousand items in one window, the latest are still found")
    func bounds() {
        var finder = DuplicateFinder()
        func item(_ number: Int, stream: UInt64) -> Item {
            let connection = ConnectionIdentity(
                client: Peer(address: "10.0.0.1", port: 1), server: Peer(address: "10.0.0.2", port: 53),
                transport: .udp, number: stream)
            return Item(
                connection: connection, index: number, time: Int64(number), requestSize: number,
                payload: .dns(DNSExchange(request: nil, response: nil)))
        }
        for number in 0..<100_000 {
            #expect(finder.original(of: item(number, stream: 1), within: 1_000_000_000) == nil)
        }
        #expect(finder.original(of: item(99_999, stream: 2), within: 1_000_000_000)?.index == 99_999)
        #expect(finder.original(of: item(0, stream: 2), within: 1_000_000_000) == nil)
    }
}
