import JSON
import Testing

@testable import Dissection

@Suite("DNS")
struct DNSTests {
    static let query = hex("1234 0100 0001 0000 0000 0000 02 6462 08 696e7465726e616c 00 0001 0001")
    static let answer = hex(
        """
        1234 8180 0001 0002 0001 0001 02 6462 08 696e7465726e616c 00 0001 0001
        c00c 0005 0001 0000003c 0006 03 777777 c00f
        c029 0001 0001 0000003c 0004 0a000001
        c00f 0006 0001 0000003c 0019 02 6e73 00 00 00000001 00000002 00000003 00000004 00000005
        00 0029 04d0 00000000 0008 000a 0004 01020304
        """)

    private func message(_ bytes: [UInt8]) throws -> DNSMessage {
        try #require(bytes.withUnsafeBytes { DNSMessage($0) })
    }

    private func behindLength(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }

    @Test("a question and its answer are one item, over TCP in any cuts", arguments: Conversation.cuts)
    func exchange(cuts: Conversation.Cuts) throws {
        let items = Conversation(port: 5300).client(behindLength(Self.query) + behindLength(Self.query))
            .server(behindLength(Self.answer)).trees(cuts)
        let item = try #require(items.first)
        #expect(items.count == 2)
        #expect(
            item["request"] == ["opCode": "Query", "questions": [["name": "db.internal", "type": "A", "class": "IN"]]])
        #expect(item[path: "response.code"] == "No Error")
        func record(
            _ name: String, _ type: String, _ member: String, _ value: String, ttl: Int64 = 60, class: String = "IN"
        ) -> JSONValue {
            var record: JSONValue = [
                "name": .string(name), "type": .string(type), "class": .string(`class`), "ttl": .integer(ttl),
            ]
            for name in DNSRecord.members { record[name] = .string(name == member ? value : "") }
            return record
        }
        #expect(
            item[path: "response.answers"] == [
                record("db.internal", "CNAME", "cname", "www.internal"), record("www.internal", "A", "ip", "10.0.0.1"),
            ])
        #expect(item[path: "response.authorities"] == [record("internal", "SOA", "soa", "ns  1 2 3 4 5")])
        #expect(
            item[path: "response.additionals"] == [record("", "OPT", "opt", "10=01020304", ttl: 0, class: "1232")])
        #expect(item[path: "protocol.abbr"] == "DNS" && item["elapsedTime"] == 1_000)
        #expect(items[1]["response"] == .null && items[1][path: "error.type"] == "pair-not-found")
    }

    @Test(
        "record types are written as master files write them",
        arguments: [
            ("001c", "20010db8000000000000000000000001", "2001:db8::1"), ("0010", "03616263 0164", "abc,d"),
            ("000f", "000a 046d61696c 00", "10 mail"), ("0021", "0001 0002 0050 03737276 00", "1 2 80 srv"),
            ("000c", "0370747200", "ptr"), ("0101", "00 05 6973737565 63612e6f7267", "0 issue \"ca.org\""),
            (
                "0041", "0001 00 0001 0003 026832 0004 0004 01020304 0003 0002 01bb",
                "1 . alpn=h2 ipv4hint=1.2.3.4 port=443"
            ),
            ("0100", "0001 0002 68747470733a2f2f61", "1 2 \"https://a\""), ("ffff", "0102", "\\# 2 0102"),
            ("0023", "0001 0002 0173 0353 4950 00 00", "1 2 \"s\" \"SIP\" \"\" "), ("000d", "0161 0162", "\"a\" \"b\""),
            ("002b", "0001 08 02 abcd", "1 8 2 abcd"), ("0001", "", ""),
        ])
    func records(type: String, data: String, text: String) throws {
        let data = hex(data)
        let bytes = hex("0001 8000 0000 0001 0000 0000 00 \(type) 0001 00000001") + [0, UInt8(data.count)] + data
        let message = try message(bytes)
        #expect(message.answers.map(\.text) == [text] && !message.isMalformed)
    }

    @Test(
        "what contradicts itself is told apart from what can be read",
        arguments: [
            // a pointer to itself, one forward, a loop of two, a label beyond the end, a reserved label, a cut record
            "0001 0100 0001 0000 0000 0000 c00c 0001 0001", "0001 0100 0001 0000 0000 0000 c020 0001 0001",
            "0001 0100 0001 0000 0000 0000 c00e c00c 0001 0001", "0001 0100 0001 0000 0000 0000 3f61 00",
            "0001 0100 0001 0000 0000 0000 8061 00 0001 0001",
            "0001 8180 0000 0001 0000 0000 00 0001 0001 0000003c 0004 0a00",
            "0001 8180 0000 0001 0000 0000 00 0001 0001 0000003c 0003 0a0000", "0001 8180 ffff ffff ffff ffff",
        ])
    func malformed(text: String) throws {
        #expect(try message(hex(text)).isMalformed)
    }

    @Test("a name of more than 255 bytes, or an endless one, is malformed")
    func longNames() throws {
        let label = "3f" + String(repeating: "61", count: 63)
        #expect(
            try message(hex("0001 0100 0001 0000 0000 0000 \(label)\(label)\(label)\(label) 00 0001 0001")).isMalformed)
        #expect(hex("0102").withUnsafeBytes { DNSMessage($0) } == nil)
    }

    @Test("labels keep their odd bytes, escaped")
    func escapes() throws {
        #expect(
            try message(hex("0001 0100 0001 0000 0000 0000 04 612e0020 00 0001 0001")).questions[0].name
                == "a\\.\\000\\032")
    }

    @Test("answers over UDP meet their questions by number and name, and questions are given up in time")
    func datagrams() {
        let sink = ItemSink()
        let identity = ConnectionIdentity(
            client: Peer(address: "10.0.0.1", port: 40_000), server: Peer(address: "10.0.0.2", port: 53),
            transport: .udp,
            number: 1)
        let dns = DNSDatagramDissector(StreamContext(identity), DissectionSettings())
        var other = Self.query
        other[1] = 0x35
        func take(_ bytes: [UInt8], _ time: Int64) {
            bytes.withUnsafeBytes { _ = dns.receive($0, at: time, into: sink) }
        }
        take(Self.query, 0)
        take(other, 1_000)
        take(Self.answer, 5_000)
        take(Self.answer, 6_000)
        #expect(!dns.isIdle)
        dns.expire(before: 2_000, .timeout, into: sink)
        #expect(dns.isIdle)
        let items = sink.takePieces().flatMap { $0 }
        #expect(
            items.map(\.error) == [
                nil, ItemError(.pairNotFound, "the request was not captured"),
                ItemError(.timeout, "no response came in time"),
            ])
        #expect(items.first?.elapsed == 5_000)
        #expect(
            sink.counters.paired == 1 && sink.counters.responseOnly[.notSeen] == 1
                && sink.counters.requestOnly[.timeout] == 1)
    }

    @Test("datagrams are recognized by what they hold, and on the port of DNS in doubt too")
    func recognition() {
        let settings = DissectionSettings()
        func recognized(_ bytes: [UInt8], _ port: UInt16) -> Side? {
            bytes.withUnsafeBytes { DNSDatagramDissector.recognize($0, ports: (40_000, port), settings) }
        }
        #expect(recognized(Self.query, 1234) == .client && recognized(Self.answer, 1234) == .server)
        let broken = hex("0001 0100 0001 0000 0000 0000 c00c 0001 0001")
        #expect(
            recognized(broken, 53) == .client && recognized(broken, 1234) == nil && recognized(Self.query, 137) == nil)
        #expect(recognized(Array(repeating: 0, count: 40), 1234) == nil && recognized([1, 2, 3], 53) == nil)
    }
}

