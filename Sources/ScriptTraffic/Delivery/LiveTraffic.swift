package import Dissection
package import PacketCapture
internal import Threading

/// Live interfaces, through a ring, to scripts: one thread captures, another one dissects.
///
/// ```
/// kernel ─▶ "capture" ─▶ ring ─▶ "dissect" ─▶ items, batches ─▶ the scripts' queues
///           never waits    (mapped file)  never waits; overtaken: skips and counts
/// ```
/// The ring is the only queue of packets. Whoever is too slow loses what is behind, and nobody else does.
package final class LiveTraffic: Sendable {
    /// The interfaces.
    package var interfaces: [CaptureInterface] { capture.interfaces }
    private let capture: LiveCapture
    private let ring: SegmentRing
    private let index: StreamIndex
    private let scene: ItemScene
    private let limits: FlowLimits
    private let targets: (any TrafficTargets)?
    private let shared: Locked<Shared>

    private struct Shared {
        var settings: DissectionSettings
        var settingsVersion = 0
        var counters = TrafficCounters()
        var items = ItemDeliveries()
        var isStopping = false
        var inForce = InForce()
    }

    /// What the dissecting thread goes by.
    private struct InForce: Equatable {
        var settingsVersion = 0
        var wanted = WantedTraffic()
    }

    /// How often the dissecting thread looks for other settings and shows its counters.
    private static let tickInterval: Int64 = 100_000_000
    /// How long packets may be on their way into the ring, in nanoseconds: a container at its CPU limit stands still for
    /// some tenths of a second.
    private static let lag: Int64 = 1_000_000_000
    /// So many items are handed over while packets wait: made in less than a millisecond.
    private static let itemsAtOnce = 512
    /// How long it sleeps when no packets come.
    private static let rest: Duration = .milliseconds(50)

    /// Opens the interfaces; `any` means all.
    package init(
        interfaces: [String], capture settings: CaptureSettings = .init(), ring: SegmentRing, index: StreamIndex,
        scene: ItemScene, dissection: DissectionSettings = .init(), limits: FlowLimits = .init(),
        targets: (any TrafficTargets)? = nil
    ) throws(LiveCaptureError) {
        self.targets = targets
        capture = try LiveCapture(interfaces: interfaces, settings: settings)
        self.ring = ring
        self.index = index
        self.scene = scene
        self.limits = limits
        shared = Locked(Shared(settings: dissection))
    }

    /// What became of each interface's packets before they reached the ring.
    package var statistics: [CaptureStatistics] { capture.statistics }
    /// What ended the capture on some interfaces.
    package var failures: [LiveCaptureError] { capture.failures }
    /// Which interfaces are captured from at present.
    package var isOpen: [Bool] { capture.isOpen }
    /// What became of packets after the ring, at most a tenth of a second old.
    package var counters: TrafficCounters { shared.withLock { $0.counters } }
    /// What became of items.
    package var items: ItemDeliveries { shared.withLock { $0.items } }

    /// Throws if a filter is wrong for any of the interfaces.
    package func checkFilter(_ text: String) throws(LiveCaptureError) { try capture.checkFilter(text) }

    /// Captures by another filter from now on; one that is wrong changes nothing.
    package func setFilter(_ text: String) throws(LiveCaptureError) { try capture.setFilter(text) }

    /// Dissects new connections by other settings.
    package func change(_ settings: DissectionSettings) {
        shared.withLock { shared in
            shared.settings = settings
            shared.settingsVersion += 1
        }
    }

    /// Whether both threads go by what was asked for last: the filter, the settings, and what the scripts want. Before
    /// that, up to a tenth of a second, what is captured goes by what held before.
    package func isInForce(for receiver: some TrafficReceiver) -> Bool {
        let wanted = WantedTraffic(by: receiver)
        return capture.isFilterInForce
            && shared.withLock { $0.inForce == InForce(settingsVersion: $0.settingsVersion, wanted: wanted) }
    }

    /// Ends ``run(into:)`` soon; what was captured by then is still dissected and delivered.
    package func stop() { capture.stop() }

    /// Captures and delivers until ``stop()``, or until no interface is left. May be called once.
    package func run(into receiver: some TrafficReceiver) async throws {
        try await withThrowingTaskGroup { group in
            // The reader begins before the writer, so that it misses nothing.
            group.addTask { try await self.onThread("dissect") { self.dissect(receiver, isRunning: $0) } }
            group.addTask {
                defer { self.shared.withLock { $0.isStopping = true } }
                try await self.hasBegun()
                try await self.onThread("capture") { begun in
                    begun()
                    var writer = self.ring.makeWriter()
                    writer.setInterfaces(self.capture.interfaces)
                    self.capture.run(into: &writer)
                    writer.flush()
                }
            }
            try await group.waitForAll()
        }
    }

    private let begun = AsyncStream<Void>.makeStream()

    private func hasBegun() async throws {
        for await _ in begun.stream { return }
        // The other thread could not be started.
        throw CancellationError()
    }

    private func onThread(_ name: String, _ body: @escaping @Sendable (_ isRunning: () -> Void) -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try NamedThread.start(name) {
                    body { self.begun.continuation.yield() }
                    continuation.resume()
                }
            } catch {
                self.begun.continuation.finish()
                continuation.resume(throwing: error)
            }
        }
    }

    private func dissect(_ receiver: some TrafficReceiver, isRunning: () -> Void) {
        var traffic = CapturedTraffic(
            scene, settings: shared.withLock { $0.settings }, limits: limits, ring: ring, index: index,
            targets: targets)
        var deliveries = ItemDeliveries()
        var inForce = InForce()
        var ticked: Int64 = 0
        traffic.want(WantedTraffic(by: receiver))
        isRunning()
        while true {
            // Read before the ring is: what was captured until then is in it.
            let isStopping = shared.withLock { $0.isStopping }
            let hasPackets = traffic.next()
            // To wake a script's thread costs as much as many items do: while more packets wait, so may items.
            if !hasPackets || traffic.batchCount > 0 || traffic.itemCount >= Self.itemsAtOnce {
                traffic.deliver(to: receiver, isResting: !hasPackets, &deliveries)
            }
            if !hasPackets {
                if isStopping { break }
                traffic.wait(atMost: Self.rest)
            }
            let now = PacketArchive.now()
            guard now - ticked > Self.tickInterval || now < ticked else { continue }
            ticked = now
            // While packets wait, time is theirs: by the clock, a request would be given up whose response lies unread in the
            // ring.
            if !hasPackets { traffic.advance(to: now - Self.lag) }
            traffic.refreshCounters()
            let (counters, items) = (traffic.counters, deliveries)
            let settings = shared.withLock { shared -> DissectionSettings? in
                shared.counters = counters
                shared.items = items
                defer { inForce.settingsVersion = shared.settingsVersion }
                return shared.settingsVersion == inForce.settingsVersion ? nil : shared.settings
            }
            if let settings { traffic.change(settings) }
            // Scripts come and go while packets are captured.
            inForce.wanted = WantedTraffic(by: receiver)
            traffic.want(inForce.wanted)
            shared.withLock { [inForce] in $0.inForce = inForce }
        }
        traffic.finish()
        traffic.deliver(to: receiver, isResting: true, &deliveries)
        traffic.refreshCounters()
        let (counters, items) = (traffic.counters, deliveries)
        shared.withLock { shared in
            shared.counters = counters
            shared.items = items
        }
    }
}

/// What became of items: `made = delivered + unwanted`.
package struct ItemDeliveries: Sendable, Equatable {
    /// Items that at least one script got.
    package var delivered: UInt64 = 0
    /// Items that no script's filter let through.
    package var unwanted: UInt64 = 0
    /// About the bytes that they held.
    package var bytes: UInt64 = 0
    /// Packets handed to `onPacketCaptured`.
    package var packets: UInt64 = 0

    /// All zero.
    package init() {}
}

extension CapturedTraffic {
    /// Hands over what is ready; with `isResting` also a batch that is not full.
    package mutating func deliver(
        to receiver: some TrafficReceiver, isResting: Bool, _ deliveries: inout ItemDeliveries
    ) {
        for batch in isResting ? takeBatches() : takeFullBatches() {
            deliveries.packets += UInt64(batch.count)
            receiver.deliverLive(batch)
        }
        let pieces = takeItems()
        guard !pieces.isEmpty else { return }
        let (delivered, bytes) = receiver.deliverLive(pieces, in: scene)
        deliveries.delivered += UInt64(delivered)
        deliveries.unwanted += UInt64(pieces.reduce(0) { $0 + $1.count } - delivered)
        deliveries.bytes += UInt64(bytes)
    }
}
