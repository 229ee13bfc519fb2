import FoundationEssentials
import JSON
import TestNetwork
import Testing
import Threading
import Worker

/// Servers that count what they are asked, and a worker beside them: both must say the same.
@Suite(
    "A worker beside Redis and a resolver", .enabled(if: TestNetwork.isPossible, "needs root and iproute2"), .serialized
)
struct RealServerTests {
    /// Counts by words that are made of an item.
    private static func counter(_ words: String) -> String {
        """
        var counts = {}, whole = 0, halves = 0;
        function onItemCaptured(d) {
            if (d.request && d.response) whole++; else halves++;
            var word = \(words);
            counts[word] = (counts[word] || 0) + 1;
        }
        function onHubAction(a) { console.log(JSON.stringify({counts: counts, whole: whole, halves: halves})); }
        """
    }

    private func counts(_ value: JSONValue) -> [String: Int] {
        (value["counts"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = Int($1.value.integer ?? -1) }
    }

    // MARK: Redis

    /// The calls of each command, as the server has counted them: `cmdstat_set:calls=20000,usec=…`.
    private func redisCalls(_ info: String) -> [String: Int] {
        var calls: [String: Int] = [:]
        for line in info.split(whereSeparator: \.isNewline) where line.hasPrefix("cmdstat_") {
            let parts = line.dropFirst(8).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let command = parts[0].split(separator: "|").first,
                let number = parts[1].split(separator: ",").first?.split(separator: "=").last.flatMap({ Int($0) })
            else { continue }
            calls[command.uppercased(), default: 0] += number
        }
        return calls
    }

    @Test(
        "commands counted by Redis are items, each command by its name, with and without pipelines",
        .enabled(if: LiveStage.isWanted("redis-server", "redis-benchmark"), "needs redis-server and redis-benchmark"))
    func redis() async throws {
        let script = Self.counter("d.protocol.name === 'redis' && d.request ? d.request.command : d.protocol.name")
        try await LiveStage.with(GivenScripts(script)) { configuration in
            // All calls are wanted: what a script's queue drops is tested elsewhere.
            configuration.engine.budget.queueCount = 1_000_000
            configuration.engine.budget.queueBytes = 1 << 30
        } server: { bench in
            [
                "redis-server", "--bind", LiveStage.address, "--port", "6379", "--save", "", "--appendonly", "no",
                "--protected-mode", "no", "--dir", bench.folder,
            ]
        } answers: { stage in
            try await stage.client.run("redis-cli", "-h", LiveStage.address, "PING")
        } _: { stage in
            let tests = "set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100,mset"
            try await stage.client.run(
                "redis-benchmark", "-h", LiveStage.address, "-n", "1000", "-c", "10", "-t", tests, "-q")
            try await stage.client.run(
                "redis-benchmark", "-h", LiveStage.address, "-n", "4000", "-c", "10", "-P", "16", "-t", tests, "-q")
            // Errors are replies, and keys that are there twice are no surprise.
            _ = try? await stage.client.run("redis-cli", "-h", LiveStage.address, "GET", "a", "b")
            let info = try await stage.client.run("redis-cli", "-h", LiveStage.address, "INFO", "commandstats")
            await stage.settle()
            let told = try await stage.told()
            var calls = self.redisCalls(info)
            // The command that asks is not in its own answer; of one that was refused, the statistics say no call.
            calls["INFO", default: 0] += 1
            calls["GET", default: 0] += 1
            print(
                "\(calls.values.reduce(0, +)) commands, \(stage.worker.status.items.delivered) items, "
                    + "\(stage.lostPackets) packets lost, \(stage.droppedCalls()) calls dropped")
            #expect(calls.values.reduce(0, +) > 40_000)
            if stage.lostPackets == 0, stage.droppedCalls() == 0 {
                #expect(self.counts(told) == calls)
                #expect(told["halves"] == 0)
            }
            #expect(
                self.counts(told).values.reduce(0, +) + stage.droppedCalls() == Int(stage.worker.status.items.delivered)
            )
            stage.expectAccounts()
        }
    }

    // MARK: DNS

