import JSON
import PacketCapture
import RecordedTraffic
import Testing

@testable import Dissection

/// Ten seconds is how long a request waits for its answer.
@Suite("Waiting for answers")
struct WaitingTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let ping = "*1\r\n$4\r\nPING\r\n"

    private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    /// Path, status and error of each item.
    private func rows(_ conversation: Conversation, _ cuts: Conversation.Cuts = .none) -> [String] {
        conversation.trees(cuts).map { item in
            let request = item[path: "request.path"] ?? item[path: "request.key"] ?? "-"
            let response = item[path: "response.status"] ?? item[path: "response.value"] ?? "-"
            return "\(request) \(response) \(item[path: "error.type"] ?? "-")".replacing("\"", with: "")
        }
    }

    @Test("a request without a response goes out after ten seconds, and not before", arguments: Conversation.cuts)
    func timeout(cuts: Conversation.Cuts) {
        let asked = Conversation().client(get("/slow"))
        #expect(asked.waits(seconds: 9).dissected(cuts, finishing: nil).items.isEmpty)
        let (items, counters) = asked.waits(seconds: 11).dissected(cuts, finishing: nil)
        #expect(items.count == 1 && counters.requestOnly[.timeout] == 1)
        #expect(items.first?.error == ItemError(.timeout, "no response came in time"))
    }

    @Test("a response that comes too late is an item of its own, and no other request's", arguments: Conversation.cuts)
    func late(cuts: Conversation.Cuts) {
        let conversation = Conversation().client(get("/slow")).waits(seconds: 11)
            .client(get("/next")).server("HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n").server(Self.ok)
        #expect(rows(conversation, cuts) == ["/slow - timeout", "- 504 timeout", "/next 200 -"])
        let late = conversation.trees(cuts)[1]
        #expect(late[path: "error.msg"] == "the request had been given up before")
    }

    @Test("a late response to HEAD has no body, though its length is given")
    func lateHead() {
        let conversation = Conversation().client("HEAD / HTTP/1.1\r\n\r\n").waits(seconds: 11).client(get("/next"))
            .server("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n").server(Self.ok)
        #expect(rows(conversation) == ["/ - timeout", "- 200 timeout", "/next 200 -"])
    }

    @Test("neither an upload nor a download is a silence")
    func progress() {
        let upload = Conversation().client("POST /up HTTP/1.1\r\nContent-Length: 4\r\n\r\nab").waits(seconds: 60)
            .client("cd").waits(seconds: 9).server(Self.ok)
        #expect(rows(upload) == ["/up 200 -"])
        let download = Conversation().client(get("/down") + get("/behind"))
            .server("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab").waits(seconds: 60).server("cd" + Self.ok)
        #expect(rows(download) == ["/down 200 -", "/behind 200 -"])
        let patient = Conversation().client("POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            .server("HTTP/1.1 100 Continue\r\n\r\n").waits(seconds: 30).client("ab").server(Self.ok)
        #expect(rows(patient) == ["/p 200 -"])
    }

    @Test("requests that made room for others take their responses with them")
    func forgotten() {
        var conversation = Conversation()
        conversation.settings.pendingLimit = 2
        conversation = conversation.client(get("/1") + get("/2") + get("/3"))
            .server(Self.ok.replacing("200", with: "201") + Self.ok.replacing("200", with: "202"))
            .server(Self.ok.replacing("200", with: "203"))
        #expect(rows(conversation) == ["/1 - pair-not-found", "- 201 pair-not-found", "/2 202 -", "/3 203 -"])
    }

    @Test("a Redis command that blocks goes out, and its reply when it comes", arguments: Conversation.cuts)
    func redis(cuts: Conversation.Cuts) {
        let conversation = Conversation(port: 6379)
            .client("*3\r\n$5\r\nBLPOP\r\n$1\r\nq\r\n$1\r\n0\r\n").waits(seconds: 11)
            .client("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n").server("*2\r\n$1\r\nq\r\n$3\r\njob\r\n").server("$1\r\nv\r\n")
        #expect(rows(conversation, cuts) == ["q - timeout", "- [q, job] timeout", "k v -"])
        let (_, counters) = conversation.dissected(cuts)
        #expect(counters.requestOnly[.timeout] == 1 && counters.responseOnly[.timeout] == 1 && counters.paired == 1)
    }

    @Test("a query over TCP is given up, too")
    func dns() {
        let query: [UInt8] = [0, 17, 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
        let (items, counters) = Conversation(port: 53).client(query).waits(seconds: 11).dissected(finishing: nil)
        #expect(items.count == 1 && counters.requestOnly[.timeout] == 1)
    }

    @Test("the packets' own clock decides, whichever flow they belong to")
    func clock() {
        var traffic = RecordedTraffic()
        traffic.converse(serverPort: 80, [.client(get("/slow"))], closes: false)
        traffic.time += 9_000_000_000
        traffic.packet(ipProtocol: 1, [8, 0, 0, 0, 0, 5, 0, 1])
        traffic.time += 3_000_000_000
        traffic.packet(ipProtocol: 1, [8, 0, 0, 0, 0, 5, 0, 2])
        var dissector = TrafficDissector()
        var counts: [Int] = []
        for packet in traffic.packets {
            packet.frame.withUnsafeBytes { _ = dissector.process(CapturedPacket(ethernet: $0, time: packet.time)) }
            counts.append(dissector.counters.requestOnly[.timeout])
        }
        #expect(counts == [0, 0, 0, 0, 0, 0, 1])
    }

    @Test("clocks that jump to the ends of time break nothing")
    func jumps() {
        var dissector = TrafficDissector()
        var traffic = RecordedTraffic()
        traffic.converse(serverPort: 80, [.client(get("/a")), .server(Self.ok), .client(get("/b"))])
        traffic.datagram(from: 40_000, to: 53, [1, 2, 3])
        let times: [Int64] = [0, .max, .min, -1, .max - 1, 1]
        for (index, packet) in traffic.packets.enumerated() {
            packet.frame.withUnsafeBytes {
                _ = dissector.process(CapturedPacket(ethernet: $0, time: times[index % times.count]))
            }
        }
        dissector.finish()
        var items: [Item] = []
        dissector.drain { items += $0 }
        #expect(dissector.counters.messages == items.count)
        #expect(items.compactMap(\.payload.requestText).sorted() == ["GET /a", "GET /b"])
        var encoder = ItemEncoder()
        for item in items { #expect(encoder.tree(item)[path: "elapsedTime"]?.integer ?? -1 >= 0) }
    }
}
