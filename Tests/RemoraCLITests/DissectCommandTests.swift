import FoundationEssentials
import JSON
import RecordedTraffic
import RemoraProgram
import Testing

/// `remora dissect`, as a user calls it.
@Suite("remora dissect", .timeLimit(.minutes(3)))
struct DissectCommandTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        try Data(bytes).write(to: URL(filePath: folder + "/" + name))
        return folder + "/" + name
    }

    func dissect(_ arguments: String...) async throws -> (status: Int32, lines: [String], errors: [String]) {
        let result = try await RemoraProgram.run(["dissect"] + arguments)
        guard case .exited(let status) = result.status else {
            Issue.record("\(arguments) ended by \(result.status)")
            return (-1, [], [])
        }
        func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
        return (Int32(status), lines(result.output), lines(result.errors))
    }

    /// Two requests, a command, a query that nobody answers, an echo.
    static let traffic: RecordedTraffic = {
        var traffic = RecordedTraffic()
        traffic.converse(
            serverPort: 8080,
            [
                .client("GET /a?b=1 HTTP/1.1\r\nHost: shop\r\nCookie: token=secret\r\n\r\n"),
                .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                .client("POST /pay HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc"),
                .server("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"),
            ])
        traffic.converse(
            serverPort: 6379, [.client("*2\r\n$3\r\nGET\r\n$4\r\ncart\r\n"), .server("$5\r\nempty\r\n")])
        traffic.datagram(from: 40_000, to: 53, dnsQuery)
        traffic.packet(ipProtocol: 1, [8, 0, 0, 0, 0, 5, 0, 1])
        return traffic
    }()

    /// Asks for A of example.org.
    private static let dnsQuery: [UInt8] =
        [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7] + Array("example".utf8) + [3] + Array("org".utf8) + [
            0, 0, 1, 0, 1,
        ]

    @Test("pcap, pcapng and standard input give the same items, one JSON object a line, and a summary beside them")
    func formats() async throws {
        let pcap = try write("a.pcap", Self.traffic.pcap)
        let pcapng = try write("a.pcapng", Self.traffic.pcapng)
        let first = try await dissect(pcap)
        #expect(first.status == 0)
        let items = try first.lines.map { try JSONValue(parsing: $0) }
        #expect(
            items.map { $0["base"]?["summary"]?.string } == ["/a", "/pay", "cart", "", "example.org"])
        #expect(items.map { $0["protocol"]?["name"]?.string } == ["http", "http", "redis", "icmp", "dns"])
        #expect(
            first.errors == [
                "# 26 packets, 1653 bytes, 4 flows, within 25 ms",
                "# 5 items: 2 http, 1 dns, 1 icmp, 1 redis; 1 without response (the connection ended)",
                "# nothing was lost",
            ])
        #expect(try await dissect(pcapng).lines == first.lines)
        let piped = folder + "/piped"
        let shell = try await ShellRun.run("'\(RemoraProgram.path)' dissect - <'\(pcap)' >'\(piped)' 2>/dev/null")
        #expect(shell == .exited(0))
        #expect(try String(contentsOfFile: piped, encoding: .utf8) == first.lines.joined(separator: "\n") + "\n")
    }

    @Test("a line is what onItemCaptured gets, from a capture and from these lines alike, under both kinds of names")
    func hooks() async throws {
        let capture = try write("a.pcap", Self.traffic.pcap)
        let lines = try await dissect(capture).lines
        let recorded = try write("items.jsonl", lines.joined(separator: "\n").utf8)
        let plain = try write("a.js", "function onItemCaptured(data) { console.log(JSON.stringify(data)); }".utf8)
        let go = try write(
            "b.js",
            """
            function onItemCaptured(d) {
              console.log(d.Protocol.Name === d.protocol.name, d.Source.IP, d.Destination.Port, d.Base.Summary, d.Node.Name);
            }
            """.utf8)
        for input in [["--pcap", capture], ["--items", recorded]] {
            let result = try await RemoraProgram.run(["run", plain, "--once"] + input)
            let told = result.output.split(separator: "\n").map {
                $0.replacing("[local-0] ", with: "", maxReplacements: 1)
            }
            #expect(told.map(String.init) == lines, "\(input)")
            let aliases = try await RemoraProgram.run(["run", go, "--once"] + input)
            #expect(
                aliases.output.split(separator: "\n").first == "[local-0] true 10.0.0.1 8080 /a local", "\(input)")
        }
    }

    @Test("wide is a line for people, in columns")
    func wide() async throws {
        let result = try await dissect(try write("a.pcap", Self.traffic.pcap), "--output", "wide")
        #expect(
            result.lines == [
                "2023-11-14T22:13:20.003000000Z  10.0.0.1:40000   →  10.0.0.2:8080    HTTP  2.0 ms  GET /a?b=1 → 200 OK",
                "2023-11-14T22:13:20.007000000Z  10.0.0.1:40000   →  10.0.0.2:8080    HTTP  2.0 ms  "
                    + "POST /pay → 500 Internal Server Error",
                "2023-11-14T22:13:20.017000000Z  10.0.0.1:40001   →  10.0.0.2:6379    REDIS  2.0 ms  GET cart → empty",
                "2023-11-14T22:13:20.025000000Z  10.0.0.1         →  10.0.0.2         ICMPv4  -       "
                    + "EchoRequest id 5 sequence 1",
                "2023-11-14T22:13:20.024000000Z  10.0.0.1:40000   →  10.0.0.2:53      DNS     -       "
                    + "A example.org → (the connection ended without a response)",
            ])
    }

    @Test("what a terminal would take for a command is shown as its number")
    func escapes() async throws {
        var traffic = RecordedTraffic()
        traffic.converse(
            serverPort: 80, [.client("GET /\u{1b}[2J\u{202e} HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 204\r\n\r\n")])
        let result = try await dissect(try write("a.pcap", traffic.pcap), "--output", "wide")
        #expect(result.lines.count == 1)
        #expect(result.lines.first?.hasSuffix("GET /\\u{1b}[2J\\u{202e} → 204") == true)
    }

    @Test("a filter selects, limit ends, redact hides, and the summary counts both")
    func filter() async throws {
        let capture = try write("a.pcap", Self.traffic.pcap)
        var result = try await dissect(capture, "--filter", "http and response.status >= 500")
        #expect(try result.lines.map { try JSONValue(parsing: $0)["request"]?["path"] } == ["/pay"])
        #expect(result.errors[1].hasPrefix("# 5 items: ") && result.errors[1].hasSuffix("; printed: 1"))

        result = try await dissect(capture, "--filter", "http and limit(1)")
        #expect(result.lines.count == 1)

        result = try await dissect(capture, "--filter", "http and limit(1) and redact(\"request.headers.Cookie\")")
        let item = try JSONValue(parsing: result.lines.first ?? "")
        #expect(item["request"]?["headers"]?["Cookie"] == "[REDACTED]")
        #expect(item["request"]?["headers"]?["Host"] == "shop")
    }

    @Test("dissectors can be chosen, also the connections themselves")
    func dissectors() async throws {
        let capture = try write("a.pcap", Self.traffic.pcap)
        let result = try await dissect(capture, "--dissectors", "tcp-conn", "--output", "wide")
        #expect(
            result.lines.map { $0.split(separator: "  ").last.map { String($0.drop { $0 == " " }) } } == [
                "closed, 7 packets with 113 bytes sent, 6 with 97 received",
                "closed, 5 packets with 23 bytes sent, 4 with 11 received",
            ])
        #expect(result.errors.last == "# passed over: 281 bytes that no dissector reads")
    }

    @Test("lost packets are told, with what came of them")
    func losses() async throws {
        var traffic = RecordedTraffic()
        let get = "GET / HTTP/1.1\r\n\r\n"
        traffic.converse(
            serverPort: 80,
            [
                .client(get), .lostServerBytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)),
                .client(get), .server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            ])
        let result = try await dissect(try write("a.pcap", traffic.pcap))
        #expect(result.status == 0)
        #expect(try result.lines.map { try JSONValue(parsing: $0)["response"]?["status"] } == [nil, 404])
        #expect(
            result.errors == [
                "# 13 packets, 783 bytes, 1 flows, within 12 ms",
                "# 2 items: 2 http; 1 without response (lost in the capture)",
                "# lost: 38 bytes in 1 gaps (acknowledged, but not captured)",
            ])
    }

    @Test("a file that was cut gives its items, says so, and has status 1")
    func cut() async throws {
        for (name, bytes) in [("a.pcap", Self.traffic.pcap), ("a.pcapng", Self.traffic.pcapng)] {
            let whole = try await dissect(try write("whole-" + name, bytes)).lines
            let result = try await dissect(try write(name, bytes.dropLast(10)))
            #expect(result.status == 1, "\(name)")
            #expect(result.lines == whole.filter { !$0.contains("\"icmp\"") }, "\(name)")
            #expect(result.errors.first?.hasPrefix("# 25 packets") == true, "\(name)")
            let last = result.errors.last ?? ""
            #expect(last.hasPrefix("error: \(folder)/\(name): at byte "), "\(name): \(last)")
            #expect(
                last.hasSuffix(
                    ", after 25 packets: the file ends within a record (it was cut, or is still being written)"),
                "\(name): \(last)")
        }
    }

    @Test("what cannot be read, or makes no sense, is named with status 2 and nothing is printed")
    func refusals() async throws {
        let good = try write("good.pcap", Self.traffic.pcap)
        let cases: [([String], String)] = [
            ([folder + "/none"], "error: cannot read \(folder)/none: No such file or directory"),
            (
                [try write("text", "no capture file at all".utf8)],
                "text is no pcap or pcapng file: it begins with 6e 6f 20"
            ),
            ([try write("empty", [])], "empty is empty: a capture file has at least a header"),
            ([try write("a.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0])], "a.gz is compressed: try `gzip -dc "),
            (
                [try write("short", Self.traffic.pcap.prefix(30))],
                "short: at byte 24, after 0 packets: the file ends within"
            ),
            ([folder], "Is a directory"),
            ([good, "--filter", "http and and"], "error: --filter: 1:10: unexpected token"),
            (
                [good, "--filter", "redact(\"id\")", "--output", "wide"],
                "error: --filter: redact(…) needs --output json"
            ),
            ([good, "--dissectors", "http,gopher"], "error: --dissectors: gopher is unknown: there are dns, http"),
            ([good, "--port-mapping", "[]"], "error: --port-mapping: the port mapping must be a JSON object"),
            ([good, "--output", "xml"], "'xml' is invalid"), ([], "Missing expected argument '<file>'"),
        ]
        for (arguments, message) in cases {
            let result = try await RemoraProgram.run(["dissect"] + arguments)
            #expect(result.status == .exited(2), "\(arguments)")
            #expect(result.output == "", "\(arguments)")
            #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        }
    }

    @Test("a capture without packets is no error")
    func noPackets() async throws {
        let result = try await dissect(try write("a.pcap", RecordedTraffic().pcap))
        #expect(result.status == 0 && result.lines.isEmpty)
        #expect(result.errors == ["# 0 packets, 0 bytes, 0 flows", "# 0 items", "# nothing was lost"])
    }

    @Test("help says what it takes, with examples")
    func help() async throws {
        let result = try await RemoraProgram.run(["dissect", "--help"])
        #expect(result.status == .exited(0))
        for text in [
            "remora dissect traffic.pcap --output wide --filter", "tcpdump -i any", "--dissectors <names>",
            "Exit status: 0; 1",
        ] {
            #expect(result.output.contains(text), "\(text)")
        }
    }
}
