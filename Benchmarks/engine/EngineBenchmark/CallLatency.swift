import Glibc
import ScriptRuntime
import Threading

/// How long it takes from handing an item over until the hook runs, at rest and one after another, and what a call costs.
struct CallLatency {
    let calls: Int

    /// The HTTP item of the documentation in length, so that what is measured is what users get.
    private static let item = Array(
        (#"{"protocol":{"name":"http","version":"1.1"},"timestamp":"2026-03-01T10:00:00Z","src":{"ip":"10.244.0.7","port":"41234","name":"web"},"dst":{"ip":"10.96.0.11","port":"80","name":"api"},"request":{"method":"GET","path":"/items/1","headers":{"#
            + (0..<12).map { #""x-header-\#($0)":"value number \#($0) of this header, as long as they are""# }.joined(
                separator: ",")
            + #"}},"response":{"status":200,"headers":{"content-type":"application/json"},"content":{"text":"\#(String(repeating: "x", count: 500))"}},"elapsedTime":12}"#)
            .utf8)

    func run() async throws {
        ScriptEngine.prepareProcess()
        let entered = Locked(0)
        var configuration = ScriptEngineConfiguration()
        configuration.helpers = [
            HostFunction("entered", waits: false) { _ in
                let now = nanoseconds()
                entered.withLock { $0 = now }
                return .undefined
            }
        ]
        let console = Console()
        let engine = ScriptEngine(configuration, sink: console)
        try await engine.load(
            ScriptDefinition(
                index: 0, title: "latency.js",
                source: "function onItemCaptured(data) { if (data.elapsedTime === 12) entered(); }"))
        try await engine.load(
            ScriptDefinition(
                index: 1, title: "latency2.js",
                source: "function onPodEvent(event, pod) { entered(); }"))
        let empty = Array("{}".utf8)
        let item = try await latencies(engine, entered) { .itemCaptured(Self.item) }
        let small = try await latencies(engine, entered) { .podEvent("ADDED", pod: empty, change: nil) }
        let rate = try await rate(engine)
        await engine.shutdown()
        guard console.problems.isEmpty else { throw Failed("calls failed: \(console.problems.prefix(3))") }
        print(
            """
            {"item of \(Self.item.count) bytes, µs from deliver to hook": \(item.json), \
            "empty object, µs from deliver to hook": \(small.json), \
            "items a second, one after another": \(rate.rounded())}
            """)
    }

    /// Each call finds the script's thread asleep, as most do in life: waking it is part of the latency.
    private func latencies(
        _ engine: ScriptEngine, _ entered: Locked<Int>, _ call: () -> HookCall
    ) async throws -> Distribution {
        var values: [Int] = []
        for _ in 0..<calls / 10 {
            usleep(200)
            let start = nanoseconds()
            engine.deliver(call())
            await engine.untilIdle()
            values.append(entered.withLock { $0 } - start)
        }
        guard values.allSatisfy({ $0 > 0 }) else { throw Failed("a call did not come") }
        return Distribution(values)
    }

    private func rate(_ engine: ScriptEngine) async throws -> Double {
        let start = nanoseconds()
        for number in 0..<calls {
            engine.deliver(.itemCaptured(Self.item))
            if number % 1000 == 999 { await engine.untilIdle() }
        }
        await engine.untilIdle()
        return Double(calls) / Double(nanoseconds() - start) * 1e9
    }
}
