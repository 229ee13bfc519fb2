package import PacketCapture
package import ScriptRuntime
internal import Threading

/// Packets of network interfaces, as they come, into `onPacketCaptured`, and their conversations into `onItemCaptured`. Never
/// waits for scripts: what they cannot keep up with is dropped from their queues and counted.
package struct LivePackets: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.packetCaptured, .itemCaptured] }
    private let capture: LiveCapture

    /// Opens the interfaces; `any` means all.
    package init(interfaces: [String]) throws(RunRefusal) {
        name = interfaces.joined(separator: ", ")
        do throws(LiveCaptureError) {
            capture = try LiveCapture(interfaces: interfaces)
        } catch {
            throw RunRefusal("\(error)")
        }
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        let capture = self.capture
        let startFailure: String? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do {
                    try NamedThread.start("capture") {
                        var sink = Sink(feed: feed, interfaces: capture.interfaces.map(\.name))
                        capture.run(into: &sink)
                        continuation.resume(returning: nil)
                    }
                } catch {
                    continuation.resume(returning: "\(error)")
                }
            }
        } onCancel: {
            capture.stop()
        }
        if let startFailure { throw RunRefusal(startFailure) }
        for failure in capture.failures { feed.report(problem: "\(failure)") }
        let lost = capture.statistics.reduce(0) { $0 + $1.droppedByKernel + $1.droppedByInterface }
        if lost > 0 { feed.report(problem: "\(name): \(lost) packets were lost before they could be read") }
    }

    private struct Sink: PacketSink, ~Copyable {
        let feed: RunFeed
        var traffic: CapturedTraffic

        init(feed: RunFeed, interfaces: [String]) {
            self.feed = feed
            traffic = CapturedTraffic(node: feed.node)
            traffic.batches.interfaces = interfaces
            traffic.refresh(feed)
        }

        mutating func take(_ packet: CapturedPacket) {
            traffic.take(packet)
            if traffic.batches.count > 0 { deliver(traffic.batches.takeFull()) }
        }

        mutating func flush() {
            deliver(traffic.batches.takeAll())
            for item in traffic.takeItems() {
                let view = traffic.view(item)
                feed.deliverLive(view) { traffic.text(item) }
            }
            // Scripts come and go while packets are captured.
            traffic.refresh(feed)
        }

        private func deliver(_ batches: [PacketBatch]) {
            for batch in batches { feed.deliverLive(batch) }
        }
    }
}
