internal import ScriptRuntime
internal import Threading

/// Keeps an engine busy with everything at once, and says whether it stays the same: memory, threads, descriptors, and
/// that no call was lost.
///
/// Every tick brings packets, items and pod events, every second a swap (good, broken, the same again), jobs and timers run
/// all the time, one script loops for ever now and then, another comes and goes.
package struct ScriptSoak: Sendable {
    /// How long the load lasts.
    package var duration: Duration
    /// The growth of memory that is still called flat: median of the last quarter to that of the second one, plus
    /// ``memorySlack``.
    package var memoryGrowth = 0.05
    /// What a heap may breathe between two collections, in bytes.
    package var memorySlack = 4 << 20
    /// Threads that may be more in the last quarter than in the second: the library starts and ends some by itself.
    package var threadSlack = 1

    private static let tick: Duration = .milliseconds(50)
    private static let ticksPerSecond = 20

    package init(duration: Duration) { self.duration = duration }

    /// Runs the load. Call it once in a process: what else runs there shows in the figures.
    package func run(progress: (SoakSample) -> Void = { _ in }) async throws -> SoakReport {
        ScriptEngine.prepareProcess()
        let before = ProcessFigures.now()
        let counter = EventCounter()
        var configuration = ScriptEngineConfiguration()
        configuration.budget.hookCompute = .milliseconds(100)
        configuration.helpers = [
            HostFunction("pause", waits: true) { _ in
                usleepMilliseconds(2)
                return .undefined
            }
        ]
        let engine = ScriptEngine(configuration, sink: counter)
        var load = SoakLoad(engine: engine)
        try await load.begin()

        var samples: [SoakSample] = []
        let start = ContinuousClock.now
        var tick = 0
        while .now - start < duration {
            await load.deliver()
            if tick % Self.ticksPerSecond == 0 {
                await load.swap(second: tick / Self.ticksPerSecond)
                let sample = SoakSample(time: .now - start, figures: .now(), swaps: load.swaps)
                samples.append(sample)
                progress(sample)
            }
            tick += 1
            // By the clock of the start, so that a slow machine gets the same load later and not less of it.
            try await Task.sleep(until: start + Self.tick * tick, clock: .continuous)
        }
        await engine.untilIdle()
        let statuses = engine.statuses
        await engine.shutdown()
        return SoakReport(
            before: before, samples: samples, after: await Self.figuresAtRest(), delivered: load.delivered,
            statuses: statuses, events: counter.counts, memoryGrowth: memoryGrowth, memorySlack: memorySlack,
            threadSlack: threadSlack)
    }

    /// Threads of an engine that was shut down end within moments; the library's own after up to half a minute.
    private static func figuresAtRest() async -> ProcessFigures {
        try? await Task.sleep(for: .seconds(1))
        return .now()
    }
}

/// The state of the process at one moment of a soak.
package struct SoakSample: Sendable {
    /// Since the beginning.
    package let time: Duration
    package let figures: ProcessFigures
    /// Versions that took over so far.
    package let swaps: Int
}

/// Counts what an engine says.
final class EventCounter: ScriptEventSink {
    private let state = Locked(SoakEvents())

    var counts: SoakEvents { state.withLock { $0 } }

    func receive(_ event: ScriptEvent) {
        state.withLock { counts in
            switch event {
            case .console: counts.console += 1
            case .refused: counts.refusals += 1
            case .failed(let failure):
                if case .stopped = failure.reason { counts.stopped += 1 } else { counts.failures += 1 }
            case .quarantined(let script, let reason): counts.quarantines.append("\(script): \(reason)")
            case .loaded, .unloaded, .dropped: break
            }
        }
    }
}

/// What an engine said during a soak.
package struct SoakEvents: Sendable {
    package var console = 0
    package var refusals = 0
    package var failures = 0
    package var stopped = 0
    package var quarantines: [String] = []
}
