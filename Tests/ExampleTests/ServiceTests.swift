import FoundationEssentials
import HTTPServer
import JSON
import Testing
import Threading

/// Examples that call out, with the real helpers and a server of this process.
@Suite("Examples that call services")
struct ServiceTests {
    /// A server that keeps what it gets, each request as `METHOD path body`.
    private enum Service {
        /// Runs `body` with the address of a server that answers with these statuses, in turn, and then with the last.
        static func with(
            _ statuses: Int..., body: (String) async throws -> Void
        ) async throws -> (requests: [String], headers: [HTTPFields]) {
            let requests = Locked<[String]>([])
            let headers = Locked<[HTTPFields]>([])
            let server = try await HTTPServer.start { request in
                headers.withLock { $0.append(request.headers) }
                let count = requests.withLock { requests in
                    requests.append(
                        "\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))")
                    return requests.count
                }
                return .text("", status: statuses[min(count, statuses.count) - 1])
            }
            do {
                try await body(server.url)
            } catch {
                await server.shutdown()
                throw error
            }
            await server.shutdown()
            return (requests.withLock { $0 }, headers.withLock { $0 })
        }
    }

    private func run(
        _ name: String, items: String? = "items.jsonl", pods: String? = nil, node: String = "node-1",
        _ environment: JSONValue
    ) async throws -> ExampleRun {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await ExampleRun.run(
            name, items: items, pods: pods, node: node, environment: environment, dataFolder: folder.path)
    }

    @Test("webhook.js posts one line for the one failed request")
    func webhook() async throws {
        let (requests, _) = try await Service.with(200) { url in
            let run = try await run("webhook.js", ["WEBHOOK_URL": .string(url + "/hook")])
            #expect(run.outcome.isGood)
        }
        #expect(requests == ["POST /hook 500 from orders-5f4/orders"])
    }

    @Test("crash-alert.js posts one JSON object")
    func crashAlert() async throws {
        let (requests, headers) = try await Service.with(200) { url in
            let run = try await run(
                "crash-alert.js", items: nil, pods: "pods.jsonl", node: "hub",
                ["WEBHOOK_URL": .string(url), "QUIET_MS": "0"])
            #expect(run.outcome.isGood)
        }
        #expect(
            requests == [
                #"POST / {"text":"shop/cart-7d9: app was killed: out of memory (restart 1)","count":1}"#
            ])
        #expect(headers.first?["Content-Type"]?.hasPrefix("application/json") == true)
    }

    @Test("influxdb-status-codes.js writes one point with a field for each code")
    func influxdb() async throws {
        let (requests, headers) = try await Service.with(204) { url in
            let run = try await run(
                "influxdb-status-codes.js",
                [
                    "INFLUXDB_URL": .string(url), "INFLUXDB_TOKEN": "t0", "INFLUXDB_ORGANIZATION": "o",
                    "INFLUXDB_BUCKET": "b",
                ])
            #expect(run.lines == [])
        }
        #expect(requests.count == 1)
        #expect(requests.first?.hasPrefix("POST /api/v2/write status_codes,node=node-1 status_200=") == true)
        for field in ["status_200=3", "status_404=1", "status_500=1"] {
            #expect(requests.first?.contains(field) == true, "\(field)")
        }
        #expect(headers.first?["Authorization"] == "Token t0")
    }

    @Test("a push that InfluxDB refuses is told on the console, and the script goes on")
    func refused() async throws {
        _ = try await Service.with(401) { url in
            let run = try await run(
                "influxdb-status-codes.js",
                [
                    "INFLUXDB_URL": .string(url), "INFLUXDB_TOKEN": "t0", "INFLUXDB_ORGANIZATION": "o",
                    "INFLUXDB_BUCKET": "b",
                ])
            #expect(run.lines.count == 1)
            #expect(run.lines.first?.hasPrefix("! InfluxDB:") == true)
            #expect(run.lines.first?.contains("401") == true)
            #expect(run.lines.first?.contains("t0") == false, "no token on a console")
            #expect(run.outcome.isGood)
        }
    }

    @Test("prometheus-metric.js and error-handling.js run with the real helpers")
    func others() async throws {
        let metric = try await run("prometheus-metric.js", [:])
        #expect(metric.lines == [])
        #expect(metric.outcome.isGood)
        let errors = try await run("error-handling.js", items: nil, [:])
        #expect(errors.lines.first?.hasPrefix("> caught: ") == true)
        #expect(errors.lines.last == "> job probe failed: and this one is not caught")
    }
}
