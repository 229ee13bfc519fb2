import JSON
import LocalRun
import ScriptCheck
import ScriptFolder
import ScriptRuntime
import Testing

/// Each file in `examples/`, with what it prints and sends for the recordings beside these tests.
@Suite("Examples")
struct ExampleTests {
    static let tested: Set<String> = [
        "log-item.js", "webhook.js", "packet-counter.js", "influxdb-status-codes.js", "snapshot-on-crash.js",
        "print-environment.js", "error-handling.js", "slack-report.js", "pass-fail.js", "elastic-status-codes.js",
        "s3-snapshot-on-500.js", "upload-stream.js", "prometheus-metric.js", "top-dns.js", "latency-anomalies.js",
        "external-traffic.js", "inactive-pods.js", "redact.js", "pod-report.js", "crash-alert.js", "cluster-totals.js",
        "share-a-function.js",
    ]

    @Test("each example is tested below, is ES5, passes the check, has a title of its own, and says how to run it")
    func all() throws {
        let names = try ExampleRun.names()
        #expect(Set(names) == Self.tested)
        let check = try #require(ScriptCheck(isES5Required: true))
        var titles: Set<String> = []
        for name in names {
            let source = try ExampleRun.source(name)
            #expect(check.check(source).findings == [], "\(name)")
            let title = ScriptTitle.derive(from: source, fileName: name)
            #expect(title + ".js" != name && titles.insert(title).inserted, "\(name)")
            let header = source.split(separator: "\n").prefix { $0.hasPrefix("//") }
            #expect(header.count >= 3, "\(name)")
        }
    }

