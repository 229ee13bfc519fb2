import LocalRun
import ScriptFolder
import Testing

@Suite("Scripts that are edited while they run", .timeLimit(.minutes(3)))
struct ReloadTests {
    let folder: Folder
    let recorder = RunRecorder()

    init() throws { folder = try Folder() }

    /// Runs until `body` is through.
    func following(_ inputs: [any RunInput] = [], _ body: () async throws -> Void) async throws -> RunOutcome {
        var settings = RunSettings()
        settings.sources = [ScriptSource(path: folder.path)]
        settings.folderLimits.deletionGrace = .milliseconds(300)
        let session = try RunSession(settings, inputs: inputs, reporter: recorder)
        let task = Task { try await session.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        return try await task.value
    }

    func expect(_ line: String) async { #expect(await recorder.until { $0.contains(line) }, "\(line)") }

    @Test("a save is loaded, a broken one leaves the old version running, and a file that goes takes its script along")
    func edits() async throws {
        try folder.write("a.js", "setInterval(function () { console.log('one'); }, 20);")
        let outcome = try await following {
            await expect("loaded a.js ")
            await expect("> one")
            try folder.write("a.js", "\nvar a = ;")
            await expect("refused a.js:2:9 goes on")
            let count = recorder.all.count { $0 == "> one" }
            #expect(await recorder.until { $0.count { $0 == "> one" } > count + 3 }, "the old version goes on")
            try folder.write("a.js", "function onItemCaptured() {} console.log('two');")
            await expect("> two")
            await expect("reloaded a.js onItemCaptured")
            try folder.write("b.js", "console.log('new');")
            await expect("> new")
            try folder.remove("a.js")
            await expect("unloaded a.js")
        }
        #expect(outcome == RunOutcome(scripts: 1, refusals: 1))
        // The version before may finish the call that it is in, and no other.
        let reloaded = try #require(recorder.all.firstIndex(of: "reloaded a.js onItemCaptured"))
        #expect(recorder.all[reloaded...].count { $0 == "> one" } <= 1)
    }

    @Test("a top level that throws keeps the old version, good again is loaded again")
    func throwing() async throws {
        try folder.write("a.js", "console.log('one');")
        _ = try await following {
            await expect("> one")
            try folder.write("a.js", "throw 'not here';")
            #expect(await recorder.until { $0.contains { $0.hasPrefix("refused a.js") && $0.hasSuffix("goes on") } })
            try folder.write("a.js", "console.log('three');")
            await expect("> three")
        }
    }

    @Test("an empty folder waits for a first script")
    func empty() async throws {
        _ = try await following {
            #expect(await recorder.until { $0.contains { $0.hasPrefix("notice there is no script in") } })
            try folder.write("a.js", "console.log('first');")
            await expect("> first")
        }
    }

    @Test("a recording that cannot be read ends the run with the reason")
    func unreadable() async throws {
        try folder.write("a.js", "function onItemCaptured() {}")
        var settings = RunSettings()
        settings.sources = [ScriptSource(path: folder.path)]
        let session = try RunSession(
            settings, inputs: [ItemRecording(path: "/nowhere/items.jsonl")], reporter: recorder)
        await #expect(throws: RunRefusal("/nowhere/items.jsonl: no such file or directory")) {
            _ = try await session.run()
        }
    }

    @Test("a run that is ended lets scripts finish what they have")
    func ending() async throws {
        try folder.write(
            "a.js", "function onItemCaptured(d) { console.log('item', d.n); } console.log('ready');")
        let items = try folder.write("items.jsonl", (1...50).map { "{\"n\":\($0)}\n" }.joined())
        _ = try await following([ItemRecording(path: items)]) { await expect("> item 1") }
        await expect("> item 50")
    }
}
