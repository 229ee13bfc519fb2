import Fleet
import FoundationEssentials
import HTTPTraffic
import JSON
import ScriptTraffic
import Testing
import Threading

@testable import Worker

/// What a worker does with what its hub says.
@Suite("A hub's word on a worker")
struct HubWorkloadTests {
    private static let start: Int64 = 1_700_000_000_000_000_000

    /// A worker on a capture of requests to two servers, and the hub's hand on it.
    private struct Stage {
        let bench: WorkerBench
        let worker: Worker
        let workload = HubWorkload()

        init(keys: [String: String] = [:]) throws {
            bench = try WorkerBench()
            let traffic = [("10.1.0.1", "/cart"), ("10.2.0.1", "/bill")].enumerated().map { number, server in
                HTTPConversation(
                    client: "10.0.0.\(number + 1)", port: 30_000, server: server.0,
                    start: HubWorkloadTests.start + Int64(number) * 1_000, requests: [(server.1, 200)])
            }
            let file = try bench.write("a.pcap", HTTPConversation.pcap(traffic))
            worker = try bench.worker(bench.configuration(files: [file]))
            workload.attach(worker)
        }

        func set(_ code: String, _ keys: [String: String] = [:]) -> FleetSet {
            FleetSet(
                scripts: [FleetScript(index: 0, title: "s0", code: code)], environment: [:], keys: keys)
        }

        /// Reads the capture with these scripts.
        func run(_ set: FleetSet) async throws {
            let log = bench.log
            try await bench.run(worker, Applying(workload: workload, set: set)) {
                log.withLock { $0.contains("All files are read") }
            }
        }

        func tell(_ event: String, _ name: String, _ namespace: String = "shop", ip: String = "10.1.0.1") {
            workload.deliver(
                FleetPodEvent(
                    mark: nil, event: event, pod: HubWorkloadTests.pod(name, namespace, ip: ip).encoded(), change: nil))
        }

        var lines: [String] { bench.lines.withLock { $0 } }
    }

    private struct Applying: WorkerScriptFeed {
        let workload: HubWorkload
        let set: FleetSet

        func run(_ scripts: WorkerScripts) async throws {
            #expect(await workload.apply(set) == [])
            try await Task.sleep(for: .seconds(3600))
        }
    }

