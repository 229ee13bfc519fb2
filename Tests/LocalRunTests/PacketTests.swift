import FoundationEssentials
import Glibc
import LocalRun
import ScriptFolder
import Testing

@Suite("Packets of a capture file")
struct PacketTests {
    let folder: Folder
    let recorder = RunRecorder()

    init() throws { folder = try Folder() }

    /// A pcap file (microseconds, Ethernet) with packets of these captured and real lengths, a second apart.
    static func pcap(_ lengths: [(captured: Int, wire: Int)]) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var bytes = number(0xa1b2_c3d4) + [2, 0, 4, 0] + number(0) + number(0) + number(65535) + number(1)
        for (second, length) in lengths.enumerated() {
            bytes += number(1_700_000_000 + second) + number(250_000) + number(length.captured) + number(length.wire)
            bytes += [UInt8](repeating: 0, count: length.captured)
        }
        return bytes
    }

    func run(_ script: String, _ file: String, dataFolder: String? = nil) async throws -> [String] {
        try folder.write("a.js", script)
        var settings = RunSettings()
        settings.sources = [ScriptSource(path: folder.path)]
        settings.endsWithInputs = true
        settings.runsJobsAtEnd = true
        settings.dataFolder = dataFolder
        _ = try await RunSession(settings, inputs: [PacketRecording(paths: [file])], reporter: recorder).run()
        return recorder.all.filter { $0.hasPrefix(">") || $0.hasPrefix("problem") }
    }

    @Test("each packet reaches the hook with its times and lengths")
    func info() async throws {
        let file = try folder.write("a.pcap", Self.pcap([(60, 60), (96, 1500)]))
        let lines = try await run(
            "function onPacketCaptured(i) { console.log(i.timestamp, i.captureLength, i.length, i.truncated, i.fragmented); }",
            file)
        #expect(
            lines == [
                "> 2023-11-14T22:13:20.250000000Z 60 60 false false",
                "> 2023-11-14T22:13:21.250000000Z 96 1500 true false",
            ])
    }

    private let counter = """
        var n = 0, kb = 0;
        function onPacketCaptured(info) { n++; kb += info.length / 1000; }
        jobs.schedule("report", "0 * * * * *", function () { console.log(n, kb.toFixed(3)); });
        """

    @Test("addresses and ports are read from the headers")
    func routes() async throws {
        var bytes = Self.pcap([])
        let udp: [UInt8] = [0x30, 0x39, 0, 53, 0, 8, 0, 0]
        let ip: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 7, 10, 96, 0, 10]
        let frame = [UInt8](repeating: 2, count: 12) + [8, 0] + ip + udp
        bytes += [0, 0xf1, 0x53, 0x65, 0, 0, 0, 0, 42, 0, 0, 0, 42, 0, 0, 0] + frame
        let file = try folder.write("a.pcap", bytes)
        let lines = try await run(
            "function onPacketCaptured(i) { console.log(i.proto, i.srcIp, i.srcPort, i.dstIp, i.dstPort, i.length); }",
            file)
        #expect(lines == ["> udp 10.0.0.7 12345 10.96.0.10 53 42"])
    }

    /// An Ethernet frame with a UDP datagram over IPv4.
    private static func udp(_ payload: [UInt8], isAnswer: Bool) -> [UInt8] {
        let (client, server): ([UInt8], [UInt8]) = ([10, 0, 0, 7], [10, 96, 0, 10])
        let (clientPort, serverPort): ([UInt8], [UInt8]) = ([0x30, 0x39], [0, 53])
        let length = UInt8(8 + payload.count)
        let udp = (isAnswer ? serverPort + clientPort : clientPort + serverPort) + [0, length, 0, 0] + payload
        let addresses = isAnswer ? server + client : client + server
        let ip: [UInt8] = [0x45, 0, 0, 20 + length, 0, 0, 0, 0, 64, 17, 0, 0] + addresses
        return [UInt8](repeating: 2, count: 12) + [8, 0] + ip + udp
    }

    /// A pcap file with a DNS query and, 2 ms later, the answer that there is no such name.
    private static var conversation: [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let question: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 1, 0x62, 0, 0, 1, 0, 1]
        let frames = [
            udp([0x12, 0x34, 1, 0] + question, isAnswer: false),
            udp([0x12, 0x34, 0x81, 0x83] + question, isAnswer: true),
        ]
        return frames.enumerated().reduce(into: pcap([])) { bytes, frame in
            bytes += number(1_700_000_000) + number(frame.offset * 2000)
            bytes += number(frame.element.count) + number(frame.element.count) + frame.element
        }
    }

    @Test("conversations become items, also beside packets")
    func items() async throws {
        let file = try folder.write("a.pcap", Self.conversation)
        let lines = try await run(
            """
            var n = 0;
            function onPacketCaptured(i) { n++; }
            function onItemCaptured(d) {
              console.log(d.protocol.name, d.request.questions[0].name, d.response.code, d.src.ip, d.Destination.Port,
                d.elapsedTime, d.node.name);
            }
            jobs.schedule("n", "@hourly", function () { console.log(n); });
            """, file)
        #expect(
            lines.filter { !$0.contains("Scheduled") && !$0.contains("Triggered") } == [
                "> dns a.b Non-Existent Domain 10.0.0.7 53 2000 local", "> 2",
            ])
    }

    @Test("a script of a run copies the packets of what it saw")
    func snapshots() async throws {
        let file = try folder.write("a.pcap", Self.conversation)
        let lines = try await run(
            """
            function onItemCaptured(d) {
              console.log(d.stream, file.size(pcap.path(d.stream)), file.size(pcap.snapshot()),
                file.size(pcap.snapshot({ to: 1 })), JSON.stringify(pcap.nameResolutionHistory()));
            }
            """, file, dataFolder: folder.path + "/data")
        let size = 24 + 2 * (16 + 42 + 21)
        #expect(lines.first?.hasSuffix(": no packets were selected") == true)
        #expect(lines.dropFirst() == ["> 000000000001_udp.pcap \(size) \(size) 24 {}"])
    }

    @Test("a filter keeps items of a capture file from a script")
    func filteredItems() async throws {
        let file = try folder.write("a.pcap", Self.conversation)
        let lines = try await run(
            "function onItemCaptured(d) { console.log('item'); } onItemCaptured.filter = 'http';", file)
        #expect(lines == [])
    }

    @Test("no packet of many is lost")
    func many() async throws {
        let file = try folder.write("a.pcap", Self.pcap([(Int, Int)](repeating: (60, 100), count: 50_000)))
        #expect(try await run(counter, file).last == "> 50000 5000.000")
    }

    @Test("a file that was cut is read up to the cut, which is told")
    func truncated() async throws {
        let whole = Self.pcap([(60, 60), (60, 60), (60, 60)])
        let file = try folder.write("a.pcap", Array(whole.dropLast(10)))
        let lines = try await run(counter, file)
        #expect(lines.contains { $0.hasPrefix("problem") && $0.contains("the file ends within a record") })
        #expect(lines.last == "> 2 0.120")
    }

    @Test("a capture that comes through a pipe is not read before its time")
    func pipe() async throws {
        let file = try folder.write("a.pcap", Self.pcap([(60, 60), (60, 60)]))
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        // Both ends in one process: so much fits into a pipe.
        let descriptor = open(pipe, O_RDWR)
        defer { close(descriptor) }
        let bytes = try Data(contentsOf: URL(filePath: file))
        #expect(bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
        try PacketRecording.probe(pipe)
        var unread: Int32 = 0
        #expect(ioctl(descriptor, UInt(FIONREAD), &unread) == 0)
        #expect(Int(unread) == bytes.count)
    }

    @Test("what is no capture file is refused by its first bytes")
    func foreign() throws {
        let text = try folder.write("a.pcap", "hello world, this is text")
        #expect(throws: RunRefusal("\(text) is no pcap or pcapng file: it begins with 68 65 6c 6c 6f 20 77 6f")) {
            try PacketRecording.probe(text)
        }
        #expect(throws: RunRefusal.self) { try PacketRecording.probe(folder.path + "/none.pcap") }
        #expect(throws: RunRefusal.self) { try PacketRecording.probe(folder.path) }
        #expect(throws: RunRefusal("\(folder.path): is a directory")) { _ = try LineReader(path: folder.path) }
        #expect(throws: Never.self) { try PacketRecording.probe(try folder.write("b.pcap", Self.pcap([(1, 1)]))) }
    }
}
