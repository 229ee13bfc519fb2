import Glibc
import Integrations
import JSON
import Metrics
import ScriptRuntime
import Subprocess
import Threading

@testable import ScriptHelpers

/// A script engine with all helpers, a data folder of its own, and what scripts printed.
final class HelperBench: ScriptEventSink {
    private let lines = Locked<[String]>([])
    private let failed = Locked<[ScriptFailure]>([])
    private let aggregated = Locked<[String]>([])
    let folder: String
    private let parts = Locked<(engine: ScriptEngine, helpers: ScriptHelpers)?>(nil)

    /// Console messages as `text`, errors as `! text`.
    var console: [String] { lines.withLock { $0 } }
    var failures: [ScriptFailure] { failed.withLock { $0 } }
    var aggregation: [String] { aggregated.withLock { $0 } }

    enum Failure: Error { case noFolder(Int32), notMade }

    func receive(_ event: ScriptEvent) {
        parts.withLock { $0?.helpers.observe(event) }
        switch event {
        case .console(let line): lines.withLock { $0.append((line.level == .error ? "! " : "") + line.text) }
        case .failed(let failure): failed.withLock { $0.append(failure) }
        case .refused(let failure): failed.withLock { $0.append(failure) }
        default: break
        }
    }

    init(
        role: HelperContext.Role = .worker, process: [String: String] = [:], environment: JSONValue = [:],
        extra: [HostFunction] = [], budget: ScriptBudget = ScriptBudget(),
        _ change: (inout HelperContext) -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/remora-helpers-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.noFolder(errno) }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        var context = HelperContext(
            role: role, nodeName: "node-a", workerName: "shop/cart-1", address: "10.0.0.1",
            dataFolder: folder + "/data",
            environment: environment,
            settings: IntegrationSettings(process: process, scriptEnvironment: environment))
        let aggregated = aggregated
        context.aggregationLine = { line in aggregated.withLock { $0.append(line) } }
        change(&context)
        let helpers = try ScriptHelpers(context)
        var configuration = ScriptEngineConfiguration()
        configuration.environment = environment
        configuration.budget = budget
        let given = Set(extra.map(\.path))
        configuration.helpers = extra + helpers.functions.filter { !given.contains($0.path) }
        configuration.preludes = helpers.preludes
        let engine = ScriptEngine(configuration, sink: self)
        parts.withLock { $0 = (engine, helpers) }
    }

    var engine: ScriptEngine {
        guard let engine = parts.withLock({ $0?.engine }) else { preconditionFailure("used before it was made") }
        return engine
    }

    var helpers: ScriptHelpers {
        guard let helpers = parts.withLock({ $0?.helpers }) else { preconditionFailure("used before it was made") }
        return helpers
    }

    func load(_ source: String, index: Int = 0) async throws {
        try await engine.load(ScriptDefinition(index: index, title: "\(index).js", source: source))
    }

    func end() async {
        await engine.shutdown()
        helpers.shutDown()
        parts.withLock { $0 = nil }
        _ = try? await Subprocess.run(.name("rm"), arguments: ["-rf", folder], output: .discarded)
    }

    /// Runs a text at top level with all helpers and returns what it printed.
    static func run(
        _ source: String, role: HelperContext.Role = .worker, process: [String: String] = [:],
        environment: JSONValue = [:], extra: [HostFunction] = [], _ change: (inout HelperContext) -> Void = { _ in }
    ) async throws -> [String] {
        let bench = try HelperBench(role: role, process: process, environment: environment, extra: extra, change)
        do {
            try await bench.load(source)
        } catch {
            await bench.end()
            throw error
        }
        await bench.engine.untilIdle()
        await bench.end()
        return bench.console
    }

    /// Waits for a condition, with a bound that only a hung machine reaches. Returns whether it came true.
    func until(_ condition: (HelperBench) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(240)
        while !condition(self) {
            guard .now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}
