internal import CPacketSocket
internal import Glibc
internal import Threading

/// The store of packets and the only queue for them: a mapped file of fixed size, cut into segments that are reused in
/// turn, each a pcapng section of its own.
///
/// - One writer (``RingWriter``), which never waits; any number of readers (``RingReader``), which read in place.
/// - A segment that somebody reads or has pinned is not reused: the writer takes the next older one. So readers never
///   see bytes change; one that is too slow finds that segments after its own are gone, and goes on at the newest.
/// - The file is valid pcapng at any time (but for the nanoseconds of a commit): `tcpdump -r` reads it as it lies, also
///   after the process was killed. What was committed before is there; the page cache keeps it.
/// - All of the file is reserved at the start, so that a full disk later cannot hurt.
package final class SegmentRing: @unchecked Sendable {
    // Sendable: the mapping's address never changes; its control words are accessed atomically, packets are written
    // before the commit word (release) and read after it (acquire), and `claims` are atomic counters.

    /// The file.
    package let path: String
    /// The size it has. There may be fewer segments than were asked for, if the disk has no room for more.
    package let settings: RingSettings
    /// What was in the file already.
    package let recovery: RingRecovery?

    let control: RingControl
    private let mapping: UnsafeMutableRawPointer
    private let descriptor: CInt
    /// Per segment: how many read or pin it, or ``beingReused``.
    private let claims: UnsafeMutablePointer<UInt64>
    private let shared = Locked(Shared())

    private struct Shared {
        var pinned: [UInt64: Int] = [:]
        var pinsRefused: UInt64 = 0
        var hasWriter = false
    }

    static let beingReused: UInt64 = 1 << 63

    /// Opens the ring at `path`, or makes it. What a killed worker has left is kept and carried on with.
    package convenience init(path: String, settings: RingSettings = .node) throws(RingError) {
        precondition(
            settings.segmentCount >= 4 && settings.segmentCount <= RingControl.mostSegments,
            "a ring has between 4 and \(RingControl.mostSegments) segments")
        precondition(
            settings.segmentBytes >= 65_536 && settings.segmentBytes <= 16 << 20 && settings.segmentBytes % 4096 == 0,
            "a segment has between 64 KB and 16 MB, in pages")
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .system(path: path, what: "open", message: systemMessage(errno))
        }
        try self.init(path: path, descriptor: descriptor, settings: settings)
    }

    /// Takes the file for this process. One that was killed may be a moment from its end, and a child between `fork` and
    /// `exec` holds what its parent has closed: so it is tried for a second.
    private static func lock(_ descriptor: CInt) -> Bool {
        for _ in 0..<20 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            usleep(50_000)
        }
        return false
    }

    private init(path: String, descriptor: CInt, settings wanted: RingSettings) throws(RingError) {
        var settings = wanted
        var isClosed = false
        func fail(_ error: RingError) -> RingError {
            if !isClosed { close(descriptor) }
            isClosed = true
            return error
        }
        guard Self.lock(descriptor) else { throw fail(.inUse(path: path)) }
        let isOld = RingFile.isRing(descriptor, like: wanted)
        if !isOld {
            guard ftruncate(descriptor, 0) == 0 else {
                throw fail(.system(path: path, what: "empty", message: systemMessage(errno)))
            }
            do throws(RingError) {
                settings.segmentCount = try RingFile.reserve(descriptor, path: path, settings)
            } catch {
                throw fail(error)
            }
        }
        guard
            let mapping = mmap(nil, settings.fileSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            mapping != MAP_FAILED
        else { throw fail(.system(path: path, what: "map", message: systemMessage(errno))) }
        self.path = path
        self.settings = settings
        self.descriptor = descriptor
        self.mapping = mapping
        control = RingControl(base: mapping)
        claims = .allocate(capacity: settings.segmentCount)
        claims.initialize(repeating: 0, count: settings.segmentCount)
        if isOld {
            recovery = RingRecovery.recover(control, settings)
        } else {
            control.format(segmentSize: settings.segmentBytes, segmentCount: settings.segmentCount)
            recovery = nil
            for slot in 0..<settings.segmentCount {
                PcapngBytes.filler(
                    at: mapping + RingControl.size + slot * settings.segmentBytes, count: settings.segmentBytes)
            }
        }
        control[.waiters] = 0
        control[.isDirty] = 1
    }

    deinit {
        control[.isDirty] = 0
        munmap(mapping, settings.fileSize)
        close(descriptor)
        claims.deallocate()
    }

    /// How large the ring in a file is; nil if there is none.
    package static func settings(of path: String) -> RingSettings? { RingFile.settings(path) }

    /// The one writer. Asking for a second one is a mistake.
    package func makeWriter() -> RingWriter {
        let isFirst = shared.withLock { shared in
            defer { shared.hasWriter = true }
            return !shared.hasWriter
        }
        precondition(isFirst, "a ring has one writer")
        return RingWriter(self)
    }

    /// A reader that begins with the next packet written.
    package func makeReader() -> RingReader { RingReader(self) }

    func segment(_ slot: Int) -> UnsafeMutableRawPointer {
        mapping + RingControl.size + slot * settings.segmentBytes
    }

    // MARK: - Who uses a segment

    /// Keeps a segment from being reused, if it still is number `sequence`.
    func claim(_ slot: Int, sequence: UInt64) -> Bool {
        if remora_add_u64(claims + slot, 1) & Self.beingReused == 0, control[slot, .sequence] == sequence {
            return true
        }
        release(slot)
        return false
    }

    func release(_ slot: Int) { _ = remora_add_u64(claims + slot, .max) }

    /// Takes the oldest segment that nobody uses, for the writer; empty ones first.
    func takeForReuse() -> Int? {
        var order: [(sequence: UInt64, slot: Int)] = []
        order.reserveCapacity(settings.segmentCount)
        for slot in 0..<settings.segmentCount { order.append((control[slot, .sequence], slot)) }
        order.sort { $0.sequence < $1.sequence }
        // Never the newest, which is the writer's own.
        for candidate in order.dropLast() where tryReuse(candidate.slot) { return candidate.slot }
        return nil
    }

    func tryReuse(_ slot: Int) -> Bool { remora_exchange_u64(claims + slot, 0, Self.beingReused) }

    func endReuse(_ slot: Int) { _ = remora_add_u64(claims + slot, Self.beingReused) }

    /// The segments in the order of their use, oldest first.
    func segments() -> [RingSegment] {
        (0..<settings.segmentCount).compactMap { RingSegment(control, slot: $0) }.sorted { $0.sequence < $1.sequence }
    }

    // MARK: - Waiting

    /// Wakes whoever waits for packets.
    func announce() {
        _ = remora_add_u32(control.address(.generation), 1)
        if remora_load_u32(control.address(.waiters)) != 0 { remora_futex_wake(control.address(.generation)) }
    }

    /// Waits until something is committed after `generation` was read, or for so long.
    func wait(after generation: UInt32, atMost duration: Duration) {
        _ = remora_add_u32(control.address(.waiters), 1)
        remora_futex_wait(control.address(.generation), generation, duration.nanoseconds)
        _ = remora_add_u32(control.address(.waiters), .max)
    }

    var generation: UInt32 { remora_load_u32(control.address(.generation)) }

    // MARK: - Pins

    func reservePins(_ sequences: [UInt64]) throws(RingError) {
        let limit = settings.pinLimit
        let refused: Int? = shared.withLock { shared in
            let all = Set(shared.pinned.keys).union(sequences)
            guard all.count <= limit else {
                shared.pinsRefused += 1
                return all.count
            }
            for sequence in sequences { shared.pinned[sequence, default: 0] += 1 }
            return nil
        }
        if let refused { throw .pinTooLarge(segments: refused, limit: limit) }
    }

    func returnPins(_ sequences: [UInt64]) {
        shared.withLock { shared in
            for sequence in sequences {
                guard let count = shared.pinned[sequence] else { continue }
                shared.pinned[sequence] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// What the ring holds, and what became of what it was given.
    package var statistics: RingStatistics {
        let segments = segments().filter { $0.packets > 0 }
        let (pinned, refused) = shared.withLock { ($0.pinned.count, $0.pinsRefused) }
        return RingStatistics(
            packetsWritten: control[.packetsWritten], bytesWritten: control[.bytesWritten],
            packetsDropped: control[.packetsDropped], segmentsReused: control[.segmentsReused],
            packetsHeld: segments.reduce(0) { $0 + $1.packets },
            bytesHeld: segments.reduce(0) { $0 + UInt64($1.committed) },
            oldestTime: segments.first?.firstTime, newestTime: segments.map(\.lastTime).max(), segmentsPinned: pinned,
            pinsRefused: refused)
    }
}

/// A segment as its entry in the control area describes it at some moment.
struct RingSegment: Equatable {
    var slot: Int
    var sequence: UInt64
    var committed: Int
    var firstTime: Int64
    var lastTime: Int64
    var firstNumber: UInt64
    var packets: UInt64
    var isUnsorted: Bool

    /// Nil if it is empty or being prepared.
    init?(_ control: RingControl, slot: Int) {
        let sequence = control[slot, .sequence]
        guard sequence != 0 else { return nil }
        self.slot = slot
        self.sequence = sequence
        committed = Int(control[slot, .committed])
        firstTime = Int64(bitPattern: control[slot, .firstTime])
        lastTime = Int64(bitPattern: control[slot, .lastTime])
        firstNumber = control[slot, .firstNumber]
        packets = control[slot, .packets]
        isUnsorted = control[slot, .isUnsorted] != 0
        // Reused while it was read.
        guard control[slot, .sequence] == sequence else { return nil }
    }

    func overlaps(_ window: ClosedRange<Int64>) -> Bool {
        packets > 0 && firstTime <= window.upperBound && lastTime >= window.lowerBound
    }
}

/// What a ring holds. `packetsWritten` and `packetsDropped` together are the packets it was given by its present writer.
package struct RingStatistics: Sendable, Equatable {
    /// Packets stored since the ring was opened.
    package var packetsWritten: UInt64
    /// Bytes of packets stored since the ring was opened.
    package var bytesWritten: UInt64
    /// Packets for which there was no segment: all were pinned or read.
    package var packetsDropped: UInt64
    /// Segments whose packets gave way to newer ones.
    package var segmentsReused: UInt64
    /// Packets in the ring now.
    package var packetsHeld: UInt64
    /// Bytes of blocks in the ring now.
    package var bytesHeld: UInt64
    /// The time of the oldest packet, in nanoseconds since 1970.
    package var oldestTime: Int64?
    /// The time of the newest packet.
    package var newestTime: Int64?
    /// Segments pinned now.
    package var segmentsPinned: Int
    /// Pins refused because more than half of the ring would have been pinned.
    package var pinsRefused: UInt64
}
