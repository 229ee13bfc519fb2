import FoundationEssentials
import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import ProcessInput
import ServerTLS
import Subprocess
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
        #expect(await eventually { (try? await hub.get("/readyz").status) == 200 })
        try stage.simulator.create(SimulatedPod(name: "web-1", namespace: "shop"))
        #expect(await eventually { !hub.output.isEmpty })
        let lines = try await hub.get("/metrics").body.split(separator: "\n")
        let families = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(families).count == families.count)
        for name in [
            "remora_build_info", "process_resident_memory_bytes", "remora_watch_events_total", "remora_list_total",
            "remora_cache_objects", "remora_watch_staleness_seconds", "remora_script_push_total",
            "remora_pod_deliveries_total", "remora_pod_delivery_delay_seconds", "remora_hook_calls_total",
            "remora_leader", "remora_script_convergence_seconds",
        ] {
            #expect(families.contains(Substring(name)), "\(name)")
            #expect(lines.contains { $0.hasPrefix("# HELP \(name) ") }, "\(name)")
        }
        #expect(lines.contains("remora_leader 1"))
        #expect(lines.contains(#"remora_watch_events_total{resource="pods",type="added"} 1"#))
        #expect(lines.contains("remora_script_convergence_seconds_count 1"))
        // Prometheus' own opinion of names, types, help and form.
        let page = try await hub.get("/metrics").body
        let verdict = try await Subprocess.run(
            .name("promtool"), arguments: ["check", "metrics"], input: try .text(page), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        #expect(verdict.terminationStatus == .exited(0))
        #expect(verdict.standardOutput == "")
        #expect(verdict.standardError == "")
        await hub.stop()
        await stage.stop()
    }

    @Test(
        "a stand-by passes on what it is asked to the leader, over TLS that it can trust, and once",
        arguments: [true, false])
    func passedOn(isSelfMade: Bool) async throws {
        let stage = try await HubStage(scripts: [Self.printer])
        let folder = try TestFolder()
        let file = folder.path + "/token"
        try Data("right\n".utf8).write(to: URL(filePath: file))
        let given = try ServerCertificate.selfSigned(names: ["elsewhere"], validity: .seconds(3600))
        try Data(given.chain.utf8).write(to: URL(filePath: folder.path + "/tls.crt"))
        try Data(given.privateKey.utf8).write(to: URL(filePath: folder.path + "/tls.key"))
        func start(_ name: String) -> RunningHub {
            stage.start(name, lease: "remora-hub", tokenFile: file, allowsEverybody: false) {
                $0.certificate =
                    isSelfMade
                    ? .selfMade(names: ["elsewhere"])
                    : .files(certificate: folder.path + "/tls.crt", privateKey: folder.path + "/tls.key")
            }
        }
        let leader = start("hub-a")
        #expect(await eventually { leader.hub.isLeader })
        #expect(leader.hub.url?.hasPrefix("https://127.0.0.1:") == true)
        let standby = start("hub-b")
        // What clients need to trust a certificate that the leader made stands in the status.
        #expect(
            await eventually {
                let map = try? await stage.client.get(
                    ConfigMap.self, namespace: HubStage.namespace, name: "kubeshark-config-map-status")
                return map.map { $0.data["tls.crt"]?.hasPrefix("-----BEGIN CERTIFICATE-----\n") == true } == isSelfMade
            })
        let right = [("Authorization", "Bearer right")]
        func identity(_ path: String) async throws -> JSONValue? {
            let answer = try await standby.get(path, headers: right)
            return (try? JSONValue(parsing: answer.body))?["identity"]
        }
        #expect(await eventually { (try? await identity("/status")) == "hub-a" })
        #expect(try await identity("/status?local") == "hub-b")
        #expect(try await standby.get("/status").status == 401)
        // A stream too, as it comes.
        #expect(
            try await standby.get("/api/scripts/logs?tail=10&follow=false", headers: right).body.hasPrefix(
                "[hub-0] one")
        )
        let looped = try await standby.get("/status", headers: right + [("X-Remora-Passed-On-By", "hub-a")])
        #expect(looped.status == 503)
        // Without the leader it says so, until it leads itself.
        await leader.stop()
        #expect(await eventually { (try? await identity("/status")) == "hub-b" })
        await standby.stop()
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
