internal import ScriptRuntime
internal import Threading

/// Takes what scripts and the engine say, counts what went wrong, and tells the reporter in terms of files.
final class RunSink: ScriptEventSink {
    private struct State {
        var outcome = RunOutcome()
        var loaded: Set<Int> = []
        var isEnding = false
    }

    private let reporter: any RunReporter
    private let path: @Sendable (Int) -> String
    private let observe: @Sendable (ScriptEvent) -> Void
    private let state = Locked(State())

    /// - Parameters:
    ///   - observe: sees every event besides.
    ///   - path: the file of a script.
    init(
        reporter: any RunReporter, observe: @escaping @Sendable (ScriptEvent) -> Void,
        path: @escaping @Sendable (Int) -> String
    ) {
        self.reporter = reporter
        self.observe = observe
        self.path = path
    }

    var outcome: RunOutcome {
        state.withLock { state in
            var outcome = state.outcome
            outcome.scripts = state.loaded.count
            return outcome
        }
    }

    /// Scripts that go from now on go because the run ends, which is no news.
    func beginEnd() { state.withLock { $0.isEnding = true } }

    func receive(_ event: ScriptEvent) {
        observe(event)
        switch event {
        case .console(let line): reporter.report(.console(line))
        case .loaded(let report):
            let isReload = state.withLock { !$0.loaded.insert(report.script.index).inserted }
            reporter.report(.loaded(report, path: path(report.script.index), isReload: isReload))
        case .refused(let failure):
            let goesOn = state.withLock { state in
                state.outcome.refusals += 1
                return state.loaded.contains(failure.script.index)
            }
            reporter.report(.refused(failure, path: path(failure.script.index), goesOn: goesOn))
        case .unloaded(let script):
            // A script that never loaded has a lane all the same, and its end is no news.
            let wasLoaded = state.withLock { !$0.isEnding && $0.loaded.remove(script.index) != nil }
            if wasLoaded { reporter.report(.unloaded(script, path: path(script.index))) }
        case .failed: state.withLock { $0.outcome.failures += 1 }
        case .quarantined(let script, let reason):
            state.withLock { state in
                state.loaded.remove(script.index)
                state.outcome.failures += 1
            }
            reporter.report(.quarantined(script, path: path(script.index), reason: reason))
        case .dropped: break
        }
    }
}
