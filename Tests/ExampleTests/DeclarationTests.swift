import FoundationEssentials
import ScriptCheck
import Subprocess
import Testing

@testable import RemoraCLI

/// The declarations that editors read, checked by the TypeScript compiler (Debian: node-typescript).
@Suite("Declarations for editors")
struct DeclarationTests {
    static let compiler = ["/usr/bin/tsc", "/usr/local/bin/tsc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// Where everything must be tested, a missing compiler is a failure and no reason to skip.
    static let isRequired = ProcessInfo.processInfo.environment["REMORA_REQUIRE_SERVERS"] != nil

    /// What the compiler says of files beside the declarations, one line for each error.
    private func errors(in files: [String: String]) async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, content) in InitCommand.files where name != "README.md" {
            try Data(content.utf8).write(to: folder.appending(path: name))
        }
        for (name, content) in files { try Data(content.utf8).write(to: folder.appending(path: name)) }
        let result = try await Subprocess.run(
            .path(.init(try #require(Self.compiler))), arguments: ["--pretty", "false", "-p", "jsconfig.json"],
            workingDirectory: .init(folder.path), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return result.standardOutput.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map(String.init)
    }

    @Test("all examples, and the first script of a new folder, fit them", .enabled(if: compiler != nil || isRequired))
    func examples() async throws {
        var files: [String: String] = [:]
        for name in try ExampleRun.names() { files[name] = try ExampleRun.source(name) }
        #expect(try await errors(in: files) == [])
    }

    @Test("every helper of the catalog is declared", .enabled(if: compiler != nil || isRequired))
    func catalog() async throws {
        let uses = HelperCatalog.paths.enumerated().map {
            "var use\($0.offset) = \($0.element); use\($0.offset).length;"
        }
        #expect(try await errors(in: ["uses.js": uses.joined(separator: "\n")]) == [])
    }

    @Test(
        "what does not exist, and wrong arguments, are errors with a suggestion",
        .enabled(if: compiler != nil || isRequired))
    func mistakes() async throws {
        let found = try await errors(in: [
            "bad.js": """
            vendor.slak("u");
            jobs.schedule("a", 5, function () {});
            /** @type {Remora.onItemCaptured} */
            function onItemCaptured(data) { console.log(data.protocl, data.Protocol.Name, data.response.status); }
            /** @type {Remora.onPodEvent} */
            function onPodEvent(event, pod, change) {
              if (event === "CHANGED") return;
              console.log(pod.metadata.nam, pod.status.containerStatuses[0].lastState.terminated.exitCode, change.kind);
            }
            """
        ])
        #expect(
            found.map { String($0.prefix { $0 != ":" }) } == [
                "bad.js(1,8)", "bad.js(2,20)", "bad.js(4,50)", "bad.js(7,7)", "bad.js(8,28)",
            ])
        #expect(found.first?.contains("Did you mean 'slack'?") == true)
    }

    @Test("a hook with a type may have a filter and a batch", .enabled(if: compiler != nil || isRequired))
    func hints() async throws {
        let found = try await errors(in: [
            "hints.js": """
            /** @type {Remora.onItemCaptured} */
            function onItemCaptured(data) { console.log(data.id); }
            onItemCaptured.filter = "http";
            /** @type {Remora.onPacketsCaptured} */
            function onPacketCaptured(packets) { console.log(packets.length, packets[0].srcIp); }
            onPacketCaptured.batch = 100;
            """
        ])
        #expect(found == [])
    }

    @Test("every hook has a type")
    func hooks() {
        for hook in [
            "onPacketCaptured", "onItemCaptured", "onItemQueried", "onHubAction", "onPodEvent", "onJobPassed",
            "onJobFailed", "onLogCall",
        ] {
            #expect(ScriptDeclarations.text.contains("type \(hook) = ("), "\(hook)")
        }
    }

    @Test("no helper is declared that the catalog does not have")
    func reverse() {
        // Members of the declared objects, by the indentation of the text.
        var owner: [String] = []
        var declared: Set<String> = []
        for line in ScriptDeclarations.text.split(separator: "\n") {
            let indentation = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indentation)
            if text.hasPrefix("declare var "), let name = text.dropFirst(12).split(separator: ":").first,
                text.hasSuffix("{")
            {
                owner = [String(name)]
            } else if indentation == 0 {
                if text.hasPrefix("declare function ") {
                    declared.insert(String(text.dropFirst(17).prefix { $0 != "(" }))
                }
                owner = []
            } else if !owner.isEmpty, indentation == 4 || indentation == 8 {
                owner = Array(owner.prefix(indentation / 4))
                let name = String(text.prefix { $0.isLetter || $0.isNumber })
                let rest = text.dropFirst(name.count)
                if rest.hasPrefix("("), owner.count == indentation / 4 {
                    declared.insert((owner + [name]).joined(separator: "."))
                } else if rest.hasPrefix("<") {
                    declared.insert((owner + [name]).joined(separator: "."))
                } else if rest.hasPrefix(": Remora.Call<") {
                    owner.append(name)
                    declared.insert(owner.joined(separator: "."))
                } else if rest == ": {" {
                    owner.append(name)
                }
            }
        }
        #expect(declared == Set(HelperCatalog.paths))
    }
}
