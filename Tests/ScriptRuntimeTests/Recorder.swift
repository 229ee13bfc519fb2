import Threading

@testable import ScriptRuntime

/// Keeps everything that scripts and the engine say.
final class Recorder: ScriptEventSink {
    private let events = Locked<[ScriptEvent]>([])

    func receive(_ event: ScriptEvent) { events.withLock { $0.append(event) } }

    var all: [ScriptEvent] { events.withLock { $0 } }

    /// Console messages as `index text`, errors as `index! text`.
    var console: [String] {
        all.compactMap { event in
            guard case .console(let line) = event else { return nil }
            return "\(line.script.index)\(line.level == .error ? "!" : "") \(line.text)"
        }
    }

    var failures: [ScriptFailure] {
        all.compactMap { if case .failed(let failure) = $0 { failure } else { nil } }
    }

    var quarantined: [Int] {
        all.compactMap { if case .quarantined(let script, _) = $0 { script.index } else { nil } }
    }

    /// Waits for a condition, with a bound that only a hung machine reaches. Returns whether it came true.
    func until(_ condition: (Recorder) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(240)
        while !condition(self) {
            guard .now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

/// An engine with its recorder.
struct Bench {
    let recorder = Recorder()
    let engine: ScriptEngine

    init(_ configure: (inout ScriptEngineConfiguration) -> Void = { _ in }) {
        var configuration = ScriptEngineConfiguration()
        configure(&configuration)
        engine = ScriptEngine(configuration, sink: recorder)
    }

    /// Loads a script, titled by its index unless told otherwise.
    @discardableResult
    func load(_ index: Int, _ source: String, title: String? = nil) async throws -> ScriptLoadReport {
        try await engine.load(ScriptDefinition(index: index, title: title ?? "\(index).js", source: source))
    }

    /// Runs a text at top level and returns what it printed.
    static func run(
        _ source: String, _ configure: (inout ScriptEngineConfiguration) -> Void = { _ in }
    ) async throws -> [String] {
        let bench = Bench(configure)
        try await bench.load(0, source)
        await bench.engine.untilIdle()
        await bench.engine.shutdown()
        return bench.recorder.console
    }

    /// Delivers an item and waits until it is worked off.
    func item(_ json: String = "{}") async {
        engine.deliver(.itemCaptured(Array(json.utf8)))
        await engine.untilIdle()
    }
}

/// Budgets that breaches meet soon: the figures of the real ones, a tenth to a twentieth in size.
func shortBudget(_ budget: inout ScriptBudget) {
    budget.hookCompute = .milliseconds(150)
    budget.jobCompute = .milliseconds(300)
}
