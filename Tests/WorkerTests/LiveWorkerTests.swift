import FoundationEssentials
import Glibc
import JSON
import PacketCapture
import ScriptRuntime
import ScriptTraffic
import Subprocess
import TestNetwork
import Testing
import Threading
import Worker

/// A web server and its clients in namespaces of their own, and a worker beside the server.
@Suite("A worker beside a server", .enabled(if: TestNetwork.isPossible, "needs root and iproute2"), .serialized)
struct LiveWorkerTests {
    /// A configuration of nginx that writes a line for every request.
    private static func nginx(_ folder: String) -> String {
        """
        daemon off;
        worker_processes 1;
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log;
        user root;
        events { worker_connections 1024; }
        http {
            access_log \(folder)/access.log;
            client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi; uwsgi_temp_path \(folder)/uwsgi; scgi_temp_path \(folder)/scgi;
            keepalive_requests 1000000;
            server { listen 10.77.0.1:80; listen 10.77.0.1:8898; location / { return 200 "hello\\n"; } }
        }
        """
    }

    /// Runs nginx, and a worker that captures beside it.
    private func withServer(
        _ scripts: GivenScripts, configure: @escaping @Sendable (inout WorkerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (LiveStage) async throws -> Void
    ) async throws {
        try await LiveStage.with(scripts, configure: configure) { bench in
            ["nginx", "-c", try bench.write("nginx.conf", Self.nginx(bench.folder)), "-e", "\(bench.folder)/error.log"]
        } answers: { stage in
            try await stage.client.run("curl", "-sf", "-m", "1", "http://10.77.0.1/")
        } _: { stage in
            try await body(stage)
        }
    }

    /// The requests that nginx has answered, once it has written all of its lines.
    private func requests(_ stage: LiveStage) async -> Int {
        let seen = Locked(-1)
        _ = await WorkerBench.wait {
            // It writes its last lines when connections close.
            try? await Task.sleep(for: .milliseconds(300))
            let data = try? Data(contentsOf: URL(filePath: stage.bench.folder + "/access.log"))
            let now = (data ?? Data()).reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) }
            return seen.withLock { seen in
                defer { seen = now }
                return seen == now
            }
        }
        return seen.withLock { $0 }
    }

    private static let counter = """
        var n = 0;
        function onItemCaptured(d) { if (d.protocol.name === "http" && d.request && d.request.path === "/") n++; }
        function onHubAction(a) { console.log(JSON.stringify({http: n})); }
        """

    @Test(
        "requests counted by the server are items delivered, and each packet is accounted for",
        .enabled(if: LiveStage.isWanted("nginx", "wrk"), "needs nginx and wrk"))
    func nginx() async throws {
        try await withServer(GivenScripts(Self.counter)) { stage in
            try await stage.client.run("wrk", "-t1", "-c8", "-d2s", "http://10.77.0.1/")
            let requests = await self.requests(stage)
            await stage.settle()
            let status = stage.worker.status
            let counted = try await Int(stage.told()["http"]?.integer ?? -1)
            let (lost, dropped) = (stage.lostPackets, stage.droppedCalls())
            print(
                "\(requests) requests, \(status.items.delivered) items, \(counted) counted by the script, "
                    + "\(status.ring.packetsWritten) packets, \(lost) lost, \(dropped) calls dropped")
            #expect(requests > 100)
            if lost == 0 { #expect(Int(status.items.delivered) == requests) }
            #expect(Int(status.items.delivered) <= requests)
            #expect(counted + dropped == Int(status.items.delivered))
            #expect(status.ring.packetsDropped == 0)
            stage.expectAccounts()
        }
    }

    @Test(
        "too small for what comes, it loses packets and calls, and each of them is in a counter",
        .enabled(if: LiveStage.isWanted("nginx", "wrk"), "needs nginx and wrk"))
    func overload() async throws {
        try await withServer(GivenScripts(Self.counter)) { configuration in
            configuration.ring = RingSettings()
            configuration.ring.segmentCount = 4
            configuration.ring.segmentBytes = 65_536
            configuration.capture.kernelBufferBytes = 512 << 10
            configuration.engine.budget.queueCount = 16
        } _: { stage in
            try await stage.client.run("wrk", "-t1", "-c16", "-d1s", "http://10.77.0.1/")
            let requests = await self.requests(stage)
            await stage.settle()
            let status = stage.worker.status
            let counted = try await Int(stage.told()["http"]?.integer ?? -1)
            print(
                "\(requests) requests, \(status.items.delivered) items, \(counted) counted by the script, "
                    + "\(stage.lostPackets) packets lost, \(stage.droppedCalls()) calls dropped")
            #expect(stage.lostPackets > 0 || stage.droppedCalls() > 0, "this was to be too much")
            // A response without its request is an item too, so that a lost packet may make one more.
            #expect(Int(status.items.delivered) <= requests + Int(stage.lostPackets))
            #expect(counted <= requests && counted > 0)
            stage.expectAccounts()
        }
    }

    @Test(
        "a script that loops for ever costs nobody else anything: packets are kept, its calls are dropped and counted",
        .enabled(if: LiveStage.isWanted("nginx", "wrk"), "needs nginx and wrk"))
    func loopingScript() async throws {
        let scripts = GivenScripts(
            "function onItemCaptured(d) { for (;;) {} }",
            "var n = 0; function onItemCaptured(d) { n++; } function onHubAction(a) { console.log(n); }")
        try await withServer(scripts) { configuration in
            configuration.engine.budget.hookCompute = .milliseconds(200)
            configuration.engine.budget.queueCount = 64
        } _: { stage in
            let (worker, client) = (stage.worker, stage.client)
            try await client.run("wrk", "-t1", "-c4", "-d1s", "http://10.77.0.1/")
            let delivered = worker.status.interfaces[0].statistics.delivered
            #expect(await WorkerBench.wait { worker.status.statuses.contains { $0.quarantine != nil } })
            await stage.settle()
            let status = worker.status
            #expect(status.ring.packetsWritten >= delivered && status.ring.packetsDropped == 0)
            #expect(status.statuses.first { $0.script.index == 0 }.map { $0.dropped > 0 } == true)
            #expect(status.statuses.first { $0.script.index == 1 }?.isRunning == true)
            #expect(status.violations == [])
        }
    }

    @Test(
        "what the worker itself says is captured only if CAPTURE_SELF says so, and changes nothing about the rest",
        .enabled(if: LiveStage.isWanted("nginx"), "needs nginx"))
    func ownConnections() async throws {
        let script = "function onItemCaptured(d) { console.log(d.request.path); }"
        try await withServer(GivenScripts(script)) { configuration in
            configuration.ownPeers = [("10.77.0.1", 8898)]
        } _: { stage in
            await stage.get("/own", port: 8898)
            #expect(
                await WorkerBench.wait {
                    await stage.get("/other")
                    return stage.hasPrinted("/other")
                })
            #expect(!stage.hasPrinted("/own"))
            await stage.apply(["CAPTURE_SELF": "true"])
            #expect(
                await WorkerBench.wait {
                    await stage.get("/own", port: 8898)
                    return stage.hasPrinted("/own")
                })
        }
    }

    @Test(
        "which dissectors run and what is captured change while it runs",
        .enabled(if: LiveStage.isWanted("nginx"), "needs nginx"))
    func settings() async throws {
        let script = "function onItemCaptured(d) { console.log(d.request.path); }"
        try await withServer(GivenScripts(script)) { stage in
            let worker = stage.worker
            #expect(
                await WorkerBench.wait {
                    await stage.get("/a")
                    return stage.hasPrinted("/a")
                })
            await stage.apply(["ENABLED_DISSECTORS": "dns"])
            await stage.get("/b")
            await stage.apply(["ENABLED_DISSECTORS": "http", "BPF_OVERRIDE": "udp"])
            // What the kernel held before the filter.
            await stage.settle()
            let written = worker.ring.statistics.packetsWritten
            await stage.get("/c")
            await stage.settle()
            #expect(worker.ring.statistics.packetsWritten == written)
            await stage.apply(["BPF_OVERRIDE": ""])
            #expect(
                await WorkerBench.wait {
                    await stage.get("/d")
                    return stage.hasPrinted("/d")
                })
            #expect(!stage.hasPrinted("/b") && !stage.hasPrinted("/c"))
            await stage.apply(["STOPPED": "true"])
            await stage.settle()
            let stopped = worker.ring.statistics.packetsWritten
            await stage.get("/e")
            await stage.settle()
            #expect(worker.ring.statistics.packetsWritten == stopped)
            await stage.apply(["STOPPED": "false", "GLOBAL_FILTER": "request.path != \"/f\""])
            #expect(
                await WorkerBench.wait {
                    await stage.get("/f")
                    await stage.get("/g")
                    return stage.hasPrinted("/g")
                })
            #expect(!stage.hasPrinted("/e") && !stage.hasPrinted("/f"))
        }
    }
}
