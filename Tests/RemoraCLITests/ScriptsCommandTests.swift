import FoundationEssentials
import JSON
import KubernetesSimulator
import RemoraProgram
import Testing

/// `remora scripts` as a program, on a simulated cluster: what only a process shows, its exit status and its signals.
@Suite("remora scripts", .timeLimit(.minutes(3)))
struct ScriptsCommandTests {
    /// A cluster, a folder of scripts, and commands on both.
    struct Stage: Sendable {
        let simulator: KubernetesSimulator
        let url: String
        let folder: String

        static func run(_ body: (Stage) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let simulator = KubernetesSimulator()
            let url = try await simulator.start()
            do {
                try await body(Stage(simulator: simulator, url: url, folder: folder))
            } catch {
                await simulator.stop()
                throw error
            }
            await simulator.stop()
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }

        func scripts(_ arguments: String...) async throws -> RemoraProgram.Result {
            try await RemoraProgram.run(["scripts"] + arguments + ["--server", url, "--namespace", "default"])
        }

        /// The config map's scripts, as text.
        var stored: String {
            let map = try? simulator.get("configmaps", namespace: "default", name: "kubeshark-config-map")
            return map?["data"]?["SCRIPTING_SCRIPTS"]?.string ?? ""
        }

        /// Follows the folder in the background until a shell command has been carried out, then sends a signal.
        func following(_ signal: String, until condition: String, then commands: String) async throws -> String {
            let shell = """
                '\(RemoraProgram.path)' scripts '\(folder)' --server \(url) --namespace default >'\(folder)/log' 2>&1 & \
                pid=$!; for i in $(seq 600); do \(condition) && break; sleep 0.1; done; \(commands); \
                kill -\(signal) $pid; wait $pid
                """
            return "\(try await ShellRun.run(shell))"
        }
    }

    @Test("8.1#19: with --once the exit status says whether everything is in step, and what is not is named")
    func status() async throws {
        try await Stage.run { stage in
            try stage.write("good.js", "// Good\n")
            let good = try await stage.scripts(stage.folder, "--once")
            #expect(good.status == .exited(0), "\(good)")
            try stage.write("broken.js", "// Broken\nvar = 1;\n")
            try stage.write("later.js", "// Later\n")
            let broken = try await stage.scripts(stage.folder, "--once")
            #expect(broken.status == .exited(1))
            #expect((broken.output + broken.errors).contains("broken.js:2:"), "\(broken)")
            // 8.1#1: the others are there all the same.
            #expect(stage.stored.contains("// Later") && !stage.stored.contains("// Broken"))
            let usage = try await stage.scripts("--once")
            #expect(usage.status == .exited(2))
            #expect(usage.errors.contains("no folder to sync: name one"))
            let away = try await RemoraProgram.run([
                "scripts", stage.folder, "--once", "--server", "http://127.0.0.1:1", "--namespace", "default",
            ])
            #expect(away.status == .exited(1))
        }
    }

    @Test(
        "8.1#17, #18, #19: it follows the folder until SIGTERM or SIGINT, and then ends with 0",
        arguments: ["TERM", "INT"])
    func signals(signal: String) async throws {
        try await Stage.run { stage in
            try stage.write("a.js", "// A\n")
            let end = try await stage.following(
                signal, until: "grep -q a.js '\(stage.folder)/log'",
                then: "echo '// B' >'\(stage.folder)/b.js'; "
                    + "for i in $(seq 600); do grep -q b.js '\(stage.folder)/log' && break; sleep 0.1; done")
            let log = try String(contentsOfFile: stage.folder + "/log", encoding: .utf8)
            #expect(end == "exited(0)", "\(log)")
            #expect(stage.stored.contains("// B"))
        }
    }

    @Test("8.2#8: a config map without data, and one with an empty text, are no scripts", arguments: [nil, "", "null"])
    func empty(text: String?) async throws {
        try await Stage.run { stage in
            var map: JSONValue = [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": "kubeshark-config-map", "namespace": "default"],
            ]
            if let text { map["data"] = ["SCRIPTING_SCRIPTS": .string(text)] }
            try stage.simulator.create(map)
            let list = try await stage.scripts("list", "--output", "json")
            #expect(list.status == .exited(0), "\(list)")
            try stage.write("a.js", "// A\n")
            #expect(try await stage.scripts(stage.folder, "--once").status == .exited(0))
            #expect(stage.stored.contains(#""title":"A""#), "\(stage.stored)")
        }
    }

    @Test("8.2#14: scripts that were made in the dashboard are exported, and come back as they were after all is gone")
    func exported() async throws {
        try await Stage.run { stage in
            let scripts: JSONValue = [
                "0": ["title": "Alert on 500", "code": "// Alert on 500\nvar a = \"\u{e9}\\n\";\n", "active": true],
                "7": ["title": "no comment", "code": "var b;\r\n", "active": true],
            ]
            try stage.simulator.create([
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": "kubeshark-config-map", "namespace": "default"],
                "data": ["SCRIPTING_SCRIPTS": .string(scripts.description)],
            ])
            let folder = stage.folder + "/exported"
            #expect(try await stage.scripts("export", folder).status == .exited(0))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                    == ["0-alert-on-500.js", "7-no-comment.js"])
            // As an uninstallation does.
            try stage.simulator.delete("configmaps", namespace: "default", name: "kubeshark-config-map")
            let back = try await stage.scripts(folder, "--once")
            #expect(back.status == .exited(0), "\(back)")
            let restored = try JSONValue(parsing: stage.stored).object ?? [:]
            let codes = Set(restored.values.compactMap { $0["code"]?.string })
            #expect(codes == Set(scripts.object?.values.compactMap { $0["code"]?.string } ?? []))
        }
    }
}
