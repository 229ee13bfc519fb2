import FoundationEssentials
import HTTPTraffic
import JSON
import PacketCapture
import ScriptRuntime
import ScriptTraffic
import Subprocess
import Testing

@Suite("Snapshots for scripts and people")
struct PacketArchiveTests {
    @Test("everything: all packets in the order of time, in a file named by the second")
    func everything() throws {
        let bench = try ArchiveBench()
        let (name, result) = try bench.archive.snapshot(PacketSelection())
        #expect(name.hasSuffix(".pcap") && UInt64(name.dropLast(5)) != nil)
        #expect(result.packets == 138 && result.packetsMissed == 0 && !result.isPcapng)
        #expect(try bench.packets(of: name).map(\.bytes) == bench.expected([0, 1, 2]))
    }

    @Test("two snapshots of one second have different names")
    func names() throws {
        let bench = try ArchiveBench()
        let names = try (0..<3).map { _ in try bench.archive.snapshot(PacketSelection(), name: "same").name }
        #expect(names == ["same.pcap", "same_1.pcap", "same_2.pcap"])
    }

    @Test("streams: exactly their packets, sorted, though their flows overlap; what is no stream is passed over")
    func streams() throws {
        let bench = try ArchiveBench()
        var selection = PacketSelection()
        selection.streams = [bench.streams[2], bench.streams[0], "nonsense"]
        var notices: [String] = []
        let (name, result) = try bench.archive.snapshot(selection) { notices.append($0) }
        #expect(result.packets == 92)
        #expect(try bench.packets(of: name).map(\.bytes) == bench.expected([0, 2]))
        #expect(notices == ["\"nonsense\" is no name of a stream; it is passed over"])
    }

    @Test("tshark opens a snapshot and sees exactly the selected packets", .enabled(if: Program.exists("tshark")))
    func tshark() async throws {
        let bench = try ArchiveBench()
        for isPcapng in [false, true] {
            var selection = PacketSelection()
            selection.streams = [bench.streams[0], bench.streams[1]]
            selection.isPcapng = isPcapng
            let path = try bench.archive.snapshot(selection).result.path
            let lines = try await Program.run(
                "tshark", ["-n", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.stream"]
            ).split(separator: "\n").map { $0.split(separator: "\t") }
            #expect(lines.count == 92)
            #expect(lines.map { String($0[0]) } == lines.map { String($0[0]) }.sorted())
            #expect(Set(lines.map { String($0[1]) }) == ["0", "1"])
            let requests = try await Program.run("tshark", ["-n", "-r", path, "-Y", "http.request"])
            #expect(requests.split(separator: "\n").count == 40)
        }
    }

    @Test("a window of time has its packets and no others")
    func window() throws {
        let bench = try ArchiveBench()
        var selection = PacketSelection()
        selection.from = ArchiveBench.start + 5_000_000
        selection.to = ArchiveBench.start + 10_000_000
        let name = try bench.archive.snapshot(selection).name
        let window = ArchiveBench.start + 5_000_000...ArchiveBench.start + 10_000_000
        #expect(try bench.packets(of: name).map(\.bytes) == bench.expected([0, 1, 2]) { window.contains($0) })
    }

    @Test("an address, and a pod that had it at the time")
    func addresses() throws {
        let bench = try ArchiveBench()
        var selection = PacketSelection()
        selection.addresses = ["10.0.0.2"]
        #expect(
            try bench.packets(of: bench.archive.snapshot(selection).name).map(\.bytes) == bench.expected([1]))
        bench.names.note(pod: Pods.pod("cart", "shop", ip: "10.0.0.3"), isDeleted: false, at: ArchiveBench.start)
        selection = PacketSelection()
        selection.pod = "shop/cart"
        #expect(
            try bench.packets(of: bench.archive.snapshot(selection).name).map(\.bytes) == bench.expected([2]))
        selection.pod = "shop/nobody"
        #expect(throws: ArchiveError.unknownPod("pod shop/nobody")) { _ = try bench.archive.snapshot(selection) }
    }

    @Test("a filter: the whole flows in which an item matches")
    func filter() throws {
        let bench = try ArchiveBench()
        var selection = PacketSelection()
        selection.filter = "http and response.status == 503"
        let (name, result) = try bench.archive.snapshot(selection)
        #expect(result.packets == 46)
        #expect(try bench.packets(of: name).map(\.bytes) == bench.expected([1]))
        selection.filter = "response.status =="
        #expect(throws: (any Error).self) { _ = try bench.archive.snapshot(selection) }
    }

    @Test("what matches nothing is a file with a header")
    func nothing() throws {
        let bench = try ArchiveBench()
        var selection = PacketSelection()
        selection.to = 1
        let (name, result) = try bench.archive.snapshot(selection)
        #expect(result.packets == 0)
        #expect(try bench.packets(of: name).isEmpty)
    }

    @Test("a stream's file has its packets, and there is none for a stream that is not known")
    func path() throws {
        let bench = try ArchiveBench()
        let path = try bench.archive.path(of: bench.streams[1])
        #expect(path == "pcaps/\(bench.streams[1])")
        #expect(try bench.packets(of: path).map(\.bytes) == bench.expected([1]))
        let missing = try bench.archive.path(of: "000000009999.pcap")
        #expect(missing == "pcaps/000000009999.pcap")
        #expect(!FileManager.default.fileExists(atPath: bench.folder.path + "/files/" + missing))
        #expect(try bench.archive.path(of: "../../etc/passwd") == "pcaps/passwd")
    }

    @Test("files of a folder are put together by time; a cut one gives what it has, garbage is told")
    func merge() throws {
        let bench = try ArchiveBench()
        let folder = bench.folder.path + "/files/mine"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (number, conversation) in bench.conversations.enumerated() {
            var bytes = HTTPConversation.pcap([conversation])
            if number == 2 { bytes.removeLast(7) }
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(number).pcap"))
        }
        try Data(Array("no capture at all, but text".utf8)).write(to: URL(filePath: folder + "/x.pcap"))
        var notices: [String] = []
        let (name, result) = try bench.archive.merge([], in: "mine") { notices.append($0) }
        #expect(result.packets == 137)
        #expect(try bench.packets(of: name).map(\.time) == bench.packets(of: name).map(\.time).sorted())
        #expect(notices.count == 1 && notices[0].hasPrefix("mine/x.pcap: "))
        #expect(try bench.archive.merge(["1.pcap"], in: "mine").result.packets == 46)
        #expect(throws: HelperError.self) { _ = try bench.archive.merge([], in: "../..") }
    }

    @Test("a snapshot that would pass the quota is refused, and leaves nothing behind")
    func quota() throws {
        let bench = try ArchiveBench(quota: 2000)
        #expect(throws: HelperError.self) { _ = try bench.archive.snapshot(PacketSelection()) }
        let files = try FileManager.default.subpathsOfDirectory(atPath: bench.folder.path + "/files")
        #expect(files.filter { !$0.hasPrefix(".remora") || $0.contains("parts/") } == [])
    }
}

