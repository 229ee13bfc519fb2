internal import Dissection
internal import PacketCapture
package import ScriptRuntime
internal import ScriptTraffic

/// Packets of network interfaces, as they come, into `onPacketCaptured`, and their conversations into `onItemCaptured`. Never
/// waits for scripts: what they cannot keep up with is dropped from their queues and counted.
package struct LivePackets: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.packetCaptured, .itemCaptured] }
    package var packetBytes: Int? { 48 << 20 }
    private let interfaces: [String]

    /// Opens the interfaces; `any` means all.
    package init(interfaces: [String]) throws(RunRefusal) {
        name = interfaces.joined(separator: ", ")
        self.interfaces = interfaces
        // What cannot be opened is told before anything runs.
        do throws(LiveCaptureError) {
            _ = try LiveCapture(interfaces: interfaces)
        } catch {
            throw RunRefusal("\(error)")
        }
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        guard let archive = feed.claimPackets() else {
            throw RunRefusal("\(name): there is no ring for packets: give a data folder with room for one (--data)")
        }
        let traffic: LiveTraffic
        do throws(LiveCaptureError) {
            traffic = try LiveTraffic(
                interfaces: interfaces, ring: archive.ring, index: archive.index, scene: feed.scene)
        } catch {
            throw RunRefusal("\(error)")
        }
        do {
            try await withTaskCancellationHandler {
                try await traffic.run(into: feed)
            } onCancel: {
                traffic.stop()
            }
        } catch {
            throw RunRefusal("\(error)")
        }
        for failure in traffic.failures { feed.report(problem: "\(failure)") }
        let lost = traffic.statistics.reduce(0) { $0 + $1.droppedByKernel + $1.droppedByInterface }
        if lost > 0 { feed.report(problem: "\(name): \(lost) packets were lost before they could be read") }
        let skipped = traffic.counters.skipped
        if skipped > 0 { feed.report(problem: "\(name): \(skipped) packets were not dissected: there were too many") }
    }
}
