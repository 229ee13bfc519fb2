package import PacketCapture
package import ScriptRuntime

/// Replays a capture file (pcap, pcapng) into `onPacketCaptured`.
///
/// Reading and the scripts overlap: while they work on some batches, the next ones are read.
package struct PacketRecording: RunInput {
    package let name: String
    package var hook: ScriptHook { .packetCaptured }
    private let path: String

    /// Batches that are handed over together: enough that waiting for the scripts costs nothing per packet.
    private static let batchesAtOnce = 64

    /// Names the file.
    package init(path: String) {
        self.path = path
        name = path
    }

    /// Opens the file and reads its beginning: whether it can be a capture file at all.
    package static func probe(_ path: String) throws(RunRefusal) {
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            _ = try file.next()
        } catch {
            // A fault further on is told when it is reached.
            if error.packetsRead == 0 { throw RunRefusal("\(error)") }
        }
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        guard feed.isWanted(.packetCaptured) else { return }
        var batches = PacketBatches()
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            while let packets = try file.next(), !Task.isCancelled {
                batches.interfaces = file.interfaces.map(\.name)
                for packet in packets { batches.take(packet) }
                if batches.count >= Self.batchesAtOnce { await feed.deliver(batches.takeFull()) }
            }
        } catch {
            guard error.packetsRead > 0 else { throw RunRefusal("\(error)") }
            feed.report(problem: "\(error)")
        }
        await feed.deliver(batches.takeAll())
    }
}