@Suite("Selections")
struct PacketSelectionTests {
    @Test("times are Unix milliseconds or RFC 3339, and the rest is as written")
    func reading() throws {
        let selection = try PacketSelection([
            "from": 1_700_000_000_250, "to": "2023-11-14T22:13:21Z", "stream": "000000000001.pcap",
            "ip": ["10.0.0.1", "::1"], "pod": "a/b", "kfl": "http",
        ])
        var expected = PacketSelection()
        expected.from = 1_700_000_000_250_000_000
        expected.to = 1_700_000_001_000_000_000
        expected.streams = ["000000000001.pcap"]
        expected.addresses = ["10.0.0.1", "::1"]
        expected.pod = "a/b"
        expected.filter = "http"
        #expect(selection == expected)
        #expect(try PacketSelection(selection.json) == selection)
        #expect(try PacketSelection([:]) == PacketSelection())
    }

    @Test(
        "what makes no sense is told",
        arguments: [
            ("{\"form\":1}", "no member \"form\""), ("{\"from\":\"yesterday\"}", "from must be"),
            ("{\"ip\":\"10.0.0\"}", "is no IP address"), ("{\"from\":2,\"to\":1}", "from is later than to"),
            ("{\"pod\":7}", "pod must be a text"), ("{\"from\":1e300}", "from must be"), ("[]", "must be an object"),
            ("{\"format\":\"gif\"}", "neither"),
        ])
    func refusing(text: String, message: String) throws {
        let value = try JSONValue(parsing: text)
        let error = #expect(throws: SelectionError.self) { _ = try PacketSelection(value) }
        #expect(error?.description.contains(message) == true)
    }
}

/// Other programs that tests run.
enum Program {
    static func exists(_ name: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + name)
        }
    }

    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 20))
        return result.standardOutput
    }
}

enum Pods {
    static func pod(_ name: String, _ namespace: String, ip: String, hostNetwork: Bool = false) -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": ["hostNetwork": .boolean(hostNetwork)],
            "status": ["phase": "Running", "podIP": .string(ip), "podIPs": [["ip": .string(ip)]]],
        ]
    }
}
