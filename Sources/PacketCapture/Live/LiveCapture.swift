internal import Glibc
internal import Threading

/// Captures from several interfaces on one thread that never waits for anything but packets.
///
/// ``run(into:)`` occupies the calling thread until ``stop()``; packets go to a sink that must not wait. An interface
/// that goes away ends alone, with a word in ``failures``, or comes back (``CaptureSettings/reopensInterfaces``); the
/// others go on.
package final class LiveCapture: Sendable {
    /// The interfaces, in the order given; packets name them by their index.
    package let interfaces: [CaptureInterface]
    private let sources: Locked<Sources>
    private let shared: Locked<Shared>
    private let wakeUp: WakeUp
    private let reopens: Bool

    /// How often the kernel's counters are asked for, and another filter looked for.
    private static let tickInterval: Duration = .milliseconds(100)
    /// How often an interface that is gone is looked for.
    private static let reopenInterval: Duration = .seconds(1)
    /// An interface that comes and goes must not fill the memory.
    private static let failuresKept = 100

    private struct Sources: ~Copyable {
        var open: [CaptureSource]
        init(_ open: sending [CaptureSource]) { self.open = open }
    }

    private struct Shared {
        var statistics: [CaptureStatistics]
        var failures: [LiveCaptureError] = []
        var isOpen: [Bool]
        var settings: CaptureSettings
        /// Grows with each change of the filter.
        var filterVersion = 0
        /// What the capturing thread has taken of it.
        var filterVersionInForce = 0
    }

    /// Opens interfaces; `any` means all that there are and will be.
    package init(interfaces names: [String], settings: CaptureSettings = .init()) throws(LiveCaptureError) {
        precondition(!names.isEmpty && names.count < 1000, "between 1 and 999 interfaces can be captured at once")
        var boxes: [CaptureSource] = []
        var interfaces: [CaptureInterface] = []
        for (number, name) in names.enumerated() {
            let source = try LibpcapSource(interface: name, number: UInt16(number), settings: settings)
            interfaces.append(source.interface)
            boxes.append(CaptureSource(source))
        }
        self.interfaces = interfaces
        reopens = settings.reopensInterfaces
        sources = Locked(Sources(boxes))
        shared = Locked(
            Shared(
                statistics: names.map { _ in CaptureStatistics() }, isOpen: names.map { _ in true },
                settings: settings))
        do {
            wakeUp = try WakeUp()
        } catch {
            throw .system(interface: names[0], message: error.description)
        }
    }

    /// What became of each interface's packets, at most a tenth of a second old.
    package var statistics: [CaptureStatistics] { shared.withLock { $0.statistics } }
    /// What ended the capture on some interfaces; the last hundred.
    package var failures: [LiveCaptureError] { shared.withLock { $0.failures } }
    /// Which interfaces are captured from at present.
    package var isOpen: [Bool] { shared.withLock { $0.isOpen } }

    /// Ends ``run(into:)`` soon; what the kernel holds by then is still delivered.
    package func stop() { wakeUp.signal() }

    /// Throws if a filter is wrong for any of the interfaces.
    package func checkFilter(_ text: String) throws(LiveCaptureError) {
        for linkType in Set(interfaces.map(\.linkType)) { _ = try CaptureFilter(text, linkType: linkType) }
    }

    /// Captures by another filter from now on (within a tenth of a second); an empty one accepts everything. A filter
    /// that is wrong for any of the interfaces changes nothing.
    package func setFilter(_ text: String) throws(LiveCaptureError) {
        try checkFilter(text)
        shared.withLock { shared in
            shared.settings.filter = text
            shared.filterVersion += 1
        }
    }

    /// Whether the filter that was set last decides; what the kernel held before may still come.
    package var isFilterInForce: Bool { shared.withLock { $0.filterVersion == $0.filterVersionInForce } }

    /// Captures until ``stop()`` or until no interface is left. May be called once.
    package func run(into sink: inout some PacketSink & ~Copyable) {
        let boxes = sources.withLock { sources in
            let boxes = sources.open
            sources.open = []
            return boxes
        }
        var descriptors = boxes.map { pollfd(fd: $0.source.descriptor, events: Int16(POLLIN), revents: 0) }
        descriptors.append(pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0))
        var ticked = ContinuousClock.now
        var reopened = ContinuousClock.now
        var isStopping = false
        while reopens || boxes.contains(where: \.isOpen) {
            _ = poll(&descriptors, nfds_t(descriptors.count), isStopping ? 0 : 100)
            if descriptors[boxes.count].revents != 0 { isStopping = true }
            var delivered = 0
            for (index, box) in boxes.enumerated() where box.isOpen {
                do {
                    // A limit, so that a busy interface does not starve the others.
                    delivered += try box.source.read(limit: 4096, into: &sink)
                } catch {
                    box.isOpen = false
                    descriptors[index].fd = -1
                    note(error)
                }
            }
            if delivered > 0 { sink.flush() }
            if isStopping && delivered == 0 { break }
            let now = ContinuousClock.now
            guard now - ticked > Self.tickInterval else { continue }
            ticked = now
            applyFilter(boxes)
            publish(boxes)
            sink.tick(now: Self.wallClock())
            if reopens, now - reopened > Self.reopenInterval {
                reopened = now
                for (index, box) in boxes.enumerated() where !box.isOpen && reopen(box, index) {
                    descriptors[index].fd = box.source.descriptor
                }
            }
        }
        publish(boxes)
    }

    private func applyFilter(_ boxes: [CaptureSource]) {
        let (version, filter) = shared.withLock { ($0.filterVersion, $0.settings.filter) }
        for box in boxes where box.isOpen && box.filterVersion != version {
            box.filterVersion = version
            do {
                try box.source.setFilter(filter)
            } catch {
                note(error)
            }
        }
        shared.withLock { $0.filterVersionInForce = version }
    }

    private func reopen(_ box: CaptureSource, _ index: Int) -> Bool {
        let (settings, version) = shared.withLock { ($0.settings, $0.filterVersion) }
        guard
            let source = try? LibpcapSource(
                interface: interfaces[index].name, number: UInt16(index), settings: settings)
        else { return false }
        // The packets' interface is described already, and another link type would make it a lie.
        guard source.interface.linkType == interfaces[index].linkType else { return false }
        box.replace(source, filterVersion: version)
        return true
    }

    private func note(_ failure: LiveCaptureError) {
        shared.withLock { shared in
            if shared.failures.count == Self.failuresKept { shared.failures.removeFirst() }
            shared.failures.append(failure)
        }
    }

    private func publish(_ boxes: [CaptureSource]) {
        let statistics = boxes.map { $0.latestStatistics() }
        let isOpen = boxes.map(\.isOpen)
        shared.withLock { shared in
            shared.statistics = statistics
            shared.isOpen = isOpen
        }
    }

    private static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// A source and the only thread that uses it.
private final class CaptureSource {
    var source: LibpcapSource
    var isOpen = true
    var filterVersion = 0
    /// What the sources before this one have counted.
    private var earlier = CaptureStatistics()

    init(_ source: consuming LibpcapSource) { self.source = source }

    func replace(_ next: consuming LibpcapSource, filterVersion: Int) {
        earlier = earlier + source.statistics
        source = next
        self.filterVersion = filterVersion
        isOpen = true
    }

    func latestStatistics() -> CaptureStatistics {
        if isOpen { source.refreshStatistics() }
        return earlier + source.statistics
    }
}
