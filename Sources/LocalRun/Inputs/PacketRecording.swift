internal import Dissection
internal import PacketCapture
package import ScriptRuntime
internal import ScriptTraffic

/// Replays capture files (pcap, pcapng), one after the other, into `onPacketCaptured`, and their conversations into
/// `onItemCaptured`.
///
/// Reading and the scripts overlap: while they work on some batches, the next ones are read. If a script may ask for packets
/// (`pcap.snapshot`, `pcap.path`), they go through a ring, as live ones do.
package struct PacketRecording: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.packetCaptured, .itemCaptured] }
    package let packetBytes: Int?
    private let paths: [String]

    /// Batches that are handed over together: enough that waiting for the scripts costs nothing per packet.
    private static let batchesAtOnce = 64
    /// Of standard input nobody knows how much comes.
    private static let unknownSize = 48 << 20

    /// Names the files.
    package init(paths: [String]) {
        self.paths = paths
        name = paths.joined(separator: ", ")
        packetBytes = paths.reduce(0) { $0 + (CaptureFile.size(path: $1) ?? Self.unknownSize) }
    }

    /// Opens the file and reads its beginning: whether it can be a capture file at all. What comes through a pipe is only
    /// there once, and is looked at when it is replayed.
    package static func probe(_ path: String) throws(RunRefusal) {
        guard !FileReading.isStream(path) else { return }
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            _ = try file.next()
        } catch {
            // A fault further on is told when it is reached.
            if error.packetsRead == 0 { throw RunRefusal("\(error)") }
        }
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        guard hooks.contains(where: feed.isWanted) else { return }
        let archive = feed.claimPacketsIfMentioned()
        var traffic = CapturedTraffic(feed.scene, ring: archive?.ring, index: archive?.index)
        traffic.want(WantedTraffic(by: feed))
        var sink = archive.map { RecordingSink(writer: $0.ring.makeWriter()) }
        for path in paths where !Task.isCancelled { try await Self.replay(path, &traffic, &sink, feed) }
        traffic.finish()
        await feed.deliver(traffic.takeItems(), in: feed.scene)
        await feed.deliver(traffic.takeBatches())
    }

    private static func replay(
        _ path: String, _ traffic: inout CapturedTraffic, _ sink: inout RecordingSink?, _ feed: RunFeed
    ) async throws(RunRefusal) {
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            while let packets = try file.next(), !Task.isCancelled {
                if sink != nil {
                    sink?.write(packets, of: file.interfaces)
                    while traffic.next() {}
                } else {
                    traffic.interfaces = file.interfaces.map(\.name)
                    for packet in packets { traffic.take(packet) }
                }
                await feed.deliver(traffic.takeItems(), in: feed.scene)
                if traffic.batchCount >= batchesAtOnce { await feed.deliver(traffic.takeFullBatches()) }
            }
        } catch {
            guard error.packetsRead > 0 else { throw RunRefusal("\(error)") }
            feed.report(problem: "\(error)")
        }
    }
}

/// Puts a file's packets into the ring.
private struct RecordingSink: ~Copyable {
    var writer: RingWriter
    private var interfaces: [CaptureInterface] = []

    init(writer: consuming RingWriter) { self.writer = writer }

    mutating func write(_ packets: CapturedBatch, of interfaces: [CaptureInterface]) {
        if interfaces != self.interfaces {
            self.interfaces = interfaces
            writer.setInterfaces(interfaces)
        }
        for packet in packets { writer.take(packet) }
        writer.flush()
    }
}