    @Test("log an item")
    func logItem() async throws {
        let run = try await ExampleRun.run("log-item.js")
        #expect(
            run.lines == [
                "> cart-7d9 GET orders-5f4/orders/7 200 1.5 ms", "> cart-7d9 POST orders-5f4/login 200 2.5 ms",
                "> cart-7d9 GET orders-5f4/orders/8 404 0.9 ms", "> cart-7d9 POST orders-5f4/orders 500 250 ms",
                "> cart-7d9 GET orders-5f4/slow no answer 0 ms", "> DNS 10.244.1.5 -> 10.96.0.10",
                "> DNS 10.244.1.5 -> 10.96.0.10", "> DNS 10.244.1.5 -> 10.96.0.10",
                "> cart-7d9 GET api.example.com/v1/rates 200 42 ms", "> REDIS 10.244.2.8 -> 10.244.3.3",
            ])
        #expect(run.outcome.isGood)
    }

    @Test("a webhook gets its three arguments, once for the one failed request")
    func webhook() async throws {
        let run = try await ExampleRun.run(
            "webhook.js", environment: ["WEBHOOK_URL": "http://w/"], answers: ["vendor.webhook": "ok"])
        #expect(run.calls == [#"vendor.webhook("POST", "http://w/", "500 from orders-5f4/orders")"#])
    }

    @Test("the packet counter logs count and kilobytes and begins anew")
    func packetCounter() async throws {
        let packets = Packets(lengths: [60, 1500, 440])
        let run = try await ExampleRun.run("packet-counter.js", items: nil, inputs: [packets])
        #expect(run.lines == ["> Captured packet count per minute: 3", "> Total KB captured per minute: 2"])
    }

    @Test("status codes are pushed to InfluxDB, and kept when that fails")
    func influxdb() async throws {
        let environment: JSONValue = [
            "INFLUXDB_URL": "http://i/", "INFLUXDB_TOKEN": "t", "INFLUXDB_ORGANIZATION": "o", "INFLUXDB_BUCKET": "b",
        ]
        let run = try await ExampleRun.run(
            "influxdb-status-codes.js", environment: environment, answers: ["vendor.influxdb": .undefined])
        #expect(
            run.calls == [
                #"vendor.influxdb("http://i/", "t", "o", "b", "status_codes", {"status_200":3,"status_404":1,"status_500":1}, {"node":"node-1"})"#
            ])
        // The hook counted on while the push failed: what was not written is not lost.
        let failing = try await ExampleRun.run(
            "influxdb-status-codes.js", environment: environment, answers: ["wrapper.joinMaps": .json([:])],
            helpers: [HostFunction("vendor.influxdb") { _ in throw HelperError("401 unauthorized", status: 401) }])
        #expect(failing.lines == ["! InfluxDB: 401 unauthorized"])
        #expect(failing.calls == [#"wrapper.joinMaps({}, {"status_200":3,"status_404":1,"status_500":1})"#])
    }

    private let storage: [String: ScriptValue] = [
        "pcap.snapshot": "1772359201.pcap", "vendor.s3.put": "https://b.s3.amazonaws.com/x", "file.delete": .undefined,
        "file.mkdirTemp": "status_5001", "file.write": .undefined, "file.move": .undefined, "file.tar": "k.tar.gz",
        "pcap.nameResolutionHistory": .json([:]),
    ]

    @Test("a crash causes one snapshot, uploaded where a bucket is given, and none on the hub")
    func snapshotOnCrash() async throws {
        let run = try await ExampleRun.run(
            "snapshot-on-crash.js", items: nil, pods: "pods.jsonl",
            environment: ["S3_BUCKET": "b", "AWS_REGION": "eu-west-1"], answers: storage)
        #expect(
            run.lines == [
                "> shop/cart-7d9 app is oom-killed (exit 137)", "> snapshot: 1772359201.pcap",
                "> uploaded to https://b.s3.amazonaws.com/x", "> shop/orders-5f4 is terminating ",
            ])
        #expect(
            run.calls == [
                "pcap.snapshot()", #"vendor.s3.put("b", "1772359201.pcap", "eu-west-1")"#,
                #"file.delete("1772359201.pcap")"#,
            ])
        let hub = try await ExampleRun.run(
            "snapshot-on-crash.js", items: nil, pods: "pods.jsonl", node: "hub", answers: storage)
        #expect(hub.calls == [] && hub.lines == [])
    }

    @Test("the environment is printed by name")
    func printEnvironment() async throws {
        let run = try await ExampleRun.run(
            "print-environment.js", items: nil, environment: ["B_TOKEN": "secret", "A": "1"])
        #expect(run.lines == ["> node: node-1", "> env: A, B_TOKEN", "> jobs: none"])
    }

    @Test("errors are caught, or reported and told to onJobFailed")
    func errorHandling() async throws {
        let run = try await ExampleRun.run(
            "error-handling.js", items: nil,
            helpers: [HostFunction("vendor.webhook") { _ in throw HelperError("connection refused") }])
        #expect(run.lines.first == "> caught: connection refused")
        #expect(
            run.lines.contains { $0.hasPrefix("! (job=probe) Error: and this one is not caught at Handle errors:") })
        #expect(run.lines.last == "> job probe failed: and this one is not caught")
        #expect(run.outcome.failures == 1)
    }

    @Test("Slack gets one message with the services that failed")
    func slack() async throws {
        let run = try await ExampleRun.run(
            "slack-report.js", environment: ["SLACK_WEBHOOK": "https://s/"], answers: ["vendor.slack": .undefined])
        #expect(
            run.calls == [#"vendor.slack("https://s/", "Failed requests on node-1", "shop/orders-5f4: 1", "danger")"#])
    }

    @Test("rows are coloured by what the hook returns")
    func passFail() async throws {
        let answers = try await Queries.run("pass-fail.js")
        #expect(
            answers.map { [$0["passed"], $0["failed"]] }[..<4] == [
                [true, false], [true, false], [true, false], [false, true],
            ])
        #expect(answers[4]["failed"] == false && answers[4]["passed"] == false, "no answer, no colour")
    }

    @Test("Elasticsearch gets a document with the codes of each service")
    func elastic() async throws {
        let run = try await ExampleRun.run(
            "elastic-status-codes.js", environment: ["ELASTIC_INDEX": "codes", "ELASTIC_URL": "http://e"],
            answers: ["vendor.elastic": "id-1"])
        #expect(run.lines == ["> indexed id-1"])
        #expect(run.calls.count == 1)
        #expect(
            run.calls[0].contains(
                #""services":{"orders-5f4":{"200":2,"404":1,"500":1},"api.example.com":{"200":1}}"#))
    }

    @Test("status 500 puts snapshot, item and names into an archive and uploads it")
    func s3Snapshot() async throws {
        let run = try await ExampleRun.run(
            "s3-snapshot-on-500.js", environment: ["S3_BUCKET": "b", "AWS_REGION": "eu-west-1"], answers: storage)
        #expect(run.lines == ["> uploaded https://b.s3.amazonaws.com/x"])
        #expect(
            run.calls.map { String($0.prefix { $0 != "(" }) } == [
                "file.mkdirTemp", "file.write", "pcap.nameResolutionHistory", "file.write", "pcap.snapshot",
                "file.move", "file.tar", "vendor.s3.put", "file.delete", "file.delete",
            ])
        #expect(run.calls[7].hasPrefix(#"vendor.s3.put("b", "k.tar.gz", "eu-west-1""#))
    }

    @Test("one stream is uploaded by its path")
    func uploadStream() async throws {
        var answers = storage
        answers["pcap.path"] = "pcaps/000000025003.pcap"
        let run = try await ExampleRun.run(
            "upload-stream.js", environment: ["S3_BUCKET": "b", "AWS_REGION": "r"], answers: answers)
        #expect(
            run.calls == [
                #"pcap.path("000000025003.pcap")"#, #"vendor.s3.put("b", "pcaps/000000025003.pcap", "r")"#,
            ])
    }

    @Test("Prometheus gets totals")
    func prometheus() async throws {
        let run = try await ExampleRun.run("prometheus-metric.js", answers: ["prometheus.vector": "ok"])
        #expect(run.calls.count == 5)
        #expect(
            run.calls[1]
                == #"prometheus.vector("example_requests_total", "Requests seen", 1, 2, {"s_service":"orders-5f4","s_status":"200"})"#
        )
    }

    @Test("DNS clients are counted, and names that do not exist")
    func topDNS() async throws {
        let run = try await ExampleRun.run("top-dns.js")
        #expect(
            run.lines.filter { $0 != "> " } == [
                "> Most DNS queries:", ">   cart-7d9 3", ">   no such name: oders.shop.svc.cluster.local 1",
            ])
    }

    @Test("a request that takes far longer than its endpoint usually does is told")
    func latency() async throws {
        let items = (0..<30).map { number in
            let item: JSONValue = [
                "protocol": ["name": "http"], "dst": ["name": "orders"], "response": ["status": 200],
                "request": ["method": "GET", "path": "/a"],
                "elapsedTime": .integer(number == 29 ? 90_000 : 10_000 + Int64(number % 3) * 500),
            ]
            return item
        }
        let run = try await ExampleRun.run("latency-anomalies.js", items: nil, inputs: [Items(items: items)])
        #expect(run.lines == ["> GET orders/a took 90 ms, usually 10.5 ms"])
    }

    @Test("traffic that leaves the cluster is told once")
    func external() async throws {
        let run = try await ExampleRun.run("external-traffic.js")
        #expect(run.lines == ["> shop/cart-7d9 (node) talks to api.example.com port 443"])
    }

    @Test("pods without traffic are listed on the hub, and workers tell which had some")
    func inactive() async throws {
        let hub = try await ExampleRun.run(
            "inactive-pods.js", items: nil, pods: "pods.jsonl", node: "hub")
        #expect(hub.lines == ["> 1 pods without traffic: shop/cart-7d9"])
        let busy = try await ExampleRun.run("inactive-pods.js", pods: "pods.jsonl", node: "hub")
        #expect(busy.lines == ["> 0 pods without traffic: "])
    }

    @Test("secrets are redacted for whoever looks")
    func redact() async throws {
        let answers = try await Queries.run("redact.js")
        #expect(answers[1]["request"]?["headers"]?["Authorization"] == "[redacted]")
        #expect(
            answers[1]["request"]?["postData"]?["text"] == .string(#"{"user":"ann","password":"[redacted]"}"#))
        #expect(answers[1]["request"]?["headers"]?["Host"] == "orders.shop")
        #expect(!answers.map(\.description).joined().contains("hunter2"))
    }

    @Test("what happens to pods is told in words")
    func podReport() async throws {
        let run = try await ExampleRun.run("pod-report.js", items: nil, pods: "pods.jsonl", node: "hub")
        #expect(
            run.lines == [
                "> shop/cart-7d9 is Running on node-1", "> shop/orders-5f4 is Running on node-1",
                "> shop/cart-7d9 app restarted: OOMKilled (exit 137)", "> shop/orders-5f4 is gone",
            ])
    }

    @Test("the hub tells a webhook of a burst of crashes once it is over")
    func crashAlert() async throws {
        let run = try await ExampleRun.run(
            "crash-alert.js", items: nil, pods: "pods.jsonl", node: "hub",
            environment: ["WEBHOOK_URL": "http://w/", "QUIET_MS": "0"], answers: ["vendor.webhook": "ok"])
        #expect(run.lines == ["> crash: shop/cart-7d9: app was killed: out of memory (restart 1)"])
        #expect(
            run.calls == [
                #"vendor.webhook("POST", "http://w/", {"text":"shop/cart-7d9: app was killed: out of memory (restart 1)","count":1})"#
            ])
    }

    @Test("counts of workers are added up on the hub")
    func totals() async throws {
        let run = try await ExampleRun.run("cluster-totals.js", node: "hub")
        #expect(run.lines == [#"> from hub: {"HTTP":6,"DNS":3,"REDIS":1}"#])
    }

    @Test("a function on this is called by another script")
    func sharing() async throws {
        let run = try await ExampleRun.run("share-a-function.js", "../Tests/ExampleTests/Recordings/uses-peer-name.js")
        #expect(run.lines == ["> shop/orders-5f4"])
    }
}
