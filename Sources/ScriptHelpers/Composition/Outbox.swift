internal import DequeModule
internal import JSON
package import Metrics
internal import ScriptRuntime
internal import Threading

/// Limits of an ``Outbox``.
package struct OutboxLimits: Sendable {
    /// Calls that wait. A hook that fires a thousand times a second fills it in ten seconds of an outage.
    package var count = 10_000
    /// Bytes of their arguments: what a sidecar can spare.
    package var bytes = 16 << 20
    /// Calls that are made at the same time. Each holds a connection; services count them.
    package var concurrency = 64
    /// Failed calls that are told on a script's console in a minute; the rest is only counted.
    package var reportsPerMinute = 10

    package init() {}
}

/// What helpers' `later` variants put off: calls whose result nobody waits for.
///
/// Bounded: a call that finds it full is dropped and counted (`remora_later_dropped_total`), and `later` returns false.
/// Calls begin in the order in which they came. Failures go to the console of the script, a few a minute.
package final class Outbox: Sendable {
    private struct Entry: Sendable {
        let call: HelperCall
        let bytes: Int
        let body: @Sendable () async throws -> Void
    }

    private struct State: Sendable {
        var waiting: Deque<Entry> = []
        var bytes = 0
        var running = 0
        var isClosed = false
        var dropped = 0
        /// Failures told by script in the minute that has begun at `minute`.
        var reports: [Int: Int] = [:]
        var minute = ContinuousClock.now
    }

    private let limits: OutboxLimits
    private let metrics: MetricRegistry
    private let state = Locked(State())

    package init(_ limits: OutboxLimits, metrics: MetricRegistry) {
        self.limits = limits
        self.metrics = metrics
    }

    /// Calls that were dropped because the outbox was full.
    package var dropped: Int { state.withLock { $0.dropped } }

    /// Calls that wait or are being made.
    package var pending: Int { state.withLock { $0.waiting.count + $0.running } }

    /// Takes a call; false if there is no room for it. Never blocks.
    func add(_ call: HelperCall, _ body: @escaping @Sendable () async throws -> Void) -> Bool {
        let bytes = call.arguments.reduce(256) { $0 + Self.bytes(of: $1) }
        let entry = Entry(call: call, bytes: bytes, body: body)
        let (isTaken, begins) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed, state.waiting.count < limits.count, state.bytes + bytes <= limits.bytes else {
                state.dropped += 1
                return (false, false)
            }
            state.bytes += bytes
            state.waiting.append(entry)
            guard state.running < limits.concurrency else { return (true, false) }
            state.running += 1
            return (true, true)
        }
        if !isTaken { count("remora_later_dropped_total", "Calls of later variants that found the queue full.", call) }
        if begins { Task.detached { await self.work() } }
        return isTaken
    }

    /// Takes no more calls and forgets those that wait.
    package func close() {
        state.withLock { state in
            state.isClosed = true
            state.waiting.removeAll()
            state.bytes = 0
        }
    }

    private func work() async {
        while let entry = next() {
            do {
                try await entry.body()
                count("remora_later_done_total", "Calls of later variants that succeeded.", entry.call)
            } catch {
                count("remora_later_failed_total", "Calls of later variants that failed.", entry.call)
                if mayReport(entry.call.script.index) { entry.call.console(.error, "\(entry.call.path): \(error)") }
            }
        }
    }

    private func next() -> Entry? {
        state.withLock { state in
            guard let entry = state.waiting.popFirst() else {
                state.running -= 1
                return nil
            }
            state.bytes -= entry.bytes
            return entry
        }
    }

    private func mayReport(_ script: Int) -> Bool {
        state.withLock { state in
            if .now >= state.minute + .seconds(60) {
                state.minute = .now
                state.reports = [:]
            }
            state.reports[script, default: 0] += 1
            return state.reports[script, default: 0] <= limits.reportsPerMinute
        }
    }

    private func count(_ name: String, _ help: String, _ call: HelperCall) {
        metrics.add(1, to: Metric(name, help, kind: .counter, labels: [("helper", call.path)]))
    }

    private static func bytes(of value: ScriptValue) -> Int {
        switch value {
        case .undefined: 8
        case .jsonText(let bytes): bytes.count
        case .json(let value): bytes(of: value)
        }
    }

    private static func bytes(of value: JSONValue) -> Int {
        switch value {
        case .null, .boolean, .integer, .double: 16
        case .string(let text): 16 + text.utf8.count
        case .array(let elements): elements.reduce(32) { $0 + bytes(of: $1) }
        case .object(let members): members.reduce(64) { $0 + $1.key.utf8.count + bytes(of: $1.value) }
        }
    }
}
