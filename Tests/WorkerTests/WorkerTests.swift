import CurlTransport
import FoundationEssentials
import Glibc
import HTTPTraffic
import JSON
import PacketCapture
import ScriptTraffic
import Testing
import Threading
import Worker

func unlinkFile(_ path: String) { unlink(path) }

@Suite("A worker that reads captures")
struct WorkerTests {
    private static let start: Int64 = 1_700_000_000_000_000_000

    private func conversations(_ count: Int, requests: Int) -> [HTTPConversation] {
        (0..<count).map { number in
            HTTPConversation(
                client: "10.0.\(number / 200).\(number % 200 + 1)", port: UInt16(30_000 + number % 30_000),
                server: "10.1.0.1", start: Self.start + Int64(number) * 1_000,
                requests: (0..<requests).map { ("/\(number)/\($0)", 200) })
        }
    }

    @Test("each request reaches the script once, and every counter adds up")
    func items() async throws {
        let bench = try WorkerBench()
        let file = try bench.write("a.pcap", HTTPConversation.pcap(conversations(300, requests: 10)))
        let worker = try bench.worker(bench.configuration(files: [file]))
        let script = """
            var n = 0, packets = 0;
            function onItemCaptured(d) { if (d.protocol.name === "http" && d.response.status === 200) n++; }
            function onPacketCaptured(p) { packets++; }
            function onHubAction(a) { console.log(n, packets); }
            """
        let log = bench.log
        try await bench.run(worker, GivenScripts(script)) {
            log.withLock { $0.contains("All files are read") }
        }
        let status = worker.status
        #expect(status.violations == [])
        #expect(status.items.delivered == 3000 && status.items.unwanted == 0)
        #expect(status.traffic.read == 300 * 26 && status.traffic.skipped == 0 && status.ring.packetsDropped == 0)
        #expect(status.items.packets == 300 * 26)
    }

