internal import Dissection
internal import FilterLanguage
internal import ScriptRuntime
internal import ScriptTraffic
internal import Threading

/// Hears what scripts and the engine say.
final class WorkerSink: ScriptEventSink {
    private let events: WorkerEvents
    private let listener = Locked<(@Sendable (ScriptEvent) -> Void)?>(nil)

    init(_ events: WorkerEvents) { self.events = events }

    /// Gives every event to `body` too.
    func hear(_ body: @escaping @Sendable (ScriptEvent) -> Void) { listener.withLock { $0 = body } }

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
    }

    private let scripts: WorkerScripts
    private let target: Locked<Target>
    private let makesItems = Locked(true)

    init(_ scripts: WorkerScripts) {
        self.scripts = scripts
        let (engine, generation) = scripts.engineOfTheMoment
        target = Locked(Target(generation: generation, receiver: EngineReceiver(engine)))
    }

    /// Whether items are made.
    func allowItems(_ isAllowed: Bool) { makesItems.withLock { $0 = isAllowed } }

    private var receiver: EngineReceiver {
        let (engine, generation) = scripts.engineOfTheMoment
        return target.withLock { target in
            if target.generation != generation {
                target = Target(generation: generation, receiver: EngineReceiver(engine))
            }
            return target.receiver
        }
    }

    func isWanted(_ hook: ScriptHook) -> Bool {
        (hook != .itemCaptured || makesItems.withLock { $0 }) && receiver.isWanted(hook)
    }

    func deliverLive(_ packets: PacketBatch) { receiver.deliverLive(packets) }

    func deliverLive(_ items: [Item], in scene: ItemScene) -> (delivered: Int, bytes: Int) {
        receiver.deliverLive(items, in: scene)
    }

    func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int? {
        receiver.deliverLive(item, text: text)
    }
}
