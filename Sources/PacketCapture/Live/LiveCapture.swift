internal import Glibc
internal import Threading

/// Captures from several interfaces on one thread that never waits for anything but packets.
///
/// ``run(into:)`` occupies the calling thread until ``stop()``; packets go to a sink that must not wait. An interface
/// that goes away ends alone, with a word in ``failures``; the others go on.
package final class LiveCapture: Sendable {
    /// The interfaces, in the order given; packets name them by their index.
    package let interfaces: [CaptureInterface]
    private let sources: Locked<Sources>
    private let shared: Locked<Shared>
    private let wakeUp: WakeUp

    private struct Sources: ~Copyable {
        var open: [SourceBox]
        init(_ open: sending [SourceBox]) { self.open = open }
    }

    /// A source and the only thread that uses it.
    private final class SourceBox {
        var source: LibpcapSource
        var isOpen = true
        init(_ source: consuming LibpcapSource) { self.source = source }
    }

    private struct Shared {
        var statistics: [CaptureStatistics]
        var failures: [LiveCaptureError] = []
    }

    /// Opens interfaces; `any` means all that there are and will be.
    package init(interfaces names: [String], settings: CaptureSettings = .init()) throws(LiveCaptureError) {
        precondition(!names.isEmpty && names.count < 1000, "between 1 and 999 interfaces can be captured at once")
        var boxes: [SourceBox] = []
        var interfaces: [CaptureInterface] = []
        for (number, name) in names.enumerated() {
            let source = try LibpcapSource(interface: name, number: UInt16(number), settings: settings)
            interfaces.append(source.interface)
            boxes.append(SourceBox(source))
        }
        self.interfaces = interfaces
        sources = Locked(Sources(boxes))
        shared = Locked(Shared(statistics: names.map { _ in CaptureStatistics() }))
        do {
            wakeUp = try WakeUp()
        } catch {
            throw .system(interface: names[0], message: error.description)
        }
    }

    /// What became of each interface's packets, at most a tenth of a second old.
    package var statistics: [CaptureStatistics] { shared.withLock { $0.statistics } }
    /// What ended the capture on some interfaces.
    package var failures: [LiveCaptureError] { shared.withLock { $0.failures } }

    /// Ends ``run(into:)`` soon; what the kernel holds by then is still delivered.
    package func stop() { wakeUp.signal() }

    /// Captures until ``stop()`` or until no interface is left. May be called once.
    package func run(into sink: inout some PacketSink & ~Copyable) {
        let boxes = sources.withLock { sources in
            let boxes = sources.open
            sources.open = []
            return boxes
        }
        var descriptors = boxes.map { pollfd(fd: $0.source.descriptor, events: Int16(POLLIN), revents: 0) }
        descriptors.append(pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0))
        var open = boxes.count
        var refreshed = ContinuousClock.now
        var isStopping = false
        while open > 0 {
            // The counters are asked for ten times a second, also when no packet comes.
            _ = poll(&descriptors, nfds_t(descriptors.count), isStopping ? 0 : 100)
            if descriptors[boxes.count].revents != 0 { isStopping = true }
            var delivered = 0
            for (index, box) in boxes.enumerated() where box.isOpen {
                do {
                    // A limit, so that a busy interface does not starve the others.
                    delivered += try box.source.read(limit: 4096, into: &sink)
                } catch {
                    box.isOpen = false
                    open -= 1
                    descriptors[index].fd = -1
                    shared.withLock { $0.failures.append(error) }
                }
            }
            if delivered > 0 { sink.flush() }
            let now = ContinuousClock.now
            if isStopping && delivered == 0 { break }
            if now - refreshed > .milliseconds(100) {
                refreshed = now
                publish(boxes)
            }
        }
        publish(boxes)
    }

    private func publish(_ boxes: [SourceBox]) {
        var latest: [CaptureStatistics] = []
        for box in boxes {
            if box.isOpen { box.source.refreshStatistics() }
            latest.append(box.source.statistics)
        }
        let statistics = latest
        shared.withLock { $0.statistics = statistics }
    }
}
