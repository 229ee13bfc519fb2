import FoundationEssentials
import Glibc
import JSON
import PacketCapture
import ScriptRuntime
import TestNetwork
import Testing
import Threading
import Worker

/// A server and its clients in namespaces of their own, joined by a cable, and a worker that captures beside the server.
struct LiveStage: Sendable {
    let bench: WorkerBench
    let worker: Worker
    /// Where the server is.
    let server: TestNetwork
    /// Where its clients are.
    let client: TestNetwork

    /// The server's address.
    static let address = "10.77.0.1"

    /// Whether a test that wants such programs runs: where servers are required it does, and fails without them.
    static func isWanted(_ programs: String...) -> Bool {
        programs.allSatisfy { TestNetwork.exists($0) } || getenv("REMORA_REQUIRE_SERVERS") != nil
    }

    /// Runs a server and a worker beside it, and `body` once both are there.
    ///
    /// - Parameters:
    ///   - configure: changes the worker's configuration.
    ///   - server: the server's command, made with the folder that it may use.
    ///   - answers: whether the server answers, as seen from the clients.
    static func with(
        _ scripts: GivenScripts, configure: @escaping @Sendable (inout WorkerConfiguration) -> Void = { _ in },
        server command: (WorkerBench) throws -> [String],
        answers: @escaping @Sendable (LiveStage) async throws -> Void,
        _ body: @escaping @Sendable (LiveStage) async throws -> Void
    ) async throws {
        try await TestNetwork.with(2) { networks in
            let (server, client) = (networks[0], networks[1])
            try await server.cable("eth0", "eth0", in: client)
            try await server.ip("addr", "add", address + "/24", "dev", "eth0")
            try await client.ip("addr", "add", "10.77.0.2/24", "dev", "eth0")
            let bench = try WorkerBench()
            let command = try command(bench)
            let worker = try await server.onThread {
                var configuration = bench.configuration()
                configuration.interfaces = ["eth0"]
                configuration.ring = .sidecar
                configuration.capture.kernelBufferBytes = 32 << 20
                configure(&configuration)
                return try bench.worker(configuration)
            }
            let stage = LiveStage(bench: bench, worker: worker, server: server, client: client)
            try await server.running(command) {
                let task = Task { try await worker.run(scripts) }
                defer { task.cancel() }
                #expect(await WorkerBench.wait { worker.scripts.isReady })
                // Before that nothing is an item.
                #expect(await WorkerBench.wait { worker.status.isInForce })
                #expect(await WorkerBench.wait { (try? await answers(stage)) != nil })
                try await body(stage)
                task.cancel()
                try await task.value
            }
        }
    }

    /// Asks the server for a path, as a client that does not mind to be refused.
    func get(_ path: String, port: Int = 80) async {
        _ = try? await client.run("curl", "-s", "-m", "2", "http://\(Self.address):\(port)\(path)")
    }

    /// Whether script 0 printed a text.
    func hasPrinted(_ text: String) -> Bool { bench.lines.withLock { $0.contains("[n1-0] \(text)") } }

    /// Takes keys of the config map, and waits until all goes by them.
    func apply(_ keys: [String: String]) async {
        #expect(worker.apply(keys) == [])
        #expect(await WorkerBench.wait { worker.status.isInForce })
    }

    /// Waits until all that was captured is dissected, and the scripts have had their turn.
    func settle() async {
        let seen = Locked<(figures: [UInt64], times: Int)>(([], 0))
        _ = await WorkerBench.wait {
            // Longer than a tick of the threads that publish their counters.
            try? await Task.sleep(for: .milliseconds(300))
            let status = worker.status
            let now =
                [status.ring.packetsWritten, status.traffic.read + status.traffic.skipped, status.items.delivered]
                + status.interfaces.map(\.statistics.delivered)
            return seen.withLock { seen in
                seen = (now, seen.figures == now ? seen.times + 1 : 0)
                // On a busy machine a thread may not have had its turn for as long as one look at it takes.
                return seen.times == 2 && now[0] == now[1]
            }
        }
        await worker.scripts.engine.untilIdle()
    }

    /// What a script answers to the action `tell`: the last line that it printed, as JSON.
    func told() async throws -> JSONValue {
        worker.scripts.engine.deliver(.hubAction("tell", object: nil, sender: nil))
        await worker.scripts.engine.untilIdle()
        let line = bench.lines.withLock { $0.last } ?? ""
        return try JSONValue(parsing: String(line.drop { $0 != "]" }.dropFirst(2)))
    }

    /// Packets that no script can know of: those that the kernel or the interface dropped, and those that the dissecting
    /// thread was too slow for.
    var lostPackets: UInt64 {
        let status = worker.status
        return status.interfaces.reduce(status.traffic.skipped) {
            $0 + $1.statistics.droppedByKernel + $1.statistics.droppedByInterface
        }
    }

    /// Expects every identity of docs/capture.md, now that nothing moves.
    func expectAccounts(_ location: SourceLocation = #_sourceLocation) {
        let status = worker.status
        for interface in status.interfaces {
            let statistics = interface.statistics
            #expect(
                statistics.received == statistics.delivered + statistics.droppedByKernel, sourceLocation: location)
        }
        let delivered = status.interfaces.reduce(0) { $0 + $1.statistics.delivered }
        #expect(delivered == status.ring.packetsWritten + status.ring.packetsDropped, sourceLocation: location)
        #expect(
            status.ring.packetsWritten == status.traffic.read + status.traffic.skipped, sourceLocation: location)
        #expect(status.traffic.read == status.traffic.flows.packets + status.traffic.unwanted, sourceLocation: location)
        #expect(
            UInt64(status.traffic.messages.items) == status.items.delivered + status.items.unwanted,
            sourceLocation: location)
        #expect(status.violations == [], sourceLocation: location)
    }

    /// Calls of a script that its queue dropped.
    func droppedCalls(_ index: Int = 0) -> Int {
        worker.status.statuses.first { $0.script.index == index }?.dropped ?? -1
    }
}
