import FoundationEssentials
import JSON
import LocalRun
import ScriptFolder
import ScriptRuntime
import Threading

/// One run of an example with recorded inputs, in this process.
struct ExampleRun {
    static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples").path
    static let recordings = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings").path

    /// What was printed: `> text` and, for errors, `! text`.
    var lines: [String] = []
    /// Helpers that were called and are not part of a run: `path(arguments as JSON)`.
    var calls: [String] = []
    var outcome = RunOutcome()

    /// The text of an example.
    static func source(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: examples + "/" + name), encoding: .utf8)
    }

    /// Every example's file name.
    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: examples).filter { $0.hasSuffix(".js") }.sorted()
    }

    /// Runs examples once, and their jobs at the end.
    ///
    /// - Parameters:
    ///   - answers: helpers that are answered here and noted in ``calls``.
    ///   - helpers: further helpers.
    ///   - dataFolder: makes the real helpers available, with this folder for their files.
    static func run(
        _ names: String..., paths: [String] = [], items: String? = "items.jsonl", pods: String? = nil,
        inputs: [any RunInput] = [],
        node: String = "node-1", environment: JSONValue = [:], answers: [String: ScriptValue] = [:],
        helpers: [HostFunction] = [], dataFolder: String? = nil
    ) async throws -> ExampleRun {
        var settings = RunSettings()
        settings.sources = (names.map { examples + "/" + $0 } + paths).map { ScriptSource(path: $0) }
        settings.node = node
        settings.environment = environment
        settings.endsWithInputs = true
        settings.runsJobsAtEnd = true
        settings.dataFolder = dataFolder
        // Jobs run at the end and not because a minute happens to begin.
        settings.clock = ScriptClock { .seconds(1_772_359_200) }
        var inputs = inputs
        if let items { inputs.append(ItemRecording(path: recordings + "/" + items)) }
        if let pods { inputs.append(PodEventRecording(path: recordings + "/" + pods)) }

        let notes = Notes()
        let recorded = answers.map { path, answer in
            HostFunction(path) { call in
                let arguments = call.arguments.map { argument -> String in
                    if case .json(let value) = argument { value.description } else { "undefined" }
                }
                notes.calls.withLock { $0.append("\(path)(\(arguments.joined(separator: ", ")))") }
                return answer
            }
        }
        let session = try RunSession(
            settings, inputs: inputs, helpers: recorded + helpers, reporter: notes)
        let outcome = try await session.run()
        return ExampleRun(
            lines: notes.lines.withLock { $0 }, calls: notes.calls.withLock { $0 }, outcome: outcome)
    }
}

private final class Notes: RunReporter {
    let lines = Locked<[String]>([])
    let calls = Locked<[String]>([])

    func report(_ event: RunEvent) {
        guard case .console(let line) = event else { return }
        // Notices of jobs come with every example that has one.
        guard !line.text.hasPrefix("Scheduled the job") else { return }
        lines.withLock { $0.append((line.level == .error ? "! " : "> ") + line.text) }
    }
}
