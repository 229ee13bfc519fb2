import RecordingServer
import Testing

@testable import ScriptHelpers

@Suite("The metrics page and Prometheus", .enabled(if: ServerProcess.isWanted("prometheus", "promtool")))
struct PrometheusTests {
    private static let source = """
        prometheus.vector("shop_requests_total", "Requests by pod", 1, 41, { s_pod: 'we"ird\\\\\\n' });
        prometheus.metric("shop_queue_length", "Waiting", 2, 0.25);
        vendor.webhook("GET", env.URL, "");
        try { vendor.webhook("GET", "http://127.0.0.1:1/", ""); } catch (e) {}
        """

    @Test("promtool finds nothing wrong with the page, and a Prometheus that scrapes it has the values")
    func scraping() async throws {
        try await RecordingServer.run { _ in
            .init()
        } _: { target in
            let bench = try HelperBench(environment: ["URL": .string(target.url)])
            try await bench.load(Self.source)
            #expect(bench.failures.isEmpty)
            let registry = bench.helpers.context.metrics
            let page = registry.exposition()
            let lint = try await ServerProcess.output("promtool", ["check", "metrics"], input: page)
            #expect(lint.isSuccess && lint.text == "", "\(lint.text)\n\(page)")
            try await RecordingServer.run { _ in
                .init(
                    200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")], registry.exposition())
            } _: { pages in
                try await scrape(pages.port)
            }
            await bench.end()
        }
    }

    private func scrape(_ port: Int) async throws {
        try await ServerProcess.run(
            "prometheus",
            prepare: { _, folder in
                try ServerProcess.write(
                    "scrape_configs:\n- job_name: remora\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  static_configs:\n  - targets: ['127.0.0.1:\(port)']\n",
                    to: folder + "/prometheus.yml")
            },
            arguments: { port, folder in
                [
                    "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                    "--web.listen-address=127.0.0.1:\(port)",
                ]
            }
        ) { server in
            func query(_ text: String) async throws -> String {
                try await ServerProcess.output(
                    "curl", ["-sS", "-G", "\(server.url)/api/v1/query", "--data-urlencode", "query=\(text)"]
                ).text
            }
            // Scraped five times a second, and on a busy machine not always in time: a value may be away for a moment.
            func query(_ text: String, until value: String) async throws -> String {
                var answer = ""
                for _ in 0..<600 where !answer.contains(value) {
                    answer = try await query(text)
                    try await Task.sleep(for: .milliseconds(100))
                }
                return answer
            }
            let answer = try await query("shop_requests_total", until: "\"41\"")
            #expect(answer.contains(#""s_pod":"we\"ird\\\n""#) && answer.contains("\"41\""))
            #expect(try await query("shop_queue_length", until: "\"0.25\"").contains("\"0.25\""))
            let calls = try await query("sum by (result) (remora_integration_requests_total)")
            #expect(calls.contains("\"2xx\"") && calls.contains("\"connect\""))
        }
    }
}
