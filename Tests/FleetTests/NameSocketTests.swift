import FaultProxy
import Fleet
import HTTPProbe
import JSON
import Testing

/// Names over real sockets.
@Suite("Names over the network")
struct NameSocketTests {
    private func many(_ count: Int, padding: Int = 0) -> [FleetNameNews] {
        let rest = String(repeating: "x", count: padding)
        return (0..<count).map { Samples.news("10.\($0 / 65_536).\($0 / 256 % 256).\($0 % 256)", "pod-\($0)\(rest)") }
    }

    @Test("every worker knows everybody's names, whatever its node, and hears of changes; each is encoded once")
    func everywhere() async throws {
        let hub = try await HubEnd.start()
        hub.hub.update(names: many(1_000))
        hub.hub.completeNames(at: 20)
        let workers = try [
            WorkerEnd(port: hub.server.port, name: "w1", node: "n1"),
            WorkerEnd(port: hub.server.port, name: "w2", node: "n2", scope: .pod(namespace: "shop", name: "pod-x")),
        ]
        #expect(await eventually { workers.allSatisfy { $0.workload.book.names.count == 1_000 } })
        hub.hub.update(names: [Samples.news("10.0.0.1", nil, at: 30), Samples.news("10.0.0.2", "other", at: 31)])
        #expect(
            await eventually {
                workers.allSatisfy {
                    $0.workload.book.short["10.0.0.2"] == "pod shop/other" && $0.workload.book.names.count == 999
                }
            })
        let status = hub.hub.nameStatus
        #expect(status.counts == [.pod: 999, .service: 0, .node: 0] && status.leftOut == 0)
        #expect(status.tables == 2 && status.encodedTables == 1 && status.changes == 1_002)
        for worker in workers { await worker.stop() }
        await hub.stop()
    }

    @Test("a worker that was cut off gets what it missed and no table; what it knew stays known meanwhile")
    func cutOff() async throws {
        let hub = try await HubEnd.start()
        hub.hub.update(names: many(100))
        hub.hub.completeNames(at: 20)
        try await FaultProxy.withProxy(upstreamPort: hub.server.port) { proxy in
            let worker = try WorkerEnd(port: proxy.port)
            #expect(await eventually { worker.workload.book.names.count == 100 })
            try await proxy.inject(.freeze)
            #expect(await eventually { !worker.worker.status.isConnected })
            hub.hub.update(names: [Samples.news("10.0.0.1", nil, at: 30)])
            hub.hub.update(names: [Samples.news("10.0.0.2", "other", at: 31)])
            #expect(worker.workload.book.names.count == 100)
            try await proxy.heal()
            #expect(await eventually { worker.workload.book.short["10.0.0.2"] == "pod shop/other" })
            #expect(worker.workload.book.ends == [FleetNames.End(address: "10.0.0.1", time: 30)])
            #expect(worker.workload.book.parts == [.whole, .change, .change] && hub.hub.nameStatus.tables == 1)
            await worker.stop()
        }
        await hub.stop()
    }

    @Test("another hub tells everything once it knows it itself: till then what is known stays, then what is gone ends")
    func anotherHub() async throws {
        let hub = try await HubEnd.start("hub-1")
        hub.hub.update(names: many(3))
        hub.hub.completeNames(at: 20)
        let worker = try WorkerEnd(port: hub.server.port)
        #expect(await eventually { worker.workload.book.names.count == 3 })
        let port = hub.server.port
        await hub.stop()
        let next = try await HubEnd.start("hub-2", port: port)
        next.hub.publish(Samples.set([0: "a"]))
        next.hub.update(names: [Samples.news("10.0.0.0", "pod-0")])
        #expect(await eventually { worker.workload.runs == [0: "a"] })
        #expect(worker.workload.book.names.count == 3)
        next.hub.update(names: [Samples.news("10.0.0.7", "new")])
        next.hub.completeNames(at: 40)
        #expect(
            await eventually {
                worker.workload.book.short == ["10.0.0.0": "pod shop/pod-0", "10.0.0.7": "pod shop/new"]
            })
        await worker.stop()
        await next.stop()
    }

    @Test("a worker that does not read has a few lines of a large table under way, and one that reads gets all of it")
    func slow() async throws {
        // More than the 4 MiB that may wait for a worker.
        let hub = try await HubEnd.start(heartbeat: .seconds(60)) { $0.queueByteLimit = 64 << 10 }
        hub.hub.update(names: many(16_000, padding: 400))
        hub.hub.completeNames(at: 20)
        let asleep = try await RawConnection.open(port: hub.server.port, reads: false)
        let hello = String(decoding: Samples.hello("asleep").body, as: UTF8.self)
        try await asleep.send(
            "POST /fleet/connect HTTP/1.1\r\nHost: h\r\nContent-Length: \(hello.utf8.count)\r\n\r\n\(hello)")
        #expect(await eventually { hub.hub.nameStatus.tables == 1 })
        let worker = try WorkerEnd(port: hub.server.port, name: "awake")
        #expect(await eventually { worker.workload.book.names.count == 16_000 })
        let lines = worker.workload.book.parts.count
        #expect(lines > 200)
        // What the kernel has room for, and one that waits.
        #expect(hub.hub.nameStatus.lines - lines < lines)
        // Something else reaches those that read, and waits for the other.
        hub.hub.publish(Samples.set([0: "a"]))
        #expect(await eventually { worker.workload.runs == [0: "a"] })
        #expect(hub.hub.counters.cutOff == 0 && hub.hub.workers.count == 2)
        asleep.close()
        await worker.stop()
        await hub.stop()
    }

    @Test("a worker of before, which does not ask for names, is sent none")
    func old() async throws {
        let hub = try await HubEnd.start(heartbeat: .seconds(60))
        hub.hub.update(names: many(3))
        hub.hub.completeNames(at: 20)
        var hello = Samples.hello()
        hello.names = .unknown
        let probe = HTTPProbe(port: hub.server.port)
        let answer = try await probe.open(
            "POST", "/fleet/connect", body: String(decoding: hello.body, as: UTF8.self))
        hub.hub.update(names: [Samples.news("10.0.0.7", "new")])
        hub.hub.publish(Samples.set([0: "a"]))
        var types: [String?] = []
        while types.last != "push", let line = try await answer.nextLine() {
            types.append(try JSONValue(parsing: line)["type"]?.string)
        }
        #expect(types.last == "push" && !types.contains("names"), "\(types)")
        #expect(hub.hub.nameStatus.tables == 0)
        answer.close()
        await hub.stop()
    }
}