@Suite("ICMP")
struct ICMPTests {
    @Test(
        "messages carry their kind as text",
        arguments: [
            ("0800 f7ff 0001 0002", 4, "EchoRequest"), ("0303 0000 0000 0000", 4, "DestinationUnreachable(Port)"),
            ("0b00 0000 0000 0000", 4, "TimeExceeded(TTLExceeded)"), ("6301 0000", 4, "Unknown(99)(1)"),
            ("8000 1234 0001 0002", 6, "EchoRequest"), ("0104 0000 0000 0000", 6, "DestinationUnreachable(Port)"),
            ("0363 0000 0000 0000", 4, "DestinationUnreachable(99)"),
        ])
    func kinds(bytes: String, version: Int, text: String) {
        let message = hex(bytes).withUnsafeBytes { ICMPMessage($0, version: version) }
        #expect(message?.typeCode == text)
    }

    @Test("its numbers are fields of data")
    func fields() throws {
        let message = try #require(hex("0800 f7ff 0001 0002 6162").withUnsafeBytes { ICMPMessage($0, version: 4) })
        let identity = ConnectionIdentity(
            client: Peer(address: "10.0.0.1", port: 0), server: Peer(address: "10.0.0.2", port: 0), transport: .icmp,
            number: 3)
        var encoder = ItemEncoder()
        let item = encoder.tree(Item(connection: identity, index: 0, time: 0, payload: .icmp(message)))
        #expect(
            item["data"] == [
                "checksum": 63487, "id": 1, "sequence": 2, "version": 4, "length": 10, "typeCode": "EchoRequest",
            ])
        #expect(item[path: "protocol.abbr"] == "ICMPv4" && item["stream"] == "000000000003_icmp.pcap")
        #expect(hex("0800").withUnsafeBytes { ICMPMessage($0, version: 4) } == nil)
    }
}
