internal import Dissection
internal import PacketCapture
internal import ScriptTraffic
internal import Threading

/// Capture files, through the ring, to scripts; no faster than they work them off, since files can wait.
final class FileTraffic: Sendable {
    private let paths: [String]
    private let archive: PacketArchive
    private let scene: ItemScene
    private let limits: FlowLimits
    private let targets: (any TrafficTargets)?
    private let shared = Locked((counters: TrafficCounters(), items: ItemDeliveries()))

    /// Items that are handed over between two waits: well below what a script's queue holds.
    private static let itemsAtOnce: UInt64 = 512
    private static let bytesAtOnce: UInt64 = 4 << 20
    private static let packetsAtOnce: UInt64 = 16_384

    init(
        _ paths: [String], archive: PacketArchive, scene: ItemScene, limits: FlowLimits, targets: (any TrafficTargets)?
    ) {
        self.targets = targets
        self.paths = paths
        self.archive = archive
        self.scene = scene
        self.limits = limits
    }

    var counters: TrafficCounters { shared.withLock { $0.counters } }
    var items: ItemDeliveries { shared.withLock { $0.items } }

    /// Reads the files to their ends.
    func run(
        into receiver: some TrafficReceiver, settings: DissectionSettings,
        untilIdle: @Sendable () async -> Void, report: @Sendable (String) -> Void
    ) async throws {
        var traffic = CapturedTraffic(
            scene, settings: settings, limits: limits, ring: archive.ring, index: archive.index,
            targets: targets)
        var writer = archive.ring.makeWriter()
        var deliveries = ItemDeliveries()
        var waited = ItemDeliveries()
        for path in paths {
            do throws(CaptureFileError) {
                var file = try CaptureFile(path: path)
                var interfaces: [CaptureInterface] = []
                while let packets = try file.next(), !Task.isCancelled {
                    traffic.want(WantedTraffic(by: receiver))
                    if interfaces != file.interfaces {
                        interfaces = file.interfaces
                        writer.setInterfaces(interfaces)
                    }
                    for packet in packets { writer.take(packet) }
                    writer.flush()
                    while traffic.next() {
                        traffic.deliver(to: receiver, isResting: false, &deliveries)
                        guard
                            deliveries.delivered + deliveries.unwanted - waited.delivered - waited.unwanted
                                >= Self.itemsAtOnce || deliveries.bytes - waited.bytes >= Self.bytesAtOnce
                                || deliveries.packets - waited.packets >= Self.packetsAtOnce
                        else { continue }
                        await untilIdle()
                        waited = deliveries
                    }
                    publish(&traffic, deliveries)
                }
            } catch {
                report("\(error)")
            }
        }
        traffic.finish()
        traffic.deliver(to: receiver, isResting: true, &deliveries)
        publish(&traffic, deliveries)
    }

    private func publish(_ traffic: inout CapturedTraffic, _ deliveries: ItemDeliveries) {
        traffic.refreshCounters()
        let counters = traffic.counters
        shared.withLock { $0 = (counters, deliveries) }
    }
}
