import JSON
import RecordingServer
import Testing
import Threading

@testable import ScriptHelpers

/// Helpers against servers that take what the published interfaces take.
@Suite("vendor.slack, influxdb, elastic, otlp, azure, chatgpt")
struct ServiceTests {
    @Test("Slack's incoming webhook gets an attachment with the time; its secret URL is in no error")
    func slackWebhook() async throws {
        try await RecordingServer.run {
            PublishedAPI.slackWebhook($0)
        } _: { server in
            let lines = try await HelperBench.run(
                """
                vendor.slack("\(server.url)/services/T0/B0/secret", "P & Q", "<T>", "ff0000");
                try { vendor.slack("\(server.url)/services/T9/B9/othersecret", "P", "T", "good"); }
                catch (e) { console.log(e.code, e.status, e.message, e.body); }
                """)
            #expect(lines == ["HTTP_STATUS 404 Slack at \(server.url) answered 404: no_service no_service"])
            let body = try JSONValue(parsing: try #require(server.requests.first).body)
            var attachment = try #require(body["attachments"]?[0])
            let time = attachment["fields"]?[0]?["value"]?.string
            #expect(time?.hasSuffix(" +0000 UTC") == true && time?.count == 29)
            attachment["fields"] = nil
            #expect(
                attachment == [
                    "pretext": "P &amp; Q", "text": "&lt;T&gt;", "color": "#ff0000", "fallback": "P &amp; Q",
                ])
        }
    }

