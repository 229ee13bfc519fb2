import JSON
import RecordingServer
import Testing

@testable import ScriptHelpers

@Suite("vendor.webhook, webhookForm, request")
struct WebhookTests {
    @Test("a webhook sends method, body and headers, and gives the answer's body, whatever the status")
    func webhook() async throws {
        try await RecordingServer.run { request in
            request.path == "/missing" ? .init(404, "not here") : .init(200, "got \(request.text)")
        } _: { server in
            let lines = try await HelperBench.run(
                #"""
                console.log(vendor.webhook("post", "\#(server.url)/a b?x=1 2", "hello", { "X-One": 1 }));
                console.log(vendor.webhook("POST", "\#(server.url)/json", { a: [1] }));
                console.log(vendor.webhook("GET", "\#(server.url)/missing", ""));
                console.log(vendor.webhook("PUT", "\#(server.url)/text", '{"b":2}'));
                vendor.webhook("DELETE", "\#(server.url)/nothing");
                """#)
            #expect(lines == ["got hello", #"got {"a":[1]}"#, "not here", #"got {"b":2}"#])
            let seen = server.requests
            #expect(seen.map(\.method) == ["POST", "POST", "GET", "PUT", "DELETE"])
            #expect(seen.map(\.path) == ["/a b", "/json", "/missing", "/text", "/nothing"])
            #expect(seen[0].query == ["x": "1 2"])
            #expect(seen[0].headers["x-one"] == "1")
            #expect(
                seen.map { $0.headers["content-type"] } == [
                    "text/plain; charset=utf-8", "application/json", nil, "application/json", nil,
                ])
            #expect(seen[2].body == [] && seen[4].body == [])
        }
    }

    @Test("forms are multipart, or urlencoded where that is asked for")
    func forms() async throws {
        try await RecordingServer.run { _ in
            .init(200, #"{"Uploaded":1}"#)
        } _: { server in
            let lines = try await HelperBench.run(
                """
                console.log(JSON.parse(vendor.webhookForm("POST", "\(server.url)/", { a: "1 2", "b\\"": "x" })).Uploaded);
                vendor.webhookForm("POST", "\(server.url)/", { a: "1 2", c: "&" }, "urlencoded");
                """)
            #expect(lines == ["1"])
            let multipart = server.requests[0]
            let type = try #require(multipart.headers["content-type"])
            let boundary = try #require(type.split(separator: "boundary=").last)
            #expect(type.hasPrefix("multipart/form-data; boundary=remora-"))
            #expect(
                multipart.text == "--\(boundary)\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 2\r\n"
                    + "--\(boundary)\r\nContent-Disposition: form-data; name=\"b%22\"\r\n\r\nx\r\n--\(boundary)--\r\n")
            #expect(server.requests[1].text == "a=1%202&c=%26")
            #expect(server.requests[1].headers["content-type"] == "application/x-www-form-urlencoded")
        }
    }

    @Test("vendor.request shows status and headers")
    func request() async throws {
        try await RecordingServer.run { _ in
            .init(418, headers: [("X-A", "1"), ("X-A", "2")], "short and stout")
        } _: { server in
            let lines = try await HelperBench.run(
                """
                var r = vendor.request("PATCH", "\(server.url)/", { headers: { B: "2" }, body: "x", timeoutMs: 20000 });
                console.log(r.status, r.headers["x-a"], r.body);
                try { vendor.request("GET", "\(server.url)/", { timeoutMs: -1 }); } catch (e) { console.log(String(e)); }
                """)
            #expect(
                lines == [
                    "418 1, 2 short and stout",
                    "TypeError: vendor.request: options.timeoutMs is not a number from 1 to 300000",
                ])
        }
    }

    @Test("later returns at once, its calls are made in order, and failures are told on the console")
    func later() async throws {
        try await RecordingServer.run { _ in
            .init()
        } _: { server in
            let bench = try HelperBench { $0.outbox.concurrency = 1 }
            try await bench.load(
                """
                for (var i = 0; i < 20; i++) vendor.webhook.later("POST", "\(server.url)/" + i, "x");
                console.log(vendor.webhook.later("POST", "no url", "x"));
                """)
            #expect(await bench.until { $0.helpers.outbox.pending == 0 })
            #expect(server.requests.map(\.path) == (0..<20).map { "/\($0)" })
            #expect(
                bench.console == [
                    "true",
                    "! vendor.webhook.later: TypeError: the URL must begin with http:// or https:// and name a host",
                ])
            await bench.end()
        }
    }

    @Test("a full outbox drops and counts, and later says false")
    func fullOutbox() async throws {
        try await RecordingServer.run { _ in
            var answer = RecordingServer.Answer()
            answer.delay = .milliseconds(200)
            return answer
        } _: { server in
            let bench = try HelperBench {
                $0.outbox.concurrency = 1
                $0.outbox.count = 3
            }
            try await bench.load(
                """
                var taken = 0;
                for (var i = 0; i < 50; i++) if (vendor.webhook.later("GET", "\(server.url)/")) taken++;
                console.log(taken < 10, taken >= 3);
                """)
            #expect(bench.console == ["true true"])
            #expect(bench.helpers.outbox.dropped >= 40)
            #expect(
                bench.helpers.context.metrics.exposition().contains(
                    "remora_later_dropped_total{helper=\"vendor.webhook.later\"} \(bench.helpers.outbox.dropped)"))
            await bench.end()
        }
    }
}