    private static func pod(_ name: String, _ namespace: String = "shop", ip: String = "10.1.0.1") -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(name)")],
            "status": ["podIP": .string(ip), "startTime": "2023-11-14T22:00:00Z"],
        ]
    }

    @Test("a snapshot holds the pod's packets, and beside them the pod before and after, its Events, its log and names")
    func snapshot() async throws {
        let stage = try Stage()
        stage.tell("ADDED", "cart")
        stage.tell("ADDED", "bill", ip: "10.2.0.1")
        try await stage.run(stage.set("function onItemCaptured(d) {}"))
        let time = Self.start / 1_000_000
        let result = await stage.workload.perform(
            FleetCommand(
                id: "crashed/uid-cart/app/1", name: "snapshot",
                arguments: [
                    "namespace": "shop", "name": "cart", "uid": "uid-cart", "ips": ["10.1.0.1"],
                    "from": .integer(time - 1_000), "to": .integer(time + 60_000),
                    "change": ["kind": "crashed", "container": "app", "exitCode": 3], "pod": Self.pod("cart"),
                    "evidence": [
                        "before": ["metadata": ["name": "cart"]], "events": [["reason": "BackOff"]], "log": "the end\n",
                        "nodeState": ["conditions": [["type": "MemoryPressure", "status": "True"]]],
                    ],
                ]))
        #expect(result.error == nil && result.id == "crashed/uid-cart/app/1")
        let name = try #require(result.detail["name"]?.string)
        #expect(name.hasPrefix("crashed-cart-") && name.hasSuffix(".pcapng"))
        // One conversation of one request, and not the other one.
        #expect(result.detail["packets"] == 8)
        #expect(result.detail["trigger"] == "crashed of shop")
        let file = try #require(result.detail["evidence"]?.string)
        let path = try #require(stage.worker.snapshots.path(of: file))
        let evidence = try JSONValue(parsing: [UInt8](try Data(contentsOf: URL(filePath: path))))
        #expect(evidence["pods"]?["before"]?["metadata"]?["name"] == "cart")
        #expect(evidence["pods"]?["after"]?["metadata"]?["uid"] == "uid-cart")
        #expect(evidence["trigger"]?["kind"] == "crashed" && evidence["trigger"]?["exitCode"] == 3)
        #expect(evidence["events"]?[0]?["reason"] == "BackOff" && evidence["log"] == "the end\n")
        #expect(evidence["nodeState"]?["conditions"]?[0]?["type"] == "MemoryPressure")
        #expect(evidence["nodeProblem"] == nil)
        #expect(evidence["names"] == ["10.1.0.1": "cart.shop", "10.2.0.1": "bill.shop"])
        #expect(evidence["node"] == "n1")
        // What lies beside a snapshot is none, and goes with it.
        #expect(stage.worker.snapshots.list().map(\.name) == [name])
        try stage.worker.snapshots.remove(name)
        #expect(stage.worker.snapshots.path(of: file) == nil)
        let rest = try FileManager.default.contentsOfDirectory(atPath: stage.worker.snapshots.path)
        #expect(rest.filter { $0.contains("crashed") } == [])
    }

    @Test("a pin keeps what is in the ring until its time is over, or a snapshot of the pod was taken")
    func pin() async throws {
        let stage = try Stage()
        try await stage.run(stage.set("function onItemCaptured(d) {}"))
        func pin(_ milliseconds: Int64) async -> FleetCommandResult {
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            return await stage.workload.perform(
                FleetCommand(
                    id: "pin/uid-cart", name: "pin",
                    arguments: [
                        "uid": "uid-cart", "from": .integer(Self.start / 1_000_000 - 1),
                        "expiry": .integer(now + milliseconds),
                    ]))
        }
        let worker = stage.worker
        #expect(await pin(60_000).detail["packets"] == 16)
        #expect(worker.ring.statistics.segmentsPinned > 0)
        let time = Self.start / 1_000_000
        let result = await stage.workload.perform(
            FleetCommand(
                id: "s", name: "snapshot",
                arguments: [
                    "uid": "uid-cart", "ips": ["10.1.0.1"], "from": .integer(time), "to": .integer(time + 1_000),
                ]))
        #expect(result.error == nil)
        #expect(worker.ring.statistics.segmentsPinned == 0)
        _ = await pin(50)
        #expect(await WorkerBench.wait { worker.ring.statistics.segmentsPinned == 0 })
    }

    @Test("jobs are run and removed by their tags; what cannot be done is answered with a sentence")
    func jobs() async throws {
        let stage = try Stage()
        try await stage.run(
            stage.set("jobs.schedule('mine', '0 0 0 1 1 *', function () { console.log('ran') });"))
        // The worker has ended, and its scripts with it.
        let late = await stage.workload.perform(FleetCommand(id: "1", name: "job.run", arguments: ["tag": "mine"]))
        #expect(late.error == "no jobs found with tag mine")
        let unknown = await stage.workload.perform(FleetCommand(id: "2", name: "dance", arguments: [:]))
        #expect(unknown.error == "there is no command dance")
        let nobody = await HubWorkload().perform(FleetCommand(id: "3", name: "pin", arguments: [:]))
        #expect(nobody.error == "the worker is not ready")

        let other = try Stage()
        #expect(
            await other.workload.apply(
                other.set("jobs.schedule('mine', '0 0 0 1 1 *', function () { console.log('ran') });")) == [])
        let run = await other.workload.perform(FleetCommand(id: "4", name: "job.run", arguments: ["tag": "mine"]))
        #expect(run.error == nil)
        #expect(await WorkerBench.wait { other.lines.contains("[n1-0] ran") })
        let gone = await other.workload.perform(FleetCommand(id: "5", name: "job.remove", arguments: ["tag": "mine"]))
        #expect(gone.error == nil)
        let again = await other.workload.perform(FleetCommand(id: "6", name: "job.run", arguments: ["tag": "mine"]))
        #expect(again.error == "no jobs found with tag mine")
        await other.worker.scripts.shutdown()
    }

    @Test("scripts hear of targeted pods alone, of others as soon as they are meant, and of all when a key is gone")
    func podEvents() async throws {
        let stage = try Stage()
        let code = "function onPodEvent(e, pod) { console.log(e, pod.metadata.name); }"
        func tellAll() async {
            for (name, namespace) in [("cart", "shop"), ("bill", "shop"), ("dns", "kube-system")] {
                stage.tell("MODIFIED", name, namespace)
            }
            await stage.worker.scripts.engine.untilIdle()
        }
        func lines(_ keys: [String: String]) async -> [String] {
            let before = stage.lines.count
            _ = await stage.workload.apply(stage.set(code, keys))
            await tellAll()
            return stage.lines.dropFirst(before).map { String($0.dropFirst(7)) }
        }
        #expect(await lines(["POD_REGEX": "^ca"]) == ["ADDED cart"])
        #expect(await lines(["NAMESPACES": "shop, other"]) == ["MODIFIED cart", "ADDED bill"])
        #expect(await lines(["EXCLUDED_NAMESPACES": "shop"]) == ["ADDED dns"])
        #expect(await lines(["POD_REGEX": "("]) == [])
        #expect(await lines([:]) == ["MODIFIED cart", "MODIFIED bill", "MODIFIED dns"])
        await stage.worker.scripts.shutdown()
    }

    @Test("scripts see packets and items of targeted pods alone; the ring has everything")
    func traffic() async throws {
        let code = """
            function onItemCaptured(d) { console.log(d.request.path); }
            function onPacketCaptured(p) {}
            """
        for (keys, paths, packets) in [
            (["POD_REGEX": "^cart$"], ["/cart"], 8), (["NAMESPACES": "none"], [], 0),
            (["EXCLUDED_NAMESPACES": "shop"], [], 0), ([:], ["/bill", "/cart"], 16),
        ] as [([String: String], [String], UInt64)] {
            let stage = try Stage()
            stage.tell("ADDED", "cart")
            stage.tell("ADDED", "bill", ip: "10.2.0.1")
            try await stage.run(stage.set(code, keys))
            #expect(stage.lines.map { String($0.dropFirst(7)) }.sorted() == paths, "\(keys)")
            let status = stage.worker.status
            #expect(status.items.packets == packets && status.traffic.untargetedPackets == 16 - packets)
            #expect(status.traffic.untargetedItems == UInt64(2 - paths.count))
            #expect(status.ring.packetsWritten == 16 && status.violations == [])
        }
    }

    @Test("an address is its pod's only while that has it")
    func reusedAddress() async throws {
        let stage = try Stage()
        // Before the capture's time it was another's.
        stage.worker.names.note(
            pod: [
                "metadata": ["name": "old", "namespace": "shop"],
                "status": ["podIP": "10.1.0.1", "startTime": "2023-11-14T21:00:00Z"],
            ], isDeleted: false, at: Self.start - 3_000_000_000)
        stage.worker.names.note(
            pod: ["metadata": ["name": "old", "namespace": "shop"]], isDeleted: true, at: Self.start - 2_000_000_000)
        stage.worker.names.note(
            pod: ["metadata": ["name": "cart", "namespace": "shop"], "status": ["podIP": "10.1.0.1"]],
            isDeleted: false, at: Self.start - 1_000_000_000)
        let code = "function onItemCaptured(d) { console.log(d.request.path, d.dst.name); }"
        try await stage.run(stage.set(code, ["POD_REGEX": "^old$"]))
        #expect(stage.lines == [])
        let (peer, during) = stage.worker.names.tenure(of: "10.1.0.1", at: Self.start - 2_500_000_000)
        #expect(peer?.name == "old" && during.upperBound == Self.start - 2_000_000_000)
        let gap = stage.worker.names.tenure(of: "10.1.0.1", at: Self.start - 1_500_000_000)
        #expect(
            gap.peer == nil
                && gap.during == Self.start - 2_000_000_000..<Self.start - 1_000_000_000)
    }

    private static func name(
        _ address: String, _ name: String, _ kind: FleetName.Kind = .pod, service: String = "", slice: String = ""
    ) -> FleetName {
        FleetName(
            address: address, kind: kind, namespace: kind == .node ? "" : "shop", name: name,
            since: start / 1_000_000 - 5_000, node: kind == .pod ? "n2" : "", host: kind == .pod ? "192.0.2.2" : "",
            service: service, slice: slice)
    }

    private func table(_ names: [FleetName], _ version: UInt64 = 1) -> FleetNames {
        FleetNames(version: version, part: .whole, time: Self.start / 1_000_000, put: names)
    }

    @Test(
        "items name pods of other nodes, services and nodes, in their fields and in filters; own pods keep their objects"
    )
    func names() async throws {
        let stage = try Stage()
        stage.tell("ADDED", "cart")
        stage.workload.take(
            table([
                Self.name("10.0.0.1", "web", service: "front", slice: "front-x"), Self.name("10.0.0.2", "n7", .node),
                Self.name("10.1.0.1", "cart", service: "carts", slice: "carts-x"),
                Self.name("10.2.0.1", "billing", .service),
            ]))
        let code = """
            function onItemCaptured(d) {
              var s = d.src, t = d.dst;
              console.log(s.name, s.namespace, s.pod && s.pod.spec.nodeName, s.pod && s.pod.status.hostIP,
                s.service && s.service.metadata.name, s.endpointSlice && s.endpointSlice.metadata.name,
                s.resolutionMechanism);
              console.log(t.name, t.namespace, t.pod && t.pod.metadata.uid, t.service && t.service.metadata.name,
                t.Service && t.Service.metadata.name, d.namespace,
                kfl.match('dst.service.metadata.name == "carts" and src.pod.spec.nodeName == "n2"', d));
            }
            """
        try await stage.run(stage.set(code))
        #expect(
            stage.lines.map { String($0.dropFirst(7)) }.sorted() == [
                "billing shop null billing billing shop false", "cart shop uid-cart carts carts shop true",
                "n7  null null null null ip", "web shop n2 192.0.2.2 front front-x ip",
            ])
        let counts = stage.worker.status.json["names"]
        #expect(counts == ["pods": 2, "services": 1, "nodes": 1, "ended": 0, "refused": 0])
        #expect(stage.worker.exposition().contains("remora_names{kind=\"service\"} 1\n"))
    }

    @Test("a filter of snapshots knows pods of other nodes too, and so does the list of an export's names")
    func snapshotOfNames() async throws {
        let stage = try Stage()
        stage.workload.take(table([Self.name("10.0.0.1", "web"), Self.name("10.2.0.1", "billing", .service)]))
        try await stage.run(stage.set("function onItemCaptured(d) {}"))
        var selection = PacketSelection()
        selection.filter = "dst.name == \"billing\""
        #expect(try stage.worker.snapshots.take(selection, name: "by-filter").json["packets"] == 8)
        selection = PacketSelection()
        selection.pod = "shop/web"
        #expect(try stage.worker.snapshots.take(selection, name: "by-pod").json["packets"] == 8)
        #expect(stage.worker.names.latest.values.sorted() == ["billing.shop", "web.shop"])
    }

    @Test("what a hub that was away finds gone has ended; an address that another has now is each one's in its time")
    func namesInTime() throws {
        let stage = try Stage()
        func name(_ address: String, _ milliseconds: Int64) -> String? {
            stage.worker.names.peer(address: address, port: 1, at: Self.start + milliseconds * 1_000_000)?.name
        }
        let begin = Self.start / 1_000_000
        stage.workload.take(table([Self.name("10.0.0.1", "a"), Self.name("10.0.0.2", "b")]))
        stage.workload.take(
            FleetNames(
                version: 2, part: .change, time: begin + 2_000,
                put: [
                    FleetName(
                        address: "10.0.0.2", kind: .pod, namespace: "shop", name: "c", since: begin + 1_500)
                ], ended: []))
        stage.workload.take(
            FleetNames(
                version: 3, part: .change, time: begin + 3_000, put: [],
                ended: [FleetNames.End(address: "10.0.0.2", time: begin + 3_000)]))
        #expect(
            [-1, 1_000, 1_499, 1_500, 2_999, 3_000].map { name("10.0.0.2", $0) } == ["b", "b", "b", "c", "c", nil])
        // Another hub, whose table comes in two lines, and knows nothing of the first.
        for (part, names) in [(.first, [Self.name("10.0.0.3", "d")]), (.last, [])] as [(FleetNames.Part, [FleetName])] {
            stage.workload.take(FleetNames(version: 9, part: part, time: begin + 5_000, put: names))
        }
        #expect([0, 4_999, 5_000].map { name("10.0.0.1", $0) } == ["a", "a", nil])
        #expect(name("10.0.0.3", 5_000) == "d")
        // A clock that is far ahead, or a number that is none, ends nothing in the future.
        stage.workload.take(
            FleetNames(
                version: 10, part: .change, time: .max, put: [],
                ended: [FleetNames.End(address: "10.0.0.3", time: .max)]))
        #expect(stage.worker.names.counts.current == [:])
    }

    @Test("targets are pods of the worker's own scope: names of others make nothing a target")
    func namesAreNoTargets() async throws {
        let stage = try Stage()
        stage.tell("ADDED", "cart")
        stage.workload.take(table([Self.name("10.0.0.1", "web"), Self.name("10.2.0.1", "web", .service)]))
        try await stage.run(
            stage.set("function onItemCaptured(d) { console.log(d.request.path); }", ["POD_REGEX": "^web$"]))
        #expect(stage.lines == [])
        #expect(stage.worker.status.traffic.untargetedItems == 2)
    }
}
