import FoundationEssentials
import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import Testing

@Suite("The hub's API")
struct APITests {
    private static let printer = """
        console.log("one"); console.error("two");
        jobs.schedule("tick", "0 0 0 1 1 *", function () { console.log("ran"); });
        """

    @Test("without a token nothing is told but health and numbers; a wrong one is refused; the right one is let in")
    func tokenFile() async throws {
        let folder = try TestFolder()
        let file = folder.path + "/token"
        try Data("right\n".utf8).write(to: URL(filePath: file))
        let stage = try await HubStage(scripts: [Self.printer])
        let hub = stage.start(tokenFile: file, allowsEverybody: false)
        await hub.expect("[hub-0] one")
        #expect(try await hub.get("/livez").status == 200)
        #expect(try await hub.get("/echo").status == 200)
        #expect(try await hub.get("/metrics").status == 200)
        for path in ["/status", "/scripts", "/scripts/logs", "/pods/targeted", "/jobs", "/api/scripts", "/nothing"] {
            #expect(try await hub.get(path).status == 401, "\(path)")
            #expect(try await hub.get(path, headers: [("Authorization", "Bearer wrong")]).status == 401, "\(path)")
        }
        let right = [("Authorization", "Bearer right")]
        let scripts = try await hub.get("/api/scripts", headers: right)
        #expect(scripts.status == 200)
        #expect(try JSONValue(parsing: scripts.body)["0"]?["title"] == "s0")
        #expect(try await hub.get("/nothing", headers: right).status == 404)
        // Replaced while the hub runs.
        try Data("newer".utf8).write(to: URL(filePath: file))
        #expect(try await hub.get("/scripts", headers: right).status == 401)
        #expect(try await hub.get("/scripts", headers: [("X-Remora-Token", "newer")]).status == 200)
        await hub.stop()
        await stage.stop()
    }

    @Test("the cluster decides who may look and who may change")
    func cluster() async throws {
        let stage = try await HubStage(scripts: [Self.printer])
        stage.changeAccess { rules in
            rules.reviewedTokens = [
                "reader": .init(user: .init(name: "reader"), audiences: ["any"]),
                "stranger": .init(user: .init(name: "stranger"), audiences: ["any"]),
                "editor": .init(user: .init(name: "editor"), audiences: ["any"]),
            ]
            rules.denials = [
                .init(user: "reader", verb: "update", resource: "hubs.remora.dev"),
                .init(user: "stranger", resource: "hubs.remora.dev"),
            ]
        }
        let hub = stage.start(allowsEverybody: false)
        await hub.expect("[hub-0] one")
        func status(_ method: String, _ path: String, _ token: String) async throws -> Int {
            try await TestRequest.send(
                method, port: try await hub.port, path, [("Authorization", "Bearer \(token)")]
            ).status
        }
        #expect(try await status("GET", "/status", "unknown") == 401)
        #expect(try await status("GET", "/status", "stranger") == 403)
        #expect(try await status("GET", "/status", "reader") == 200)
        #expect(try await status("POST", "/jobs/hub/run/tick", "reader") == 403)
        #expect(try await status("POST", "/jobs/hub/run/tick", "editor") == 200)
        await hub.expect("[hub-0] ran")
        await hub.stop()
        await stage.stop()
    }

    @Test("jobs are listed, run and removed by their tags")
    func jobs() async throws {
        let stage = try await HubStage(scripts: [Self.printer])
        let hub = stage.start()
        await hub.expect("[hub-0] one")
        let port = try await hub.port
        #expect(await eventually { hub.hub.jobs.count == 1 })
        let list = try JSONValue(parsing: try await hub.get("/jobs").body)
        #expect(list[0]?["tag"] == "tick" && list[0]?["worker"] == "hub" && list[0]?["isRunning"] == false)
        #expect(try await TestRequest.send("POST", port: port, "/jobs/hub/run/none").status == 404)
        #expect(try await TestRequest.send("POST", port: port, "/jobs/hub/run/Tick").status == 200)
        await hub.expect("[hub-0] ran")
        #expect(try await TestRequest.send("DELETE", port: port, "/jobs/hub/tick").status == 200)
        #expect(try JSONValue(parsing: try await hub.get("/jobs").body).array == [])
        await hub.stop()
        await stage.stop()
    }

    @Test("the console tells what was printed before, as text and as JSON")
    func console() async throws {
        let stage = try await HubStage(scripts: [Self.printer])
        let hub = stage.start()
        await hub.expect("[hub-0:ERROR] two")
        let text = try await hub.get("/scripts/logs?tail=10&follow=false").body
        #expect(text.split(separator: "\n").prefix(2) == ["[hub-0] one", "[hub-0:ERROR] two"])
        let json = try await hub.get("/scripts/logs?tail=10&follow=false&output=json").body
        let first = try JSONValue(parsing: String(json.split(separator: "\n")[0]))
        #expect(
            first["script"] == "s0" && first["level"] == "output" && first["text"] == "one" && first["node"] == "hub")
        await hub.stop()
        await stage.stop()
    }

    @Test("/readyz says which watch may not be read, and /livez does not care")
    func readiness() async throws {
        let stage = try await HubStage(scripts: [])
        stage.changeAccess { $0.denials = [.init(resource: "events")] }
        let hub = stage.start()
        #expect(
            await eventually {
                let body = (try? await hub.get("/readyz").body) ?? ""
                return body.contains("[-]watch-events failed") && body.contains("[+]watch-pods ok")
            })
        let page = try await hub.get("/readyz")
        #expect(page.status == 503)
        #expect(try await hub.get("/livez").status == 200)
        stage.changeAccess { $0.denials = [] }
        #expect(await eventually { (try? await hub.get("/readyz").status) == 200 })
        await hub.stop()
        await stage.stop()
    }

    @Test("the metrics page has the names that dashboards know, each once and with help")
    func metrics() async throws {
        let stage = try await HubStage(scripts: [PodEventTests.watcher])
        let hub = stage.start()
        try stage.simulator.create(SimulatedPod(name: "web-1", namespace: "shop"))
        #expect(await eventually { !hub.output.isEmpty })
        let lines = try await hub.get("/metrics").body.split(separator: "\n")
        let families = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(families).count == families.count)
        for name in [
            "remora_build_info", "process_resident_memory_bytes", "remora_watch_events_total", "remora_list_total",
            "remora_cache_objects", "remora_watch_staleness_seconds", "remora_script_push_total",
            "remora_pod_deliveries_total", "remora_pod_delivery_delay_seconds", "remora_hook_calls_total",
            "remora_leader",
        ] {
            #expect(families.contains(Substring(name)), "\(name)")
            #expect(lines.contains { $0.hasPrefix("# HELP \(name) ") }, "\(name)")
        }
        #expect(lines.contains("remora_leader 1"))
        await hub.stop()
        await stage.stop()
    }
}

/// A folder that goes with the test.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path() + "/hub-tests-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
