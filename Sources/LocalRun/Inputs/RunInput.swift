package import Dissection
package import FilterLanguage
internal import JSON
package import ScriptRuntime
internal import ScriptTraffic
internal import Threading

/// Something that feeds scripts: a recording, a capture.
///
/// The seam for whoever adds an input: read, make a ``HookCall`` or a ``PacketBatch``, hand it to the feed, return at the
/// end.
package protocol RunInput: Sendable {
    /// What it is, for messages: `pods.jsonl`.
    var name: String { get }
    /// The hooks that it feeds.
    var hooks: [ScriptHook] { get }
    /// About how many bytes of packets it brings that scripts may want to keep; nil if it brings none.
    var packetBytes: Int? { get }
    /// Reads to the end, or until the task is cancelled.
    func run(_ feed: RunFeed) async throws(RunRefusal)
}

extension RunInput {
    package var packetBytes: Int? { nil }
}

/// Hands events to the scripts, no faster than they are worked off.
///
/// A live capture must never wait for scripts; a recording can, and so nothing of it is lost in the scripts' bounded
/// queues. One input uses one feed.
package final class RunFeed: TrafficReceiver {
    /// The node that items are said to come from.
    package let node: String
    private let engine: ScriptEngine
    private let hub: LocalHub
    private let reporter: any RunReporter
    private let pace = Pace()
    private let receiver: EngineReceiver
    private let packets: RunPackets?

    /// What may wait in a script's queue: well below ``ScriptBudget/queueCount`` and ``ScriptBudget/queueBytes``.
    private static let waitingCalls = 512
    private static let waitingBytes = 4 << 20
    /// Items of a capture, which wait in batches.
    private static let waitingItems = 4_096

    init(
        node: String, engine: ScriptEngine, hub: LocalHub, packets: RunPackets?, reporter: any RunReporter
    ) {
        self.node = node
        self.packets = packets
        receiver = EngineReceiver(engine)
        self.engine = engine
        self.hub = hub
        self.reporter = reporter
    }

    /// Where items come from.
    var scene: ItemScene {
        var scene = ItemScene.recording(node: node)
        scene.resolver = hub.names
        return scene
    }

    /// The run's ring for packets, for an input that needs it; nil if there is none, or if another input has it.
    func claimPackets() -> PacketArchive? { packets?.claim() }
    /// The run's ring for packets, if a script may ask for them.
    func claimPacketsIfMentioned() -> PacketArchive? { packets?.claimIfMentioned() }

    /// Whether any script has a hook; for the others nothing needs to be built.
    package func isWanted(_ hook: ScriptHook) -> Bool { engine.hooks.contains(hook) }

    /// Queues a call of a recording, of which `byteCount` bytes wait in memory.
    package func deliver(_ call: HookCall, byteCount: Int) async {
        engine.deliver(call)
        await pace.note(byteCount, limits: (Self.waitingCalls, Self.waitingBytes)) { [engine] in
            await engine.untilIdle()
        }
    }

    /// Queues an item of a recording for the scripts that want it; `text` makes its JSON, if one does.
    package func deliver(_ item: some FilterSubject, text: () -> [UInt8]) async {
        guard let byteCount = deliverLive(item, text: text) else { return }
        await pace.note(byteCount, limits: (Self.waitingCalls, Self.waitingBytes)) { [engine] in
            await engine.untilIdle()
        }
    }

    /// Queues items of a recording for the scripts that want them; returns when these have worked off most of it.
    package func deliver(_ pieces: [[Item]], in scene: ItemScene) async {
        for piece in pieces {
            let (delivered, bytes) = deliverLive([piece], in: scene)
            guard delivered > 0 else { continue }
            await pace.note(bytes, calls: delivered, limits: (Self.waitingItems, Self.waitingBytes)) { [engine] in
                await engine.untilIdle()
            }
        }
    }

    /// Queues items of something live for the scripts that want them.
    package func deliverLive(_ pieces: [[Item]], in scene: ItemScene) -> (delivered: Int, bytes: Int) {
        receiver.deliverLive(pieces, in: scene)
    }

    /// Queues an item of something live for the scripts that want it. Returns the size of its JSON; nil if none does.
    @discardableResult
    package func deliverLive(_ item: some FilterSubject, text: () -> [UInt8]) -> Int? {
        receiver.deliverLive(item, text: text)
    }

    /// Queues packets of something live.
    package func deliverLive(_ packets: PacketBatch) { engine.deliver(packets) }

    /// Queues packets of a recording; returns when the scripts have worked off all but the last few batches.
    package func deliver(_ batches: [PacketBatch]) async {
        await engine.untilIdle()
        for batch in batches { engine.deliver(batch) }
    }

    /// Tells the user of something that is passed over.
    package func report(problem: String) { reporter.report(.problem(problem)) }

    /// Tells the user something.
    package func report(notice: String) { reporter.report(.notice(notice)) }

    func note(_ pod: JSONValue, isDeleted: Bool) { hub.note(pod, isDeleted: isDeleted) }
}

/// Counts what was handed over since the scripts were last at rest.
private actor Pace {
    private var calls = 0
    private var bytes = 0

    func note(
        _ byteCount: Int, calls count: Int = 1, limits: (calls: Int, bytes: Int), untilIdle: @Sendable () async -> Void
    ) async {
        calls += count
        bytes += byteCount
        guard calls >= limits.calls || bytes >= limits.bytes else { return }
        await untilIdle()
        (calls, bytes) = (0, 0)
    }
}

/// Reports what is wrong with lines of a recording, the first ones one by one.
struct LineProblems {
    private static let shown = 20

    let name: String
    private(set) var count = 0

    init(name: String) { self.name = name }

    mutating func note(_ line: Int, _ text: String, to feed: RunFeed) {
        count += 1
        if count <= Self.shown { feed.report(problem: "\(name):\(line): \(text); skipped") }
    }

    func finish(to feed: RunFeed) {
        guard count > Self.shown else { return }
        feed.report(problem: "\(name): \(count - Self.shown) more lines were skipped")
    }
}
