internal import ScriptRuntime
internal import Threading

/// Hears what scripts and the engine say: to the console, into counters, and to whoever writes the status.
final class HubSink: ScriptEventSink {
    struct Counters: Sendable {
        var loaded = 0
        var refused = 0
        var hookErrors: [String: Int] = [:]
        var quarantined = 0
        var droppedCalls = 0
    }

    private let console: HubConsole
    private let counters = Locked(Counters())
    private let listener = Locked<Callback<ScriptEvent>?>(nil)
    private let changed = Locked<Callback<Void>?>(nil)

    init(console: HubConsole) { self.console = console }

    var counts: Counters { counters.withLock { $0 } }

    /// Calls `body` when something happened that a status shows.
    func observe(_ body: @escaping @Sendable () -> Void) { changed.withLock { $0 = Callback(body) } }

    /// Gives every event to `body` too.
    func hear(_ body: @escaping @Sendable (ScriptEvent) -> Void) { listener.withLock { $0 = Callback(body) } }

    func receive(_ event: ScriptEvent) {
        listener.withLock { $0 }?(event)
        switch event {
        case .console(let line): return console.print(line)
        case .loaded(let report): if report.isNew { counters.withLock { $0.loaded += 1 } }
        case .refused: counters.withLock { $0.refused += 1 }
        case .unloaded: break
        case .failed(let failure):
            let place =
                switch failure.place {
                case .hook(let hook): hook.rawValue
                case .job: "job"
                case .load: "load"
                case .timer: "timer"
                case .sharedFunction: "function"
                }
            counters.withLock { $0.hookErrors[place, default: 0] += 1 }
        case .quarantined: counters.withLock { $0.quarantined += 1 }
        case .dropped(_, let count): counters.withLock { $0.droppedCalls += count }
        }
        changed.withLock { $0 }?(())
    }
}
