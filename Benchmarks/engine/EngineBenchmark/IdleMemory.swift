import ScriptRuntime
import ScriptSoak

/// What an idle engine and its scripts take.
struct IdleMemory {
    let scripts: Int

    func run() async throws {
        let before = ProcessFigures.now()
        ScriptEngine.prepareProcess()
        let console = Console()
        let engine = ScriptEngine(sink: console)
        let empty = ProcessFigures.now()
        try await load(0..<1, engine)
        let one = await rest()
        try await load(1..<scripts, engine)
        let all = await rest()
        for number in 0..<1000 {
            engine.deliver(.itemCaptured(Array(#"{"request":{"path":"/api/\#(number % 32)"}}"#.utf8)))
            if number % 100 == 0 { await engine.untilIdle() }
        }
        await engine.untilIdle()
        let worked = await rest()
        await engine.shutdown()
        let after = await rest()
        guard console.problems.isEmpty else { throw Failed("calls failed: \(console.problems.prefix(3))") }
        print(
            """
            {"process before": \(json(before)), "engine without scripts": \(json(empty)), "one script": \(json(one)), \
            "\(scripts) scripts": \(json(all)), "after 1000 items each": \(json(worked)), "after the end": \(json(after))}
            """)
    }

    private func load(_ numbers: Range<Int>, _ engine: ScriptEngine) async throws {
        for number in numbers {
            try await engine.load(
                ScriptDefinition(
                    index: number, title: "\(number).js", source: SwapLatency.script(version: number)))
        }
    }

    /// After the collection that follows a pause of two seconds, and after the syntax checker has gone to rest.
    private func rest() async -> ProcessFigures {
        try? await Task.sleep(for: .seconds(12))
        return .now()
    }

    private func json(_ figures: ProcessFigures) -> String {
        """
        {"resident KB": \(figures.residentBytes >> 10), "anonymous KB": \(figures.anonymousBytes >> 10), \
        "threads": \(figures.threads)}
        """
    }
}
