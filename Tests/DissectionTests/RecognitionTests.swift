import FilterLanguage
import JSON
import Testing

@testable import Dissection

@Suite("Recognition and settings")
struct RecognitionTests {
    @Test("content decides, not the port")
    func content() {
        #expect(Conversation(port: 6379).client(HTTPTests.get).trees()[0][path: "protocol.name"] == "http")
        #expect(Conversation(port: 80).client("*1\r\n$4\r\nPING\r\n").trees()[0][path: "protocol.name"] == "redis")
        #expect(Conversation(port: 80).client("SSH-2.0-OpenSSH\r\n").server("SSH-2.0-x\r\n").dissected().items.isEmpty)
        #expect(Conversation(port: 80).client("SSH-2.0-OpenSSH\r\n").dissected().counters.unknownStreams == 1)
    }

    @Test("in doubt the port decides, or what the other side says")
    func doubt() throws {
        let ping = Conversation(port: 1234).client("PING\r\n")
        #expect(ping.dissected().items.isEmpty)
        #expect(ping.server("+PONG\r\n").dissected().items.count == 1)
        var mapped = ping
        try mapped.settings.setPortMapping(#"{"redis":[1234]}"#)
        #expect(mapped.dissected().items.count == 1)
        var remapped = Conversation(port: 6379).client("PING\r\n")
        try remapped.settings.setPortMapping(#"{"http":[6379]}"#)
        #expect(remapped.dissected().items.isEmpty)
    }

    @Test("what began before the capture is passed over until a message begins")
    func midStream() {
        let conversation = Conversation().server("the end of some body").client(HTTPTests.get).server(HTTPTests.ok)
        let (items, counters) = conversation.dissected()
        #expect(items.count == 1 && counters.paired == 1)
    }

    @Test("a stream that nobody knows is given up after some bytes, and costs nothing more")
    func unknown() {
        var conversation = Conversation()
        for _ in 0..<20 { conversation = conversation.client(Array(repeating: 0xee, count: 1_000)) }
        let counters = conversation.client(HTTPTests.get).dissected().counters
        #expect(counters.unknownStreams == 1 && counters.items == 0)
        #expect(counters.skippedBytes == 20_000 + HTTPTests.get.utf8.count)
    }

    @Test("only enabled dissectors run; unknown names are told")
    func enabled() {
        var conversation = Conversation().client(HTTPTests.get).server(HTTPTests.ok)
        #expect(conversation.settings.setEnabled(" dns, Redis,amqp,nope ") == ["amqp", "nope"])
        #expect(conversation.settings.enabled == ["dns", "redis"] && conversation.dissected().items.isEmpty)
        #expect(conversation.settings.setEnabled("") == [])
        #expect(
            conversation.settings.enabled == DissectionSettings.enabledByDefault
                && conversation.dissected().items.count == 1)
    }

    @Test(
        "a port mapping that is none is refused with its reason",
        arguments: [
            ("[]", "the port mapping must be a JSON object of arrays, as {\"http\":[80,8080]}"),
            ("{\"http\":80}", "the ports of \"http\" must be an array"),
            ("{\"http\":[70000]}", "70000 is no port (of \"http\")"),
            ("{", "the port mapping must be a JSON object of arrays, as {\"http\":[80,8080]}"),
        ])
    func badMapping(text: String, message: String) {
        var settings = DissectionSettings()
        #expect(throws: SettingError(message)) { try settings.setPortMapping(text) }
    }

    @Test(
        "filters ask an item for its fields, and get what its JSON says",
        arguments: [
            "http and response.status == 200 and request.path == \"/cart/7\"", "request.headers[\"host\"] == \"shop\"",
            "response.headers[\"X-A\"] == \"1,2\"", "src.ip == \"10.0.0.1\" and dst.port == 8080",
            "!error and !tls and elapsedTime == 1000",
            "request.cookies.t == 2", "protocol.name == \"http\" and size == 154", "stream == \"000000000007.pcap\"",
            "request.method == \"GET\" and request.url.startsWith(\"/cart\")", "timestamp == 1700000000000",
            "request.queryString.a[1] == 2 and response.content.text == \"aGVsbG8=\"",
        ])
    func filters(text: String) throws {
        let item = try #require(Conversation().client(HTTPTests.get).server(HTTPTests.ok).dissected().items.first)
        var encoder = ItemEncoder()
        let filter = try Filter(text)
        #expect(filter.matches(ItemView(item, ItemScene())))
        #expect(filter.matches(encoder.tree(item)))
        #expect(try !Filter("!(\(text))").matches(ItemView(item, ItemScene())))
    }

    @Test("names of peers come from whoever knows them")
    func names() throws {
        struct Names: PeerResolver {
            func peer(address: String, port: UInt16, at time: Int64) -> ResolvedPeer? {
                address == "10.0.0.2"
                    ? ResolvedPeer(name: "cart", namespace: "shop", pod: ["metadata": ["name": "cart"]]) : nil
            }
        }
        var scene = ItemScene()
        scene.resolver = Names()
        scene.nodeName = "node-a"
        scene.worker = "10.9.9.9:30001"
        let item = try #require(Conversation().client(HTTPTests.get).dissected().items.first)
        var encoder = ItemEncoder(scene)
        let tree = encoder.tree(item)
        #expect(
            tree[path: "dst.name"] == "cart" && tree["namespace"] == "shop"
                && tree[path: "dst.resolutionMechanism"] == "ip")
        #expect(tree[path: "src.name"] == "" && tree[path: "src.resolutionMechanism"] == "none")
        #expect(tree["id"] == "10.9.9.9:30001/000000000007.pcap-0" && tree[path: "node.name"] == "node-a")
        #expect(try Filter("dst.namespace == \"shop\" and node.name == \"node-a\"").matches(ItemView(item, scene)))
    }

    @Test(
        "any change of any conversation is read or refused, and every message is counted once",
        arguments: 1...8 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let seeds: [[[UInt8]]] = [
            [Array(HTTPTests.get.utf8), Array(HTTPTests.ok.utf8)],
            [
                Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8),
                Array(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
                        .utf8),
            ],
            [Array("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".utf8), Array("%1\r\n+a\r\n*2\r\n:1\r\n$2\r\nab\r\n".utf8)],
            [[0, UInt8(DNSTests.query.count)] + DNSTests.query, [0, UInt8(DNSTests.answer.count)] + DNSTests.answer],
            [
                hex("16 0301 0031 01 00002d 0303") + Array(repeating: 1, count: 32) + hex("00 0002 1301 01 00 0000"),
                hex("16 0301 0004 0e 000000"),
            ],
        ]
        var encoder = ItemEncoder()
        for _ in 0..<300 {
            var conversation = Conversation(port: 6379)
            let base = seeds[Int(random.next() % UInt64(seeds.count))]
            for round in 0..<6 {
                var bytes = base[round % 2]
                for _ in 0..<Int(random.next() % 4) where !bytes.isEmpty {
                    let place = Int(random.next() % UInt64(bytes.count))
                    switch random.next() % 4 {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                    case 2: bytes.removeLast(bytes.count - place)
                    default: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                    }
                }
                conversation = round % 2 == 0 ? conversation.client(bytes) : conversation.server(bytes)
                if random.next() % 8 == 0 { conversation = conversation.loses(.server, Int(random.next() % 50) + 1) }
            }
            let (items, counters) = conversation.dissected(.random(random.next()))
            #expect(counters.messages == counters.items && counters.items == items.count)
            for item in items { #expect(encoder.tree(item) != .null) }
        }
    }
}
