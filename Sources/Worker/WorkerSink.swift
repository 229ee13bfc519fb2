internal import Dissection
internal import FilterLanguage
internal import ScriptRuntime
internal import ScriptTraffic
internal import Threading

/// Hears what scripts and the engine say.
final class WorkerSink: ScriptEventSink {
    private let events: WorkerEvents
    private let listener = Locked<Callback<ScriptEvent>?>(nil)

    init(_ events: WorkerEvents) { self.events = events }

    /// Gives every event to `body` too.
    func hear(_ body: @escaping @Sendable (ScriptEvent) -> Void) { listener.withLock { $0 = Callback(body) } }

    func receive(_ event: ScriptEvent) {
        listener.withLock { $0 }?(event)
        switch event {
        case .console(let line): events.console(line)
        case .loaded(let report):
            if report.isNew {
                events.log(
                    .info, "Script runs",
                    [
                        ("title", report.script.title),
                        ("hooks", report.hooks.all.map(\.rawValue).joined(separator: ",")),
                    ])
            }
        case .refused(let failure):
            events.log(.warning, "Script was refused", [("title", failure.script.title), ("err", "\(failure)")])
        case .unloaded(let script): events.log(.info, "Script is gone", [("title", script.title)])
        case .quarantined(let script, let reason):
            events.log(.warning, "Script was taken out of service", [("title", script.title), ("reason", reason)])
        case .failed, .dropped: break
        }
    }
}

/// Hands traffic to whatever engine runs the worker's scripts at the moment.
final class WorkerReceiver: TrafficReceiver {
    private struct Target: Sendable {
        var generation: Int
        var receiver: EngineReceiver
        var terms: FilterTerms
    }

    private let scripts: WorkerScripts
    private let target: Locked<Target>
    private let makesItems = Locked(true)

    init(_ scripts: WorkerScripts) {
        self.scripts = scripts
        target = Locked(
            scripts.withEngine { Target(generation: $1, receiver: EngineReceiver($0), terms: FilterTerms()) })
    }

    /// Filters by other terms from now on.
    func change(_ terms: FilterTerms) {
        target.withLock { target in
            guard target.terms != terms else { return }
            target.terms = terms
            target.receiver.change(terms)
        }
    }

    /// Whether items are made.
    func allowItems(_ isAllowed: Bool) { makesItems.withLock { $0 = isAllowed } }

    /// Works with the receiver of the engine that runs now, which no other replaces meanwhile.
    private func withReceiver<Result: Sendable>(_ body: (EngineReceiver) -> Result) -> Result {
        scripts.withEngine { engine, generation in
            let receiver = target.withLock { target in
                if target.generation != generation {
                    target.generation = generation
                    target.receiver = EngineReceiver(engine, terms: target.terms)
                }
                return target.receiver
            }
            return body(receiver)
        }
    }

    func isWanted(_ hook: ScriptHook) -> Bool {
        (hook != .itemCaptured || makesItems.withLock { $0 }) && withReceiver { $0.isWanted(hook) }
    }

    func deliverLive(_ packets: PacketBatch) { withReceiver { $0.deliverLive(packets) } }

    func deliverLive(_ pieces: [[Item]], in scene: ItemScene) -> (delivered: Int, bytes: Int) {
        withReceiver { $0.deliverLive(pieces, in: scene) }
    }

    func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int? {
        withReceiver { $0.deliverLive(item, text: text) }
    }
}
