/// Reads a ring's packets in place, as they come. Belongs to one thread.
///
/// The bytes of a batch stay as they are until the next call of ``next()``, however long that takes: the segment is not
/// reused meanwhile. If others were, they are skipped and counted: `packetsRead + packetsSkipped + packets still to be
/// read` is what was written since the reader was made.
package struct RingReader: ~Copyable {
    private let ring: SegmentRing
    private let control: RingControl
    private var parser = CaptureFileParser()
    private let packets: UnsafeMutableBufferPointer<CapturedPacket>

    /// The segment that is being read, which is claimed.
    private var slot: Int?
    private var sequence: UInt64
    private var offset = 0
    /// The number of the next packet to be read.
    private var nextNumber: UInt64
    private var readInSegment: UInt64 = 0

    /// Packets handed out.
    package private(set) var packetsRead: UInt64 = 0
    /// Packets that were overwritten before they were read.
    package private(set) var packetsSkipped: UInt64 = 0

    private static let batchSize = 1024

    /// Packets that lie in the ring, and where.
    package struct Batch {
        /// The packets.
        package let packets: CapturedBatch
        /// The number of the first one; the others follow. See ``PacketStamp/number``.
        package let firstNumber: UInt64
        /// Where the packets' segment lies, for the index.
        let segment: RingSegmentPlace
    }

    init(_ ring: SegmentRing) {
        self.ring = ring
        control = ring.control
        packets = .allocate(capacity: Self.batchSize)
        let newest = ring.segments().last
        sequence = newest?.sequence ?? 0
        nextNumber = newest.map { $0.firstNumber + $0.packets } ?? 1
        if let newest, ring.claim(newest.slot, sequence: newest.sequence) {
            slot = newest.slot
            skip(to: newest.committed, packets: newest.packets)
        }
    }

    deinit {
        if let slot { ring.release(slot) }
        packets.deallocate()
    }

    /// The interfaces that packets name by their index.
    package var interfaces: [CaptureInterface] { parser.interfaces }

    /// The packets that are there to be read; nil if there are none now.
    package mutating func next() -> Batch? {
        while true {
            if let slot, let batch = read(slot) { return batch }
            guard moveOn() else { return nil }
        }
    }

    /// Waits until there are packets to be read, or for so long; false if there are none.
    package mutating func wait(atMost duration: Duration) -> Bool {
        let generation = ring.generation
        if hasMore { return true }
        ring.wait(after: generation, atMost: duration)
        return hasMore
    }

    private var hasMore: Bool {
        if let slot, Int(control[slot, .committed]) > offset { return true }
        return ring.segments().contains { $0.sequence > sequence && $0.packets > 0 }
    }

    private mutating func read(_ slot: Int) -> Batch? {
        let base = UnsafeRawPointer(ring.segment(slot))
        let committed = min(Int(control[slot, .committed]), ring.settings.segmentBytes)
        guard committed > offset else { return nil }
        let bytes = UnsafeRawBufferPointer(start: base + offset, count: committed - offset)
        // Our own writer's blocks are whole; in a damaged file the rest of the segment is passed over.
        guard let progress = try? parser.parse(bytes, into: packets) else {
            offset = ring.settings.segmentBytes
            return nil
        }
        offset += progress.consumed
        guard progress.packets > 0 else {
            if progress.consumed == 0 { offset = committed }
            return nil
        }
        let first = nextNumber
        nextNumber += UInt64(progress.packets)
        readInSegment += UInt64(progress.packets)
        packetsRead += UInt64(progress.packets)
        return Batch(
            packets: CapturedBatch(rebasing: packets[..<progress.packets]), firstNumber: first,
            segment: RingSegmentPlace(slot: slot, sequence: sequence, base: base))
    }

    /// Goes to the next segment, or to the newest if the next is gone.
    private mutating func moveOn() -> Bool {
        let later = ring.segments().filter { $0.sequence > sequence }
        guard let following = later.first, let newest = later.last else { return false }
        // The present one may have grown until the next was begun.
        if let slot, Int(control[slot, .committed]) > offset { return true }
        let target = following.sequence == sequence + 1 || sequence == 0 ? following : newest
        guard ring.claim(target.slot, sequence: target.sequence) else { return true }
        if let slot { ring.release(slot) }
        slot = target.slot
        sequence = target.sequence
        offset = 0
        readInSegment = 0
        parser.beginSection()
        if target.firstNumber > nextNumber { packetsSkipped += target.firstNumber - nextNumber }
        nextNumber = target.firstNumber
        return true
    }

    /// Begins in the middle of a segment: reads its interfaces, not its packets.
    private mutating func skip(to committed: Int, packets count: UInt64) {
        guard let slot else { return }
        while offset < committed, read(slot) != nil {}
        packetsRead = 0
        nextNumber = control[slot, .firstNumber] + readInSegment
    }
}

/// Where a segment lies, for an index.
struct RingSegmentPlace {
    var slot: Int
    var sequence: UInt64
    var base: UnsafeRawPointer
}
