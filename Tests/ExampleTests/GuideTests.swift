import FoundationEssentials
import LocalRun
import ScriptCheck
import ScriptFolder
import ScriptRuntime
import Testing
import Threading

/// The scripts in `docs/writing-scripts.md`, and what the page says that they print.
@Suite("The guide to writing scripts")
struct GuideTests {
    /// The blocks of the page: a script, and the text after it.
    static func blocks() throws -> [(script: String, output: String)] {
        let path = ExampleRun.examples + "/../docs/writing-scripts.md"
        let page = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        var blocks: [(script: String, output: String)] = []
        var language: Substring?
        var lines: [Substring] = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("```") else {
                if language != nil { lines.append(line) }
                continue
            }
            if language == "js" { blocks.append((lines.joined(separator: "\n"), "")) }
            if language == "text", !blocks.isEmpty { blocks[blocks.count - 1].output = lines.joined(separator: "\n") }
            language = language == nil ? line.dropFirst(3) : nil
            lines = []
        }
        return blocks
    }

    @Test("each script of the page passes the check and prints what the page says")
    func scripts() async throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 5)
        let check = try #require(ScriptCheck(isES5Required: true))
        for (script, output) in blocks {
            #expect(check.check(script).findings == [], "\(script)")
            let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let file = folder.appending(path: "script.js").path
            try Data(script.utf8).write(to: URL(filePath: file))
            let run = try await ExampleRun.run(
                paths: [file], pods: "pods.jsonl", inputs: [Packets(lengths: [60, 1500, 440])],
                environment: ["WEBHOOK_URL": "http://w/"], answers: ["vendor.webhook": "ok"])
            #expect(run.lines.sorted() == output.split(separator: "\n").map { "> \($0)" }.sorted(), "\(script)")
            #expect(run.outcome.isGood)
        }
    }
}
