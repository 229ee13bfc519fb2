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
            server { listen 10.77.0.1:80; location / { return 200 "hello\\n"; } }
        }
        """
    }

    private func requests(_ folder: String) -> Int {
        guard let data = try? Data(contentsOf: URL(filePath: folder + "/access.log")) else { return 0 }
        return data.reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) }
    }

    /// Runs nginx and a worker that captures beside it, and `body` with the clients' namespace.
    private func withServer(
        _ scripts: GivenScripts, budget: ScriptBudget = ScriptBudget(),
        _ body: @escaping @Sendable (WorkerBench, Worker, TestNetwork) async throws -> Void
    ) async throws {
        try await TestNetwork.with(2) { networks in
            let (server, client) = (networks[0], networks[1])
            try await server.cable("eth0", "eth0", in: client)
            try await server.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
            try await client.ip("addr", "add", "10.77.0.2/24", "dev", "eth0")
            let bench = try WorkerBench()
            let configuration = try bench.write("nginx.conf", Self.nginx(bench.folder))
            let worker = try await server.onThread {
                var configuration = bench.configuration()
                configuration.interfaces = ["eth0"]
                configuration.ring = .sidecar
                configuration.capture.kernelBufferBytes = 32 << 20
                configuration.engine.budget = budget
                return try bench.worker(configuration)
            }
            try await server.running("nginx", "-c", configuration, "-e", "\(bench.folder)/error.log") {
                let task = Task { try await worker.run(scripts) }
                defer { task.cancel() }
                #expect(await WorkerBench.wait { worker.scripts.isReady })
                #expect(
                    await WorkerBench.wait {
                        (try? await client.run("curl", "-sf", "-m", "1", "http://10.77.0.1/")) != nil
                    })
                try await body(bench, worker, client)
                task.cancel()
                try await task.value
            }
        }
    }

    /// Waits until no more items come.
    private func settle(_ worker: Worker, requests: Int) async {
        _ = await WorkerBench.wait {
            let status = worker.status
            return status.items.delivered >= requests || status.traffic.skipped > 0
                || status.interfaces[0].statistics.droppedByKernel > 0
        }
    }

    @Test(
        "requests counted by the server are items delivered, and each packet is accounted for",
        .enabled(if: TestNetwork.exists("nginx") && TestNetwork.exists("wrk")))
    func nginx() async throws {
        let script = """
            var n = 0;
            function onItemCaptured(d) { if (d.protocol.name === "http" && d.request.path === "/") n++; }
            function onHubAction(a) { console.log(n); }
            """
        try await withServer(GivenScripts(script)) { bench, worker, client in
            try await client.run("wrk", "-t1", "-c8", "-d2s", "http://10.77.0.1/")
            // The server writes its last lines when connections close.
            let seen = Locked(-1)
            _ = await WorkerBench.wait {
                try? await Task.sleep(for: .milliseconds(300))
                let now = self.requests(bench.folder)
                return seen.withLock { seen in
                    defer { seen = now }
                    return seen == now
                }
            }
            let requests = seen.withLock { $0 }
            await settle(worker, requests: requests)
            worker.scripts.engine.deliver(.hubAction("count", object: nil, sender: nil))
            await worker.scripts.engine.untilIdle()
            let status = worker.status
            let statistics = status.interfaces[0].statistics
            let lost = statistics.droppedByKernel + statistics.droppedByInterface + status.traffic.skipped
            let dropped = status.statuses[0].dropped
            let counted = Int(bench.lines.withLock { $0.last }?.split(separator: " ").last ?? "") ?? -1
            print(
                "\(requests) requests, \(status.items.delivered) items, \(counted) counted by the script, "
                    + "\(statistics.delivered) packets, \(lost) lost, \(dropped) calls dropped")
            #expect(requests > 100)
            if lost == 0 { #expect(Int(status.items.delivered) == requests) }
            #expect(Int(status.items.delivered) <= requests)
            #expect(counted + dropped == Int(status.items.delivered))
            #expect(statistics.delivered == status.ring.packetsWritten && status.ring.packetsDropped == 0)
            #expect(
                status.ring.packetsWritten == status.traffic.read + status.traffic.skipped
                    && status.traffic.read == status.traffic.flows.packets + status.traffic.unwanted)
            #expect(status.violations == [])
        }
    }

    @Test(
        "a script that loops for ever costs nobody else anything: packets are kept, its calls are dropped and counted",
        .enabled(if: TestNetwork.exists("nginx") && TestNetwork.exists("wrk")))
    func loopingScript() async throws {
        let scripts = GivenScripts(
            "function onItemCaptured(d) { for (;;) {} }",
            "var n = 0; function onItemCaptured(d) { n++; } function onHubAction(a) { console.log(n); }")
        var budget = ScriptBudget()
        budget.hookCompute = .milliseconds(200)
        budget.queueCount = 64
        try await withServer(scripts, budget: budget) { bench, worker, client in
            try await client.run("wrk", "-t1", "-c4", "-d1s", "http://10.77.0.1/")
            let delivered = worker.status.interfaces[0].statistics.delivered
            #expect(await WorkerBench.wait { worker.status.statuses.contains { $0.quarantine != nil } })
            await settle(worker, requests: self.requests(bench.folder))
            let status = worker.status
            #expect(status.ring.packetsWritten >= delivered && status.ring.packetsDropped == 0)
            #expect(status.statuses.first { $0.script.index == 0 }.map { $0.dropped > 0 } == true)
            #expect(status.statuses.first { $0.script.index == 1 }?.isRunning == true)
            #expect(status.violations == [])
        }
    }

    @Test(
        "which dissectors run and what is captured change while it runs",
        .enabled(if: TestNetwork.exists("nginx")))
    func settings() async throws {
        let script = "function onItemCaptured(d) { console.log(d.request.path); }"
        try await withServer(GivenScripts(script)) { bench, worker, client in
            @Sendable func get(_ path: String) async {
                _ = try? await client.run("curl", "-s", "-m", "2", "http://10.77.0.1\(path)")
            }
            @Sendable func has(_ path: String) -> Bool { bench.lines.withLock { $0.contains("[n1-0] \(path)") } }
            #expect(
                await WorkerBench.wait {
                    await get("/a")
                    return has("/a")
                })
            #expect(worker.apply(["ENABLED_DISSECTORS": "dns"]) == [])
            // The dissecting thread looks ten times a second.
            try await Task.sleep(for: .milliseconds(500))
            await get("/b")
            #expect(worker.apply(["ENABLED_DISSECTORS": "http", "BPF_OVERRIDE": "udp"]) == [])
            try await Task.sleep(for: .milliseconds(500))
            let written = worker.ring.statistics.packetsWritten
            await get("/c")
            #expect(worker.ring.statistics.packetsWritten == written)
            #expect(worker.apply(["BPF_OVERRIDE": ""]) == [])
            #expect(
                await WorkerBench.wait {
                    await get("/d")
                    return has("/d")
                })
            #expect(!has("/b") && !has("/c"))
        }
    }
}
