import JSON
import RecordingServer
import ScriptRuntime
import Testing
import Threading
import YAML

@testable import ScriptHelpers

@Suite("wrapper")
struct WrapperTests {
    @Test("maps are joined: numbers added, maps merged, arrays put together, else the second wins")
    func joinMaps() async throws {
        let lines = try await HelperBench.run(
            """
            var a = { n: 1, m: { x: 1, y: 2 }, l: [1], s: "a", only: true }, b = { n: 2, m: { x: 5, z: 0 }, l: [2], s: "b", k: null };
            console.log(wrapper.joinMaps(a, b));
            console.log(wrapper.joinMaps(undefined, { a: 1 }), wrapper.joinMaps({ a: 1 }, null), wrapper.joinMaps());
            console.log(a, wrapper.joinMaps({ hasOwnProperty: 1 }, { hasOwnProperty: 2 }));
            """)
        #expect(
            lines == [
                #"{"n":3,"m":{"x":6,"y":2,"z":0},"l":[1,2],"s":"b","only":true,"k":null}"#, #"{"a":1} {"a":1} {}"#,
                #"{"n":1,"m":{"x":1,"y":2},"l":[1],"s":"a","only":true} {"hasOwnProperty":3}"#,
            ])
    }

    @Test("items become HAR 1.2 entries; half connections have an empty response, others are left out")
    func har() async throws {
        let bench = try HelperBench()
        try await bench.load(
            #"""
            var item = { id: "w/1-0", protocol: { name: "http" }, tls: false, startTime: "2026-01-02T03:04:05.000000006Z",
                elapsedTime: 1500, src: {}, dst: { ip: "10.0.0.2", port: "8080", name: "cart" },
                request: { method: "POST", url: "/a?x=1", path: "/a", httpVersion: "HTTP/1.1", headers: { Host: "cart" },
                    cookies: { c: "1" }, queryString: { x: ["1", "2"] }, bodySize: 3, postData: { mimeType: "text/plain", text: "abc", params: [] } },
                response: { status: 200, statusText: "OK", httpVersion: "HTTP/1.1", headers: { A: "b" }, cookies: {}, redirectURL: "",
                    bodySize: 4, content: { size: 4, mimeType: "image/png", text: "AAAA", encoding: "base64" } } };
            var half = JSON.parse(JSON.stringify(item)); half.response = null; half.tls = true; half.dst.port = "443"; half.dst.name = "";
            console.log(wrapper.buildHAR([item, { protocol: { name: "dns" } }, null, half]));
            console.log(wrapper.buildHAR());
            """#)
        await bench.end()
        #expect(
            bench.console.last == #"{"log":{"version":"1.2","creator":{"name":"Remora","version":"1"},"entries":[]}}"#)
        let entries = try #require(JSONValue(parsing: bench.console[0])["log"]?["entries"]?.array)
        #expect(entries.count == 2)
        #expect(
            entries[0] == [
                "_id": "w/1-0", "startedDateTime": "2026-01-02T03:04:05.000000006Z", "time": 1.5,
                "request": [
                    "method": "POST", "url": "http://cart:8080/a?x=1", "httpVersion": "HTTP/1.1",
                    "cookies": [["name": "c", "value": "1"]], "headers": [["name": "Host", "value": "cart"]],
                    "queryString": [["name": "x", "value": "1"], ["name": "x", "value": "2"]], "headersSize": -1,
                    "bodySize": 3, "postData": ["mimeType": "text/plain", "text": "abc", "params": []],
                ],
                "response": [
                    "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [],
                    "headers": [["name": "A", "value": "b"]],
                    "content": ["size": 4, "mimeType": "image/png", "text": "AAAA", "encoding": "base64"],
                    "redirectURL": "", "headersSize": -1, "bodySize": 4,
                ], "cache": [:], "timings": ["send": 0, "wait": 1.5, "receive": 0], "serverIPAddress": "10.0.0.2",
                "connection": "8080",
            ])
        #expect(entries[1]["request"]?["url"] == "https://10.0.0.2/a?x=1")
        #expect(
            entries[1]["response"]?["status"] == 0 && entries[1]["response"]?["content"] == ["size": 0, "mimeType": ""])
    }

    /// What a capture worker brings along, in small: a snapshot is a file that names what it was made of.
    private static func capture(_ folder: @escaping @Sendable () -> DataFolder?) -> [HostFunction] {
        let count = Locked(0)
        return [
            HostFunction("kfl.match") { call in .json(.boolean(call.value(1)?["name"] == call.value(0))) },
            HostFunction("kfl.validate") { call in .json(.boolean(call.value(0) != "bad(")) },
            HostFunction("pcap.nameResolutionHistory") { _ in
                .json(["1": ["10.0.0.1": ["FullAddress": "a", "Namespace": "b"]]])
            },
            HostFunction("pcap.snapshot", waits: true) { call in
                let name = count.withLock { count in
                    count += 1
                    return "\(count).pcap"
                }
                let source = call.value(1)?.string
                let list = try source.flatMap { try folder()?.list($0) }?.count ?? 0
                let text = source == nil ? call.value(0)?.description ?? "" : "merged \(list)"
                try folder()?.write(name, text)
                return .json(.string(name))
            },
        ]
    }

    @Test("what matches a filter is collected, archived, uploaded and announced; an earlier run's rest goes up too")
    func recording() async throws {
        let uploads = Locked<[String: [UInt8]]>([:])
        try await RecordingServer.run { request in
            if request.method == "PUT" { uploads.withLock { $0[request.path] = request.body } }
            return .init(200, request.path == "/hook" ? "ok" : "")
        } _: { server in
            let holder = Locked<DataFolder?>(nil)
            let bench = try HelperBench(
                process: ["AWS_ENDPOINT_URL_S3": server.url],
                environment: [
                    "S3_BUCKET": "bucket", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a",
                    "AWS_SECRET_ACCESS_KEY": "b",
                ],
                extra: Self.capture { holder.withLock { $0 } })
            holder.withLock { $0 = bench.helpers.dataFolder }
            try bench.helpers.dataFolder.makeFolder("kflPcapS3_earlier_0_1")
            try bench.helpers.dataFolder.write("kflPcapS3_earlier_0_1/part", "left")
            try await bench.load(
                """
                var params = { kflArr: ["dns", "bad(", "http"], maxMinutes: 0, slackWebhook: "\(server.url)/hook" };
                function onItemCaptured(data) { wrapper.kflPcapS3(data, params); }
                """)
            for (name, stream) in [
                ("dns", "1_udp.pcap"), ("http", "2.pcap"), ("http", "3.pcap"), ("http", "3.pcap"), ("redis", "4.pcap"),
            ] {
                bench.engine.deliver(.itemCaptured(Array(#"{"name":"\#(name)","stream":"\#(stream)"}"#.utf8)))
            }
            await bench.engine.untilIdle()
            #expect(bench.failures.isEmpty)
            try await bench.load("jobs.run('kfl-pcap-s3');", index: 1)
            #expect(bench.engine.jobs(of: 0).map(\.tag) == ["kfl-pcap-s3"])
            // The job comes by itself every half minute.
            #expect(
                await bench.until { _ in server.requests.filter { $0.path == "/hook" }.count == 2 }, "\(bench.console)")
            #expect(bench.console.contains("! kflPcapS3: query 1 is no KFL and is skipped: bad("))
            let names = uploads.withLock { $0.keys.sorted() }
            #expect(names.count == 3 && names[0] == "/bucket/node-a_10.0.0.1/abandoned_kflPcapS3_earlier_0_1.tar.gz")
            let archive = try #require(names.last)
            #expect(archive.hasPrefix("/bucket/node-a_10.0.0.1/kfl_2_kubeshark_"))
            let bytes = uploads.withLock { $0[archive] ?? [] }
            let listed = try await ServerProcess.output(
                "sh", ["-c", "base64 -d | tar xzO"], input: Base64.encode(bytes))
            #expect(listed.text.contains(#""l4_streams":["2.pcap","3.pcap"]"#))
            #expect(listed.text.contains(#""kfl_index":2,"kfl_query":"http""#))
            #expect(listed.text.contains("merged 1") && listed.text.contains(#"{"1":{"10.0.0.1""#))
            #expect(try bench.helpers.dataFolder.list("").isEmpty)
            await bench.end()
        }
    }

    @Test("a snapshot of everything is one archive in the bucket; nothing stays, also when the upload fails")
    func snapshot() async throws {
        let uploads = Locked<[String: [UInt8]]>([:])
        try await RecordingServer.run { request in
            if request.path.hasPrefix("/closed/") { return .init(403) }
            uploads.withLock { $0[request.path] = request.body }
            return .init()
        } _: { server in
            let holder = Locked<DataFolder?>(nil)
            let bench = try HelperBench(
                process: ["AWS_ENDPOINT_URL_S3": server.url], extra: Self.capture { holder.withLock { $0 } })
            holder.withLock { $0 = bench.helpers.dataFolder }
            try await bench.load(
                """
                console.log(wrapper.pcapSnapshot("us-east-1", "a", "b", "box"));
                try { wrapper.pcapSnapshot("us-east-1", "a", "b", "closed"); } catch (e) { console.log(e.code); }
                """)
            #expect(bench.console.last == "AUTH")
            let (path, bytes) = try #require(uploads.withLock { $0.first })
            #expect(path.hasPrefix("/box/node-a_10.0.0.1/snapshot_") && path.hasSuffix(".tar.gz"))
            let listed = try await ServerProcess.output(
                "sh", ["-c", "base64 -d | tar tz"], input: Base64.encode(bytes))
            let names = listed.text.split(separator: "\n").compactMap { $0.split(separator: "/").last }
            #expect(Set(names).isSuperset(of: ["1.pcap", "name_resolution_history.json"]), "\(listed.text)")
            #expect(try bench.helpers.dataFolder.list("").isEmpty)
            await bench.end()
        }
    }

    @Test("without captures the recording says so")
    func noCapture() async throws {
        let lines = try await HelperBench.run(
            "try { wrapper.kflPcapS3({}, { kflArr: ['x'] }); } catch (e) { console.log(e.message); }", role: .hub)
        #expect(lines == ["pcap helpers are only available on workers"])
    }
}
