import FoundationEssentials
import LocalRun
import ScriptFolder
import ScriptRuntime
import Testing
import Threading

/// All scripts of `Tests/torture` at once, as a user would run them, beside one that counts.
@Suite("The torture folder", .timeLimit(.minutes(5)))
struct TortureFolderTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "torture").path

    /// A script that harms nobody, with the title by which its lines are found.
    static let neighbour = """
        // neighbour
        var packets = 0, bytes = 0, items = 0;
        function onPacketCaptured(info) { packets++; bytes += info.length; }
        function onItemCaptured(data) { items++; }
        jobs.schedule("report", "0 0 0 1 1 *", function () { console.log(packets, bytes, items, typeof this.extra); });
        """

    /// The scripts' titles, which are their files' names, and the text that each one's console must show.
    static func expectations() throws -> [String: String] {
        var texts: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".js") {
            let bytes = try Data(contentsOf: URL(filePath: folder + "/" + name))
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            let mark = "// expects: "
            guard lines.count > 1, lines[1].hasPrefix(mark) else { continue }
            texts[String(name.dropLast(3))] = String(lines[1].dropFirst(mark.count))
        }
        return texts
    }

    @Test("capture and the well-behaved script go on, and every message names its culprit")
    func all() async throws {
        let expected = try Self.expectations()
        #expect(expected.count >= 30)
        let own = try Folder()
        let packets = 20_000
        let file = try own.write(
            "a.pcap",
            PacketTests.pcap((0..<packets).map { $0 % 10_000 == 7 ? (60, 777) : (60, 100) }))
        let items = try own.write(
            "items.jsonl", (1...6).map { "{\"number\":\($0)}\n" }.joined())
        try own.write("neighbour.js", Self.neighbour)
        try own.write(
            "megabyte.js", "// megabyte\n" + String(repeating: "var a = 1;\n", count: 90_000) + "console.log(a);")

        var settings = RunSettings()
        settings.sources = [ScriptSource(path: Self.folder), ScriptSource(path: own.path)]
        settings.endsWithInputs = true
        settings.runsJobsAtEnd = true
        settings.budget.hookCompute = .milliseconds(150)
        settings.budget.jobCompute = .milliseconds(300)
        settings.budget.memory = 48 << 20
        let console = ConsoleByTitle()
        let outcome = try await RunSession(
            settings, inputs: [PacketRecording(paths: [file]), ItemRecording(path: items)], reporter: console
        ).run()

        for (title, text) in expected {
            #expect(
                console.lines(of: title).contains { $0.contains(text) },
                "\(title) should have said \(text), but said \(console.lines(of: title).prefix(3))")
        }
        #expect(
            console.lines(of: "neighbour").suffix(1) == ["\(packets) \(packets * 100 + 2 * 677) 6 undefined"])
        #expect(console.lines(of: "megabyte").contains("1"))
        // What a script did wrong stands on no other one's console.
        let harmless = ["neighbour", "megabyte"]
        #expect(harmless.flatMap { console.errors(of: $0) } == [])
        #expect(console.titles.subtracting(expected.keys) == Set(harmless))
        #expect(outcome.refusals == 6)
        #expect(console.problems.count == 1 && console.problems.first?.contains("not-utf-8.js") == true)
    }
}

/// Keeps console messages by the title of their script.
private final class ConsoleByTitle: RunReporter {
    private let messages = Locked<[ConsoleLine]>([])
    private let complaints = Locked<[String]>([])

    func report(_ event: RunEvent) {
        switch event {
        case .console(let line): messages.withLock { $0.append(line) }
        case .problem(let text): complaints.withLock { $0.append(text) }
        default: break
        }
    }

    /// What was said of files that are no scripts.
    var problems: [String] { complaints.withLock { $0 } }

    var titles: Set<String> { messages.withLock { Set($0.map(\.script.title)) } }

    func lines(of title: String) -> [String] {
        messages.withLock { $0.filter { $0.script.title == title }.map(\.text) }
    }

    func errors(of title: String) -> [String] {
        messages.withLock { $0.filter { $0.script.title == title && $0.level == .error }.map(\.text) }
    }
}
