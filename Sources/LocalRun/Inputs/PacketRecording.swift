internal import Dissection
package import PacketCapture
package import ScriptRuntime

/// Replays a capture file (pcap, pcapng) into `onPacketCaptured`, and its conversations into `onItemCaptured`.
///
/// Reading and the scripts overlap: while they work on some batches, the next ones are read.
package struct PacketRecording: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.packetCaptured, .itemCaptured] }
    private let path: String

    /// Batches that are handed over together: enough that waiting for the scripts costs nothing per packet.
    private static let batchesAtOnce = 64

    /// Names the file.
    package init(path: String) {
        self.path = path
        name = path
    }

    /// Opens the file and reads its beginning: whether it can be a capture file at all. What comes through a pipe is only
    /// there once, and is looked at when it is replayed.
    package static func probe(_ path: String) throws(RunRefusal) {
        guard FileReading.isRepeatable(path) else {
            if path != "-" { _ = try LineReader(path: path) }
            return
        }
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
        var traffic = CapturedTraffic(node: feed.node)
        traffic.refresh(feed)
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            while let packets = try file.next(), !Task.isCancelled {
                traffic.batches.interfaces = file.interfaces.map(\.name)
                for packet in packets { traffic.take(packet) }
                await Self.deliver(traffic.takeItems(), &traffic, to: feed)
                if traffic.batches.count >= Self.batchesAtOnce { await feed.deliver(traffic.batches.takeFull()) }
            }
        } catch {
            guard error.packetsRead > 0 else { throw RunRefusal("\(error)") }
            feed.report(problem: "\(error)")
        }
        traffic.finish()
        await Self.deliver(traffic.takeItems(), &traffic, to: feed)
        await feed.deliver(traffic.batches.takeAll())
    }

    private static func deliver(_ items: [Item], _ traffic: inout CapturedTraffic, to feed: RunFeed) async {
        for item in items {
            let view = traffic.view(item)
            await feed.deliver(view) { traffic.text(item) }
        }
    }
}