    @Test("Slack's bot posts with fields in order, then shares files in the message's thread, in three steps")
    func slackBot() async throws {
        try await RecordingServer.run { request in
            PublishedAPI.slackBot(request, url: "http://" + (request.headers["host"] ?? ""))
        } _: { server in
            let lines = try await HelperBench.run(
                """
                file.write("a.json", "[1]"); file.write("empty", ""); file.write("b.txt", "B");
                vendor.slackBot("xoxb-token", "C012", "P", "T", "danger", { Zulu: "1", Alpha: "2" },
                    { "data.json": "a.json", "nothing": "empty", "b": "b.txt" });
                function t(f) { try { f(); } catch (e) { console.log(e.code, e.message); } }
                t(function () { vendor.slackBot("xoxb-token", "C999", "P", "T", "good"); });
                t(function () { vendor.slackBot("xoxb-wrong", "C012", "P", "T", "good"); });
                t(function () { vendor.slackBot("xoxb-token", "C012", "P", "T", "good", {}, { a: "missing" }); });
                """, process: ["SLACK_API_URL": server.url + "/api/"])
            #expect(lines[0] == "vendor.slackBot: empty is empty and was left out")
            #expect(lines[1].hasPrefix("Message sent to Slack channel: C012 at 20"))
            #expect(
                lines.dropFirst(2) == [
                    "Shared file: data.json to Slack channel: C012", "Shared file: b to Slack channel: C012",
                    "REJECTED Slack: channel_not_found", "AUTH Slack: invalid_auth",
                    "ENOENT open missing: no such file or directory",
                ])
            #expect(
                server.requests.map(\.path) == [
                    "/api/chat.postMessage", "/api/files.getUploadURLExternal", "/upload/F1",
                    "/api/files.getUploadURLExternal", "/upload/F1", "/api/files.completeUploadExternal",
                    "/api/chat.postMessage", "/api/chat.postMessage",
                ])
            #expect(server.requests[1].text == "filename=a.json&length=3" && server.requests[2].text == "[1]")
            let fields = try JSONValue(parsing: server.requests[0].body)["attachments"]?[0]?["fields"]?.array
            #expect(fields?.compactMap { $0["title"]?.string } == ["Zulu", "Alpha", "Timestamp"])
        }
    }

    @Test("InfluxDB gets line protocol, one point and many; errors have its words and not the token")
    func influx() async throws {
        try await RecordingServer.run {
            PublishedAPI.influx($0)
        } _: { server in
            let lines = try await HelperBench.run(
                #"""
                var url = "\#(server.url)/";
                vendor.influxdb(url, "influx-token", "o&1", "b 1", "m, 1", { "a=b": 51, s: 'q"\\', t: true, n: null, o: { x: 1 } },
                    { "z": "1 2", "a,": "=", empty: "", n: 5 });
                var points = [];
                for (var i = 0; i < 5001; i++) points.push({ measurement: "m", fields: { v: i + 0.5 }, time: 1700000000000 + i });
                vendor.influxdb.writeAll(url, "influx-token", "o&1", "b 1", points);
                function t(f) { try { f(); } catch (e) { console.log(e.code, e.status, e.message); } }
                t(function () { vendor.influxdb(url, "wrong-token", "o&1", "b 1", "m", { a: 1 }); });
                t(function () { vendor.influxdb(url, "influx-token", "o&1", "nope", "m", { a: 1 }); });
                t(function () { vendor.influxdb(url, "influx-token", "o&1", "b 1", "m", { a: null }); });
                """#)
            let bodies = server.requests.map(\.text)
            #expect(bodies[0].hasPrefix(#"m\,\ 1,a\,=\=,n=5,z=1\ 2 a\=b=51,s="q\"\\",t=true,o="{\"x\":1}" 1"#))
            #expect(bodies[1].split(separator: "\n").count == 5000)
            #expect(bodies[2] == "m v=5000.5 1700000005000000000")
            #expect(
                lines == [
                    "AUTH 401 InfluxDB at \(server.url) answered 401: unauthorized: unauthorized access",
                    "HTTP_STATUS 404 InfluxDB at \(server.url) answered 404: not found: bucket \"nope\" not found",
                    "INVALID undefined InfluxDB: the point of \"m\" has no field with a number, text or boolean",
                ])
        }
    }

    @Test(
        "Elasticsearch gets documents under each kind of authentication",
        arguments: [
            (#""", """#, nil), (#""elastic", "pass""#, "Basic ZWxhc3RpYzpwYXNz"),
            (#""", "", "", "aWQ6a2V5""#, "ApiKey aWQ6a2V5"), (#""", "", "", "id:key""#, "ApiKey aWQ6a2V5"),
            (#""u", "p", "", "k", "service-token""#, "Bearer service-token"),
        ] as [(String, String?)])
    func elastic(_ arguments: String, _ authorization: String?) async throws {
        try await RecordingServer.run {
            PublishedAPI.elastic($0, authorization: authorization)
        } _: { server in
            let lines = try await HelperBench.run(
                """
                var id = vendor.elastic("\(server.url)/prefix/..", "logs", { a: 1 }, \(arguments));
                console.log(/^[0-9a-f-]{36}$/.test(id));
                """.replacing("/prefix/..", with: ""))
            #expect(lines == ["true"])
            #expect(server.requests.map(\.query) == [["refresh": "true"]])
            #expect(server.requests[0].text == #"{"a":1}"#)
        }
    }

    @Test("Elasticsearch takes many documents at once and says which it did not take")
    func bulk() async throws {
        try await RecordingServer.run {
            PublishedAPI.elastic($0, authorization: nil)
        } _: { server in
            let lines = try await HelperBench.run(
                """
                var docs = [];
                for (var i = 0; i < 1500; i++) docs.push(i === 1200 ? { bad: 1 } : { i: i });
                var r = vendor.elastic.bulk("\(server.url)", "logs", docs);
                console.log(r.ids.length, r.ids[1200], r.failed, r.ids[0] !== r.ids[1]);
                try { vendor.elastic("\(server.url)", "a/b", {}); } catch (e) { console.log(e.message); }
                try { vendor.elastic("\(server.url)", "logs", {}, "a", "b"); } catch (e) { console.log(e.code, e.message); }
                """, environment: ["ELASTIC_REFRESH": "false"])
            #expect(
                lines == [
                    #"1500 null [{"index":1200,"status":400,"reason":"parsing: bad field"}] true"#,
                    #""a/b" is no name of an Elasticsearch index"#,
                    "AUTH Elasticsearch at \(server.url) answered 401: security_exception: unable to authenticate user",
                ])
            #expect(server.requests.map(\.query) == [[:], [:], [:]])
        }
    }

    @Test("OTLP: logs, metrics and spans as the protocol has them; what a collector refuses in part is told")
    func otlp() async throws {
        try await RecordingServer.run {
            PublishedAPI.otlp($0)
        } _: { server in
            let lines = try await HelperBench.run(
                """
                vendor.otlp.logs("", ["plain", { body: { a: [1, true, 1.5, "x"] }, severity: "error", time: 1700000000000,
                    attributes: { k: "v", n: 1 } }], { resource: { "service.name": "shop" } });
                vendor.otlp.metrics("\(server.url)/v1/metrics", [{ name: "a", value: 1 },
                    { name: "b", value: 2.5, type: "counter", unit: "1", start: 1, attributes: { x: "y" } }]);
                vendor.otlp.traces("", { name: "GET /", start: 1700000000000.5, end: 1700000000001, kind: "server", error: "boom" });
                vendor.otlp.logs("", "x", { headers: { "X-Partial": "secret-header" } });
                vendor.otlp.logs("", []);
                try { vendor.otlp.metrics("", { name: "a" }); } catch (e) { console.log(e.message); }
                """, environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": .string(server.url)])
            #expect(
                lines
                    == [
                        "vendor.otlp.logs: the collector did not take everything: 1 rejected: too old",
                        "vendor.otlp.metrics: argument 2 has an element without what it needs: see docs/helpers.md",
                    ].map { $0.hasPrefix("vendor.otlp.logs") ? "! " + $0 : $0 })
            #expect(server.requests.map(\.path) == ["/v1/logs", "/v1/metrics", "/v1/traces", "/v1/logs"])
            let span = try JSONValue(parsing: server.requests[2].body)["resourceSpans"]?[0]?["scopeSpans"]?[0]?[
                "spans"]?[0]
            #expect(
                span?["startTimeUnixNano"] == "1700000000000500000"
                    && span?["status"] == ["code": 2, "message": "boom"])
        }
    }

    @Test("a model is asked with what newer and older servers want; a key that a server quotes is cut out")
    func chat() async throws {
        for isOld in [false, true] {
            try await RecordingServer.run {
                PublishedAPI.chat($0, isOld: isOld)
            } _: { server in
                let lines = try await HelperBench.run(
                    """
                    console.log(chatgpt.prompt("sk-key", "hi", 5));
                    try { chatgpt.prompt("sk-wrong-key", "hi"); } catch (e) { console.log(e.code, e.message, e.body.indexOf("wrong")); }
                    try { chatgpt.sentiment("good"); } catch (e) { console.log(e.code); }
                    """, environment: ["OPENAI_BASE_URL": .string(server.url + "/v1"), "OPENAI_MODEL": "tiny"])
                #expect(
                    lines == [
                        "You said: hi (5, tiny)",
                        "AUTH OpenAI at \(server.url) answered 401: Incorrect API key provided: [secret] -1",
                        "UNAVAILABLE",
                    ])
            }
        }
    }

    @Test("Azure gets blobs, whole and in blocks, signed by account key, by a signature, or with a token")
    func azure() async throws {
        try await RecordingServer.run { _ in
            .init(201)
        } _: { server in
            let blob = server.url + "/acc"
            let bench = try HelperBench(process: ["AZURE_STORAGE_BLOB_ENDPOINT": blob])
            _ = try await ServerProcess.output(
                "sh", ["-c", "head -c 70000001 /dev/zero > \"$0\"/data/big", bench.folder])
            try await bench.load(
                """
                file.write("a b", "hello");
                console.log(vendor.azure.put("box", "a b", "acc", "c2VjcmV0"));
                vendor.azure.put("box", "a b", "", "", "BlobEndpoint=\(blob);SharedAccessSignature=sv=1&sig=x%2By");
                vendor.azure.put("box", "big", "acc", "c2VjcmV0");
                try { vendor.azure.put("box", "big", "acc", "not base64!"); } catch (e) { console.log(e.message); }
                """)
            #expect(
                bench.console.filter { !$0.hasPrefix("Uploaded") } == [
                    "\(blob)/box/node-a_10.0.0.1/a%20b", "Azure: the account key is no base64",
                ])
            #expect(bench.console.count == 5)
            await bench.end()
            let seen = server.requests
            #expect(
                seen.map(\.query) == [
                    [:], ["sv": "1", "sig": "x+y"],
                    ["comp": "block", "blockid": "MDAwMDAw"], ["comp": "block", "blockid": "MDAwMDAx"],
                    ["comp": "block", "blockid": "MDAwMDAy"], ["comp": "block", "blockid": "MDAwMDAz"],
                    ["comp": "block", "blockid": "MDAwMDA0"], ["comp": "blocklist"],
                ])
            #expect(seen[0].headers["x-ms-blob-type"] == "BlockBlob" && seen[0].text == "hello")
            #expect(seen[1].headers["authorization"] == nil)
            #expect(seen[2..<7].map(\.body.count).reduce(0, +) == 70_000_001)
            #expect(seen[7].text.contains("<Latest>MDAwMDAw</Latest><Latest>MDAwMDAx</Latest>"))
            try await checkSharedKey(seen[0])
        }
    }

    /// The signature by openssl, of the text that Microsoft's page prescribes, written out by hand.
    private func checkSharedKey(_ request: RecordingServer.Request) async throws {
        let date = try #require(request.headers["x-ms-date"])
        let text =
            "PUT\n\n\n5\n\ntext/plain; charset=utf-8\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:\(date)\nx-ms-version:2021-08-06\n/acc/acc/box/node-a_10.0.0.1/a%20b"
        let signed = try await ServerProcess.output(
            "sh", ["-c", "openssl dgst -sha256 -hmac secret -binary | base64"], input: text)
        #expect(request.headers["authorization"] == "SharedKey acc:\(signed.text.trimmingSuffix())")
    }

    @Test("hub.blockPod is off unless the process says how")
    func blockPod() async throws {
        let source = "try { hub.blockPod('p', 'ns'); console.log('done'); } catch (e) { console.log(e.code); }"
        #expect(try await HelperBench.run(source) == ["UNAVAILABLE"])
        let blocked = Locked<[String]>([])
        let lines = try await HelperBench.run(source, role: .hub) { context in
            context.blockPod = { name, namespace in blocked.withLock { $0.append("\(namespace)/\(name)") } }
        }
        #expect(lines == ["done"])
        #expect(blocked.withLock { $0 } == ["ns/p"])
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String { String(prefix { !$0.isNewline }) }
}