    private static func unbound(_ folder: String) -> String {
        """
        server:
            interface: \(LiveStage.address)
            port: 53
            access-control: 10.77.0.0/24 allow
            do-ip6: no
            do-daemonize: no
            use-syslog: no
            username: ""
            chroot: ""
            directory: "\(folder)"
            pidfile: "\(folder)/unbound.pid"
            extended-statistics: yes
            statistics-cumulative: yes
            module-config: "iterator"
            local-zone: "remora.test." static
            local-data: "a.remora.test. 300 IN A 192.0.2.1"
            local-data: "a.remora.test. 300 IN AAAA 2001:db8::1"
            local-data: "many.remora.test. 300 IN A 192.0.2.2"
            local-data: "many.remora.test. 300 IN A 192.0.2.3"
            local-data: 'text.remora.test. 300 IN TXT "some words"'
            local-data: "mail.remora.test. 300 IN MX 10 a.remora.test."
            local-data: "_http._tcp.remora.test. 300 IN SRV 1 2 80 a.remora.test."
            local-zone: "refused.test." refuse
        remote-control:
            control-enable: yes
            control-interface: "\(folder)/control"
            control-use-cert: no
        """
    }

    private static let queries = [
        ("a.remora.test", "A"), ("a.remora.test", "AAAA"), ("many.remora.test", "A"), ("text.remora.test", "TXT"),
        ("mail.remora.test", "MX"), ("_http._tcp.remora.test", "SRV"), ("none.remora.test", "A"),
        ("a.remora.test", "PTR"), ("x.refused.test", "A"),
    ]

    @Test(
        "queries counted by a resolver are items, by type and by code, over UDP and over TCP",
        .enabled(if: LiveStage.isWanted("unbound", "unbound-control", "dnsperf"), "needs unbound and dnsperf"))
    func resolver() async throws {
        let script = Self.counter(
            "d.protocol.name !== 'dns' ? d.protocol.name : (d.request ? d.request.questions[0].type : 'none') + ' ' + "
                + "(d.response ? d.response.code : 'none')")
        try await LiveStage.with(GivenScripts(script)) { configuration in
            configuration.engine.budget.queueCount = 1_000_000
            configuration.engine.budget.queueBytes = 1 << 30
        } server: { bench in
            ["unbound", "-d", "-c", try bench.write("unbound.conf", Self.unbound(bench.folder))]
        } answers: { stage in
            let path = try stage.bench.write("one", "a.remora.test NS\n")
            let output = try await stage.client.run(
                "dnsperf", "-s", LiveStage.address, "-d", path, "-n", "1", "-t", "1")
            guard output.contains("NOERROR 1 ") else { throw TestNetwork.Failure(description: output) }
        } _: { stage in
            let queries = Self.queries.map { "\($0.0) \($0.1)" }.joined(separator: "\n") + "\n"
            let path = try stage.bench.write("queries", queries)
            for transport in ["udp", "tcp"] {
                // EDNS with a payload size as most clients send it; a bounded rate, as the test is no race.
                try await stage.client.run(
                    "dnsperf", "-s", LiveStage.address, "-d", path, "-n", "300", "-c", "8", "-Q", "3000", "-e", "-m",
                    transport)
            }
            let text = try await stage.server.run(
                "unbound-control", "-c", stage.bench.folder + "/unbound.conf", "stats_noreset")
            let statistics = text.split(separator: "\n").reduce(into: [String: Int]()) { table, line in
                let parts = line.split(separator: "=")
                if parts.count == 2, let number = Int(parts[1]) { table[String(parts[0])] = number }
            }
            await stage.settle()
            let told = try await stage.told()
            let counts = self.counts(told)
            func sum(_ matches: (String) -> Bool) -> Int { counts.filter { matches($0.key) }.values.reduce(0, +) }
            let total = statistics["total.num.queries"] ?? -1
            print(
                "\(total) queries, \(statistics["num.query.tcp"] ?? -1) of them over TCP, "
                    + "\(stage.worker.status.items.delivered) items, \(stage.lostPackets) packets lost")
            #expect(total >= 2 * 300 * Self.queries.count)
            #expect((statistics["num.query.tcp"] ?? 0) >= 300 * Self.queries.count)
            if stage.lostPackets == 0, stage.droppedCalls() == 0 {
                #expect(sum { _ in true } == total && told["halves"] == 0, "\(counts)")
                for type in ["A", "AAAA", "TXT", "MX", "SRV", "PTR", "NS"] {
                    #expect(sum { $0.hasPrefix(type + " ") } == statistics["num.query.type." + type], "\(type)")
                }
                for (code, name) in [
                    ("No Error", "NOERROR"), ("Non-Existent Domain", "NXDOMAIN"), ("Query Refused", "REFUSED"),
                ] {
                    #expect(sum { $0.hasSuffix(" " + code) } == statistics["num.answer.rcode." + name], "\(code)")
                }
            }
            #expect(sum { _ in true } + stage.droppedCalls() == Int(stage.worker.status.items.delivered))
            stage.expectAccounts()
        }
    }
}
