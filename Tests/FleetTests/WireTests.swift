import JSON
import Testing

@testable import Fleet

/// What is read from the other end.
@Suite("Lines on the wire")
struct WireTests {
    @Test("lines come whole, however the bytes are cut")
    func splitting() throws {
        let text = Array("one\ntwo\n\nthree\n".utf8)
        for size in 1...text.count {
            var splitter = LineSplitter(limit: 10)
            var lines: [String] = []
            var rest = text[...]
            while !rest.isEmpty {
                lines += try splitter.take(Array(rest.prefix(size))).map { String(decoding: $0, as: UTF8.self) }
                rest = rest.dropFirst(size)
            }
            #expect(lines == ["one", "two", "three"])
        }
    }

    @Test("a line without end is stopped at its limit")
    func endless() throws {
        var splitter = LineSplitter(limit: 10)
        _ = try splitter.take(Array("0123456789".utf8))
        #expect(throws: FleetWireError("a line of more than 10 bytes")) { _ = try splitter.take([0x30]) }
    }

    @Test(
        "what is no message is an error that says what is missing; a type of a later version is passed over",
        arguments: [
            "", "nonsense", "[]", "{}", "{\"type\":\"push\"}", "{\"type\":\"pod\",\"event\":\"ADDED\"}",
            "{\"type\":\"welcome\",\"hub\":\"h\",\"session\":\"s\",\"heartbeat\":0,\"protocol\":1}",
            "{\"type\":\"welcome\",\"hub\":\"h\",\"session\":\"s\",\"heartbeat\":1,\"protocol\":2}",
            "{\"type\":\"push\",\"revision\":\"r\",\"nonce\":\"n\",\"put\":[{}]}", "{\"type\":\"command\"}",
            "{\"type\":\"names\",\"version\":1}", "{\"type\":\"names\",\"version\":-1,\"part\":\"whole\"}",
            "{\"type\":\"names\",\"version\":1,\"part\":\"half\"}",
        ])
    func garbage(_ line: String) throws {
        #expect(throws: FleetWireError.self) { _ = try HubMessage(line: Array(line.utf8)) }
        #expect(try HubMessage(line: Array("{\"type\":\"of later\"}".utf8)) == nil)
    }

    @Test("every message of the hub survives the wire")
    func messages() throws {
        let messages: [HubMessage] = [
            .welcome(FleetWelcome(hub: "h", session: "s", heartbeat: .milliseconds(1_500))),
            .pod(Samples.event("MODIFIED", "p", version: 12, ordinal: 3, change: Array("{\"kind\":\"crashed\"}".utf8))),
            .pod(Samples.event("ADDED", "p", version: nil)), .swept,
            .command(FleetCommand(id: "c", name: "snapshot", arguments: ["a": 1])), .ping(Samples.position(9)),
            .bye(reason: "r", delay: .milliseconds(20)),
            .names(FleetNames(version: 3, part: .whole, time: 5, put: [])),
            .names(
                FleetNames(
                    version: 4, part: .change, time: 5,
                    put: [
                        FleetName(
                            address: "10.0.0.1", kind: .pod, namespace: "a-namespace-of-some-length", name: "p",
                            since: 7, node: "n", host: "10.9.0.1", service: "s", slice: "s-abc"),
                        FleetName(address: "10.0.0.2", kind: .service, namespace: "shop", name: "s", since: 8),
                        FleetName(
                            address: "fd00::1", kind: .service, namespace: "shop", name: "s", since: 8, slice: "s-1"),
                        FleetName(address: "10.9.0.1", kind: .node, namespace: "", name: "n", since: -9),
                    ], ended: [.init(address: "10.0.0.3", time: 6)])),
        ]
        for message in messages { #expect(try HubMessage(line: Array(message.line.dropLast())) == message) }
    }

    @Test("a hello survives the wire, whatever it asks for")
    func hello() throws {
        for scope: FleetHello.Scope in [.node("n1"), .all, .pod(namespace: "shop", name: "web-0")] {
            var hello = Samples.hello(scope: scope, manifest: Samples.set([3: "a"]).manifest)
            hello.position = Samples.position(4, ordinal: 1)
            hello.failures = [Samples.failure(3)]
            #expect(try FleetHello(hello.body) == hello)
            for names: FleetHello.Names in [.unknown, .read(FleetNamePosition(hub: "h", version: .max >> 1))] {
                hello.names = names
                #expect(try FleetHello(hello.body) == hello)
            }
        }
    }

    @Test("a name takes little, and one of a kind that a later hub tells of, or that is none, is passed over")
    func name() throws {
        let service = FleetName(address: "10.0.0.2", kind: .service, namespace: "shop", name: "web", since: 1_700)
        let line = String(
            decoding: HubMessage.names(FleetNames(version: 1, part: .whole, time: 9, put: [service])).line,
            as: UTF8.self)
        #expect(
            line
                == #"{"type":"names","version":1,"part":"whole","time":9,"put":[["10.0.0.2","service","shop","web",1700]]}"#
                + "\n")
        let other = try HubMessage(
            line: Array(
                #"{"type":"names","version":1,"part":"change","put":[["10.0.0.3","gateway","","g",1],[],7,["a"],["10.0.0.2","service","shop","web",1700]],"ended":[[],["a"],["10.0.0.9",3]]}"#
                    .utf8))
        let ended = [FleetNames.End(address: "10.0.0.9", time: 3)]
        #expect(other == .names(FleetNames(version: 1, part: .change, time: 0, put: [service], ended: ended)))
    }

    @Test(
        "a hello of another protocol, without a name or with control characters in it is refused",
        arguments: [
            ["protocol": 2], ["worker": ""], ["worker": "a\nb"], ["node": .null], ["manifest": [:]],
            ["scope": "galaxy"],
            ["worker": .string(String(repeating: "x", count: 401))],
        ] as [JSONValue])
    func wrongHello(_ change: JSONValue) throws {
        var value = try JSONValue(parsing: Samples.hello().body)
        for (member, text) in change.object ?? [:] { value[member] = text }
        let body = value.encoded()
        #expect(throws: FleetWireError.self) { try FleetHello(body) }
    }
}