    @Test("a script copies the stream of an item, takes snapshots, and gets errors that say what is wrong")
    func helpers() async throws {
        let bench = try WorkerBench()
        let file = try bench.write("a.pcap", HTTPConversation.pcap(conversations(2, requests: 3)))
        let worker = try bench.worker(bench.configuration(files: [file]))
        worker.names.note(
            pod: [
                "metadata": ["name": "cart", "namespace": "shop"], "status": ["podIP": "10.1.0.1"],
            ], isDeleted: false, at: Self.start)
        let script = """
            var seen = {};
            function onItemCaptured(d) {
                if (seen[d.stream]) return;
                seen[d.stream] = true;
                file.copy(pcap.path(d.stream), d.stream);
                console.log(d.stream, d.dst.name, file.size(d.stream));
            }
            function onHubAction(a) {
                console.log(file.exists(pcap.snapshot()), file.exists(pcap.snapshot([])),
                    file.size(pcap.snapshot(Object.keys(seen).slice(0, 1))) < file.size(pcap.snapshot()));
                console.log(JSON.stringify(pcap.nameResolutionHistory()));
                try { pcap.snapshot({form: 1}); } catch (e) { console.log(e.name, e.message); }
                try { pcap.snapshot({pod: "nobody"}); } catch (e) { console.log(e.code); }
                try { pcap.snapshot({kfl: "(("}); } catch (e) { console.log(e.code); }
                console.log(file.exists(pcap.path("000000000099.pcap")), pcap.path("000000000001.pcap", "mine"));
            }
            """
        let log = bench.log
        let task = Task { try await worker.run(GivenScripts(script)) }
        #expect(await WorkerBench.wait { log.withLock { $0.contains("All files are read") } })
        worker.scripts.engine.deliver(.hubAction("go", object: nil, sender: nil))
        await worker.scripts.engine.untilIdle()
        task.cancel()
        try await task.value
        let lines = bench.lines.withLock { $0 }
        #expect(lines.count == 8)
        #expect(lines.prefix(2).allSatisfy { $0.contains(" cart ") })
        #expect(
            Array(lines.dropFirst(2)) == [
                "[n1-0] true true true",
                "[n1-0] {\"1700000000\":{\"10.1.0.1\":{\"FullAddress\":\"cart.shop\",\"Namespace\":\"shop\"}}}",
                "[n1-0] TypeError pcap.snapshot: a selection has no member \"form\": there are from, to, stream, streams, "
                    + "ip, pod, namespace, kfl, format",
                "[n1-0] UNKNOWN_POD", "[n1-0] KFL_SYNTAX", "[n1-0] false mine/000000000001.pcap",
            ])
    }

    @Test("settings change while it runs; a wrong value leaves the one before in force")
    func settings() throws {
        let bench = try WorkerBench()
        let worker = try bench.worker(bench.configuration())
        #expect(worker.apply(["ENABLED_DISSECTORS": "dns, http", "PORT_MAPPING": "{\"http\":[81]}"]) == [])
        #expect(worker.trafficSettings.dissection.enabled == ["dns", "http"])
        let problems = worker.apply([
            "BPF_OVERRIDE": "tcp port", "PORT_MAPPING": "[]", "ENABLED_DISSECTORS": "http,smtp",
            "TRAFFIC_SAMPLE_RATE": "200", "DISSECTION_ENABLED": "perhaps", "POD_REGEX": ".*",
        ])
        #expect(problems.count == 5)
        #expect(worker.trafficSettings.dissection.enabled == ["http"])
        #expect(worker.trafficSettings.dissection.portMapping == [81: ["http"]])
        #expect(worker.trafficSettings.filter == "" && worker.trafficSettings.makesItems)
        #expect(worker.apply(["BPF_OVERRIDE": " tcp  port 80\n", "TRAFFIC_SAMPLE_RATE": "25"]) == [])
        #expect(worker.trafficSettings.filter == "tcp port 80")
        #expect(worker.trafficSettings.dissection.sampledShare == 0.25)
    }

    @Test("a pod that gets the address of one before it: the same ports are another stream, and names go by time")
    func sameAddress() async throws {
        let bench = try WorkerBench()
        let later = Self.start + 60_000_000_000
        let file = try bench.write(
            "a.pcap",
            HTTPConversation.pcap([
                HTTPConversation(server: "10.1.0.1", start: Self.start, requests: [("/before", 200)]),
                HTTPConversation(server: "10.1.0.1", start: later, requests: [("/after", 200)]),
            ]))
        let worker = try bench.worker(bench.configuration(files: [file]))
        for (name, time, isDeleted) in [
            ("old", Self.start - 1_000, false), ("old", Self.start + 30_000_000_000, true),
            ("new", later - 1_000, false),
        ] {
            worker.names.note(
                pod: ["metadata": ["name": .string(name), "namespace": "shop"], "status": ["podIP": "10.1.0.1"]],
                isDeleted: isDeleted, at: time)
        }
        let script = "function onItemCaptured(d) { console.log(d.request.path, d.dst.name, d.stream, d.index); }"
        let log = bench.log
        try await bench.run(worker, GivenScripts(script)) { log.withLock { $0.contains("All files are read") } }
        #expect(
            bench.lines.withLock { $0 } == [
                "[n1-0] /before old 000000000001.pcap 0", "[n1-0] /after new 000000000002.pcap 0",
            ])
    }

    @Test(
        "what a missing key means, and keys that hold for all scripts: flags, durations, macros, a filter that uses them"
    )
    func moreSettings() throws {
        let bench = try WorkerBench()
        var configuration = bench.configuration()
        configuration.listen = ("127.0.0.1", 49_100)
        configuration.ownPeers = [("10.0.0.9", 443)]
        let worker = try bench.worker(configuration)
        #expect(worker.trafficSettings.streamFilesKept == .seconds(300))
        #expect(
            worker.apply([
                "DETECT_DUPLICATES": "true", "DUPLICATE_TIMEFRAME": "50ms", "PCAP_TTL": "1m30s", "STOPPED": "true",
                "CAPTURE_SELF": "1", "CUSTOM_MACROS": "{\"broken\":\"response.status >= 500\"}",
                "GLOBAL_FILTER": "http and broken",
            ]) == [])
        let settings = worker.trafficSettings
        #expect(settings.dissection.duplicateWindow == 50_000_000 && settings.streamFilesKept == .seconds(90))
        #expect(settings.isStopped && settings.capturesItself && settings.terms.globalFilter == "http and broken")
        #expect(settings.json["CUSTOM_MACROS"] == ["broken": "response.status >= 500"])
        let problems = worker.apply([
            "DETECT_DUPLICATES": "maybe", "DUPLICATE_TIMEFRAME": "soon", "PCAP_TTL": "-1s", "STOPPED": "?",
            "CUSTOM_MACROS": "{\"x\":\"((\"}", "GLOBAL_FILTER": "((",
        ])
        #expect(problems.count == 6)
        #expect(worker.trafficSettings == settings)
        #expect(
            worker.apply([
                "DETECT_DUPLICATES": "", "PCAP_TTL": "", "STOPPED": "", "CAPTURE_SELF": "", "GLOBAL_FILTER": "",
            ])
                == [])
        #expect(worker.trafficSettings.dissection.duplicateWindow == nil)
        #expect(worker.trafficSettings.streamFilesKept == .seconds(300) && !worker.trafficSettings.isStopped)
    }

    @Test("a global filter keeps items from every script; macros of one's own are known to it, to filters and to kfl")
    func globalFilter() async throws {
        let bench = try WorkerBench()
        let conversation = HTTPConversation(
            requests: [("/a", 200), ("/b", 500), ("/c", 503), ("/d", 404)])
        var configuration = bench.configuration(files: [
            try bench.write("a.pcap", HTTPConversation.pcap([conversation]))
        ])
        configuration.keys = [
            "CUSTOM_MACROS": "{\"broken\":\"response.status >= 500\",\"bad\":\"response.status >= 400\"}",
            "GLOBAL_FILTER": "bad",
        ]
        let worker = try bench.worker(configuration)
        let scripts = GivenScripts(
            "function onItemCaptured(d) { console.log('all', d.request.path, kfl.match('broken', d)); }",
            "function onItemCaptured(d) { console.log('broken', d.request.path); } onItemCaptured.filter = 'broken';")
        let log = bench.log
        try await bench.run(worker, scripts) { log.withLock { $0.contains("All files are read") } }
        #expect(
            bench.lines.withLock { $0.sorted() } == [
                "[n1-0] all /b true", "[n1-0] all /c true", "[n1-0] all /d false", "[n1-1] broken /b",
                "[n1-1] broken /c",
            ])
        #expect(worker.status.items.delivered == 3 && worker.status.items.unwanted == 1)
        #expect(worker.status.violations == [])
    }

    @Test("with PCAP_TTL 0 there are no files of streams, and those that were there go when it changes")
    func streamFiles() async throws {
        let bench = try WorkerBench()
        let file = try bench.write("a.pcap", HTTPConversation.pcap(conversations(1, requests: 1)))
        let worker = try bench.worker(bench.configuration(files: [file]))
        let script = """
            var stream;
            function onItemCaptured(d) { stream = d.stream; console.log(file.exists(pcap.path(stream))); }
            function onHubAction(a) {
                var path = "pcaps/" + stream;
                console.log(a, file.exists(path), file.exists(pcap.path(stream)));
            }
            """
        let (log, lines) = (bench.log, bench.lines)
        try await bench.run(worker, GivenScripts(script)) {
            guard await WorkerBench.wait({ log.withLock { $0.contains("All files are read") } }) else { return false }
            await worker.scripts.engine.untilIdle()
            for ttl in ["0", "5m"] {
                worker.apply(["PCAP_TTL": ttl])
                worker.scripts.engine.deliver(.hubAction(ttl, object: nil, sender: nil))
                await worker.scripts.engine.untilIdle()
            }
            return true
        }
        #expect(
            lines.withLock { $0 } == [
                "[n1-0] true", "[n1-0] pcap.path: PCAP_TTL is 0: there are no files of streams", "[n1-0] 0 false false",
                "[n1-0] 5m false true",
            ])
    }

    @Test("of a quarter of the connections there are items, and no request of them is missing")
    func sampling() async throws {
        let bench = try WorkerBench()
        let file = try bench.write("a.pcap", HTTPConversation.pcap(conversations(400, requests: 2)))
        var configuration = bench.configuration(files: [file])
        configuration.keys = ["TRAFFIC_SAMPLE_RATE": "25"]
        let worker = try bench.worker(configuration)
        let log = bench.log
        try await bench.run(worker, GivenScripts("function onItemCaptured(d) {}")) {
            log.withLock { $0.contains("All files are read") }
        }
        let delivered = worker.status.items.delivered
        #expect((160...240).contains(delivered) && delivered % 2 == 0)
        #expect(worker.status.violations == [])
    }

    @Test("the local API takes snapshots, lists and sends them, and shows figures; a page in a browser gets nothing")
    func api() async throws {
        let bench = try WorkerBench()
        let file = try bench.write("a.pcap", HTTPConversation.pcap(conversations(3, requests: 4)))
        var configuration = bench.configuration(files: [file])
        configuration.listen = ("127.0.0.1", 0)
        let worker = try bench.worker(configuration)
        let transport = try CurlTransport(name: "test")
        let log = bench.log
        let task = Task { try await worker.run(GivenScripts("function onItemCaptured(d) {}")) }
        #expect(await WorkerBench.wait { log.withLock { $0.contains("All files are read") } })
        let url = "http://127.0.0.1:\(worker.port ?? 0)"
        func send(
            _ method: String, _ path: String, _ body: String? = nil, headers: [(name: String, value: String)] = []
        ) async throws -> (status: Int, body: [UInt8]) {
            var request = HTTPRequest(method: method, url: url + path)
            request.body = body.map { Array($0.utf8) }
            request.headers = headers
            let response = try await transport.send(request)
            return (response.status, try await response.body.collect(limit: 16 << 20))
        }
        let taken = try await send("POST", "/snapshots", "{\"name\":\"mine\",\"kfl\":\"request.path == \\\"/1/2\\\"\"}")
        let snapshot = try JSONValue(parsing: taken.body)
        #expect(taken.status == 201 && snapshot["packets"] == 14 && snapshot["name"] == "mine.pcap")
        let list = try JSONValue(parsing: await send("GET", "/snapshots").body)
        #expect(list.array?.count == 1 && list.array?[0]["selection"]?["kfl"] == "request.path == \"/1/2\"")
        let got = try await send("GET", "/snapshots/mine.pcap")
        #expect(got.body.count == snapshot["bytes"]?.integer.map { Int($0) } && got.body.starts(with: [0x4d, 0x3c]))
        #expect(try await send("GET", "/snapshots/..%2fring.pcapng").status == 404)
        #expect(try await send("POST", "/snapshots", "{\"name\":\"../x\"}").status == 409)
        #expect(try await send("POST", "/snapshots", "{").status == 400)
        #expect(try await send("POST", "/snapshots", "{\"when\":1}").status == 400)
        #expect(try await send("PUT", "/settings", "{\"BPF_OVERRIDE\":\"nonsense\"}").status == 422)
        #expect(try await send("PUT", "/settings", "{\"ENABLED_DISSECTORS\":\"dns\"}").status == 200)
        #expect(try await send("GET", "/snapshots", headers: [("Origin", "http://evil")]).status == 403)
        #expect(try await send("GET", "/snapshots", headers: [("Host", "evil.example")]).status == 403)
        #expect(try await send("DELETE", "/snapshots/mine.pcap").status == 200)
        #expect(worker.snapshots.list() == [])
        let metrics = String(decoding: try await send("GET", "/metrics").body, as: UTF8.self)
        #expect(metrics.contains("remora_ring_written_packets_total 42\n"))
        #expect(metrics.contains("remora_items_delivered_total 12\n"))
        #expect(metrics.contains("remora_decoded_packets_total{kind=\"tcp\"} 42\n"))
        #expect(try await send("GET", "/readyz").status == 200)
        #expect(WorkerAddress.read(in: configuration.folder) == url)
        task.cancel()
        try await task.value
    }

    @Test("what a killed worker has left is kept as a snapshot, and can be copied without a worker")
    func leftBehind() async throws {
        let bench = try WorkerBench()
        let configuration = bench.configuration()
        let ringPath = configuration.folder + "/ring.pcapng"
        try FileManager.default.createDirectory(atPath: configuration.folder, withIntermediateDirectories: true)
        do {
            let ring = try SegmentRing(path: ringPath, settings: configuration.ring)
            var writer = ring.makeWriter()
            writer.setInterfaces([CaptureInterface(name: "eth0", linkType: .ethernet)])
            for packet in conversations(1, requests: 1)[0].packets {
                packet.bytes.withUnsafeBytes {
                    writer.take(
                        CapturedPacket(
                            bytes: $0, time: packet.time, wireLength: UInt32($0.count), interface: 0,
                            linkType: .ethernet))
                }
            }
            writer.flush()
            // As a kill leaves it: what is there is not closed.
            try FileManager.default.copyItem(atPath: ringPath, toPath: ringPath + ".killed")
        }
        try FileManager.default.removeItem(atPath: ringPath)
        try FileManager.default.moveItem(atPath: ringPath + ".killed", toPath: ringPath)
        try FileManager.default.createDirectory(
            atPath: configuration.folder + "/snapshots", withIntermediateDirectories: true)
        let copied = try LeftBehind(folder: configuration.folder).take(["name": "before"])
        #expect(copied.note["packets"] == 8)
        #expect(throws: WorkerError.self) {
            _ = try LeftBehind(folder: configuration.folder).take(["stream": "000000000001.pcap"])
        }
        // Opening it has closed it in order, so that it is to be killed again.
        try Self.markKilled(ringPath)
        let worker = try bench.worker(configuration)
        try await bench.run(worker, GivenScripts()) {
            worker.snapshots.list().contains { $0.name == "crash-1700000000.pcapng" }
        }
        let crash = worker.snapshots.list().first { $0.name.hasPrefix("crash-") }
        #expect(crash?.note["packets"] == 8 && crash?.note["trigger"] == "crash")
    }

    /// Sets the mark of a ring that was not closed.
    private static func markKilled(_ path: String) throws {
        let file = open(path, O_RDWR)
        defer { close(file) }
        var one: UInt64 = 1
        #expect(pwrite(file, &one, 8, 96) == 8)
    }
}
