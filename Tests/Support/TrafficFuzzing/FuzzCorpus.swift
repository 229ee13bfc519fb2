internal import Dissection
internal import FoundationEssentials
internal import PacketCapture
internal import RecordedTraffic

/// Inputs to begin with, by target: good traffic, which mutations make bad.
package struct FuzzCorpus {
    private var inputs: [FuzzTarget: [[UInt8]]] = [:]

    /// Of each target at most so many, each at most so long, so that all that is in them is met often.
    private static let inputLimit = 400
    private static let byteLimit = 4 << 10

    /// What this project says itself: enough that every protocol's parts are met.
    package init() {
        let traffic = Self.ownTraffic
        add(packets: traffic.packets.map { ($0.time, .ethernet, $0.frame) })
        add(file: traffic.pcap)
        add(file: traffic.pcapng)
        inputs[.reassembly] = Self.segments
        inputs[.filter] = Self.filters
    }

    /// With the captures of other projects where they are: in the folder `REMORA_PCAPS`, else in `../shared/pcaps`.
    package static var `default`: FuzzCorpus {
        let folder = ProcessInfo.processInfo.environment["REMORA_PCAPS"] ?? "../shared/pcaps"
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        let captures = names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
        var corpus = FuzzCorpus()
        corpus.add(captures: captures.map { folder + "/" + $0 })
        return corpus
    }

    /// Adds what is in capture files. Files that are none, or are damaged, are welcome.
    package mutating func add(captures paths: [String]) {
        for path in paths {
            if let bytes = FileManager.default.contents(atPath: path), bytes.count <= 4 * Self.byteLimit {
                add(file: Array(bytes))
            }
            guard var file = try? CaptureFile(path: path) else { continue }
            var packets: [(time: Int64, linkType: LinkType, frame: [UInt8])] = []
            while packets.count < 512, let batch = (try? file.next()) ?? nil {
                for packet in batch.prefix(512) { packets.append((packet.time, packet.linkType, Array(packet.bytes))) }
            }
            add(packets: packets)
        }
    }

    /// The inputs of a target.
    package func inputs(of target: FuzzTarget) -> [[UInt8]] { inputs[target] ?? [] }

    /// Words of a target's language, to be put anywhere.
    package static func words(of target: FuzzTarget) -> [[UInt8]] {
        let texts: [String]
        switch target {
        case .http, .recognition:
            texts = [
                "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "\r\n\r\n", "\r\n",
                "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n",
                "Content-Encoding: br\r\n", "Content-Encoding: zstd\r\n",
                "Content-Type: multipart/form-data; boundary=x",
                "Content-Type: application/x-www-form-urlencoded\r\n", "Cookie: a=b; c\r\n", "0\r\n\r\n", "HEAD ",
                "CONNECT ", "HTTP/1.1 101 Switching\r\n", "--x\r\n", "%4", "?a=b&a=c", "HTTP/0.9", "GET /\r\n",
            ]
        case .redis:
            texts = [
                "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$-1\r\n", "*?\r\n", ".\r\n", "$?\r\n", ";4\r\nabcd\r\n", ";0\r\n",
                "%1\r\n", "|1\r\n", ">2\r\n", "~3\r\n", ",1.5\r\n", "(99999999999999999999\r\n", "#t\r\n", "_\r\n",
                "=7\r\ntxt:abc\r\n", "SUBSCRIBE a\r\n", "CLIENT REPLY SKIP\r\n", "+OK\r\n", "-ERR x\r\n", ":7\r\n",
                "\r\n",
            ]
        case .filter:
            texts = [
                " and ", " or ", "!", "(", ")", "==", "!=", ">=", "r\"", "\"", "'", "`", "[0]", "[*]", "..", ".*",
                "http", "redis", "request.path", ".startsWith(", ".json()", ".xml()", "limit(", "redact(", "now()",
                "seconds(", "datetime(", "nil", "true", "-",
            ]
        default: texts = []
        }
        return texts.map { Array($0.utf8) }
    }

    // MARK: Kinds of inputs

    private mutating func add(_ input: [UInt8], to target: FuzzTarget) {
        guard !input.isEmpty, inputs[target, default: []].count < Self.inputLimit else { return }
        inputs[target, default: []].append(Array(input.prefix(Self.byteLimit)))
    }

    private mutating func add(file: [UInt8]) { add(file, to: .file) }

    private mutating func add(packets: [(time: Int64, linkType: LinkType, frame: [UInt8])]) {
        var tracker = FlowTracker()
        var flows = FlowScripts()
        var number: UInt64 = 0
        var script: [UInt8] = []
        for (time, linkType, frame) in packets {
            number += 1
            let kind = frame.withUnsafeBytes { bytes -> PacketKind in
                let packet = CapturedPacket(
                    bytes: bytes, time: time, wireLength: UInt32(bytes.count), interface: 0, linkType: linkType)
                return tracker.process(packet, number: number, consumer: &flows).kind
            }
            let type = PacketFuzzing.number(of: linkType)
            // Of what is common, not every packet.
            if kind != .tcp || number % 8 == 1 { add([type, 0] + frame, to: .decoder) }
            script += Script.bytes([(type, frame.count, frame)])
            if script.count > 2 << 10 {
                add(script, to: .traffic)
                script = []
            }
        }
        add(script, to: .traffic)
        tracker.finish(consumer: &flows)
        for (target, input) in flows.inputs { add(input, to: target) }
    }

    // MARK: Own inputs

    private static let segments: [[UInt8]] = [
        // A handshake, both sides speak in order, both end.
        [0, 2, 0, 0, 0, 0, 0, 0, 1] + [1, 18, 0, 0, 0, 0, 0, 0, 1] + [0, 24, 0, 0, 0, 0, 100, 0, 1]
            + [1, 24, 0, 0, 0, 0, 200, 0, 1] + [0, 17, 0, 0, 0, 0, 0, 0, 1] + [1, 17, 0, 0, 0, 0, 0, 0, 1],
        // Out of order, repeated, overlapping; then lost and acknowledged.
        [0, 24, 0, 100, 0, 0, 100, 0, 1] + [0, 24, 0, 50, 0, 0, 100, 0, 1] + [0, 24, 0, 0, 0, 0, 100, 0, 1]
            + [0, 24, 0, 200, 0, 0, 9, 0, 1] + [1, 16, 0, 0, 1, 0, 0, 0, 1] + [1, 24, 0, 0, 1, 0, 9, 0, 1],
        // A reset, and another connection with the same ports.
        [0, 24, 0, 0, 0, 0, 10, 0, 1] + [1, 4, 0, 0, 0, 0, 0, 0, 1] + [0, 2, 64, 0, 0, 0, 0, 0, 1],
    ]

    private static let filters: [[UInt8]] = [
        "http and response.status >= 500", "(http or dns) and !(src.name == 'a')",
        "request.headers[\"Host\"] == r\"^sh\"",
        "list[*].five > 1 and list..five == 5", "request.body.json().a[0] == 1",
        "response.content.text.xml().a.c == \"d\"",
        "timestamp >= minutes(-5) and limit(3) and redact(\"request.headers.Host\", \"request.body.json().a\")",
        "datetime(\"1/2/2026, 3:04:05.000 PM\") < now() // end",
    ].map { Array($0.utf8) }

    private static let ownTraffic: RecordedTraffic = {
        var traffic = RecordedTraffic()
        let get = "GET /a/b?x=1&x=2 HTTP/1.1\r\nHost: shop\r\nCookie: a=b; c=d\r\nAccept-Encoding: gzip\r\n\r\n"
        let form = "a=1&b=%20x+y"
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhi\r\n--x--\r\n"
        traffic.converse(
            serverPort: 80,
            [
                .client(get + get),
                .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: s=1; Path=/\r\n\r\nok"),
                .server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n"),
                .client(
                    "POST /f HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
                ),
                .server("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
                .client(
                    "POST /m HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: \(multipart.utf8.count)\r\n\r\n\(multipart)"
                ),
                .lostServerBytes([1, 2, 3]), .client("HEAD / HTTP/1.0\r\n\r\n"), .server("HTTP/1.0 204 No\r\n\r\n"),
            ])
        traffic.converse(
            serverPort: 6_379,
            [
                .client("*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"), .server("+PONG\r\n+OK\r\n"),
                .client("*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n"),
                .server("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n>3\r\n+message\r\n+c\r\n+hi\r\n"),
                .client("GET \"a b\"\r\n"), .server("%1\r\n+k\r\n*2\r\n:1\r\n$-1\r\n"),
            ])
        traffic.converse(serverPort: 443, [.clientBytes(clientHello), .serverBytes(serverHello)])
        let query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1] + name("www.example.org") + [0, 1, 0, 1] + edns
        let answer: [UInt8] =
            [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0] + name("www.example.org") + [0, 1, 0, 1]
            + record(5, name("a.example.org")) + record(1, [10, 0, 0, 7]) + record(16, [2] + Array("hi".utf8))
        traffic.datagram(from: 40_000, to: 53, query)
        traffic.datagram(from: 53, to: 40_000, answer)
        traffic.converse(
            serverPort: 53,
            [
                .clientBytes([0, UInt8(query.count)] + query), .serverBytes([0, UInt8(answer.count)] + answer),
            ])
        traffic.packet(ipProtocol: 1, [8, 0, 0, 0, 0, 5, 0, 1, 1, 2, 3, 4])
        traffic.packet(ipProtocol: 1, [3, 3, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 20])
        return traffic
    }()

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func record(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
    }

    private static let edns: [UInt8] = [0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0]

    /// SNI example.org, ALPN h2, some ciphers and groups.
    private static let clientHello: [UInt8] = {
        let sni = [0, 0, 0, 16, 0, 14, 0, 0, 11] + Array("example.org".utf8)
        let rest: [UInt8] = [0, 16, 0, 5, 0, 3, 2, 0x68, 0x32, 0, 10, 0, 4, 0, 2, 0, 29, 0, 43, 0, 3, 2, 3, 4]
        let extensions = sni + rest
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [
                0, 0, 4, 0x13, 1, 0x0a, 0x0a, 1, 0, 0, UInt8(extensions.count),
            ]
            + extensions
        return [22, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    }()

    private static let serverHello: [UInt8] = {
        let body = [3, 3] + [UInt8](repeating: 9, count: 32) + [0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]
        return [22, 3, 3, 0, UInt8(body.count + 4), 2, 0, 0, UInt8(body.count)] + body
    }()
}
