internal import Glibc

/// Puts the segments of TCP connections in order: decides what is new, a repetition, out of order or lost.
///
/// No I/O, no clock but the packets', no allocation per packet. For one direction:
///
/// ```
///                       SYN, first data, or the peer's ACK
///   unsynchronized ─────────────────────────────────────────▶ in order ──FIN reached──▶ finished
///                                                              │     ▲
///                                        segment after a hole  │     │  hole filled, or declared a gap
///                                                              ▼     │
///                                                             holding
/// ```
///
/// Of bytes that come twice the first ones count. A hole is a gap when the receiver has acknowledged it (at once if its
/// packet carries data, so that an answer is never told before what it answers; else after three more packets, as
/// captures swap packets), when it is too old, or when too much is held behind it.
struct TCPReassembler: ~Copyable {
    private var pool: SegmentPool
    private let streamLimit: UInt32
    private let holeTimeout: Int64
    private let oneSidedHoleTimeout: Int64

    typealias Record = UnsafeMutablePointer<FlowRecord>
    typealias Half = UnsafeMutablePointer<StreamHalf>

    /// A RST further away than this from the expected sequence number is not from the connection's owner. The largest
    /// window without scaling; real RSTs are at the expected number or within what is in flight.
    private static let resetWindow = 65_535
    /// No window is larger (RFC 7323, 2.3): an acknowledgement further ahead is garbage.
    private static let largestWindow = 1 << 30
    /// Half of all sequence numbers ahead is half of them behind as well. What is held stays clear of that by more than a
    /// segment is long, so that it lies ahead until its place is reached.
    private static let furthestAhead = Int(Int32.max) - (1 << 20)
    /// Packets after an acknowledgement of what was not seen until that is believed to be lost.
    private static let reorderPackets: UInt16 = 3

    init(limits: FlowLimits) {
        pool = SegmentPool(byteCount: limits.heldBytes)
        streamLimit = UInt32(clamping: limits.heldBytesPerStream)
        holeTimeout = limits.holeTimeout.nanoseconds
        oneSidedHoleTimeout = limits.oneSidedHoleTimeout.nanoseconds
    }

    /// What a segment does to its connection.
    enum Outcome {
        case goesOn
        /// A valid RST.
        case reset
        /// Both directions are finished.
        case finished
    }

    /// Takes a segment of an open connection.
    mutating func take(
        _ header: PacketHeader, fromLow: Bool, _ record: Record, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) -> Outcome {
        let stamp = PacketStamp(time: header.time, number: header.number)
        let flags = header.tcpFlags
        let half = record.half(fromLow: fromLow)
        var sequence = header.sequence
        if flags.contains(.syn) {
            sequence &+= 1
            if !half.pointee.flags.contains(.hasSYN) {
                half.pointee.flags.insert(.hasSYN)
                half.pointee.synchronize(at: sequence)
            }
        }
        if flags.contains(.rst) { return reset(header, fromLow, record, &counters, &consumer) }
        if header.window == 0 { half.pointee.flags.insert(.announcedZeroWindow) }
        if flags.contains(.ack) {
            acknowledge(header, fromLow: !fromLow, record, stamp, &counters, &consumer)
        }
        if header.payloadLength > 0 {
            data(header, at: sequence, fromLow, record, stamp, &counters, &consumer)
        }
        if flags.contains(.fin), !half.pointee.flags.contains(.hasFIN) {
            let end = sequence &+ UInt32(truncatingIfNeeded: header.payloadLength)
            half.pointee.synchronize(at: end)
            half.pointee.fin = end
            half.pointee.flags.insert(.hasFIN)
            discardHeld(behind: end, half, &counters)
        }
        // Nearly all packets leave both directions in order and open.
        guard !half.pointee.isPlain || !record.half(fromLow: !fromLow).pointee.isPlain else { return .goesOn }
        lookAtHole(fromLow, record, stamp, &counters, &consumer)
        lookAtHole(!fromLow, record, stamp, &counters, &consumer)
        Self.finishIfComplete(fromLow, record, stamp, &consumer)
        Self.finishIfComplete(!fromLow, record, stamp, &consumer)
        let both = record.pointee.fromLow.flags.intersection(record.pointee.fromHigh.flags)
        return both.contains(.isFinished) ? .finished : .goesOn
    }

    private mutating func reset(
        _ header: PacketHeader, _ fromLow: Bool, _ record: Record, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) -> Outcome {
        // Some systems send a reason as text; it is not part of the stream.
        counters.tcpPayloadBytes += UInt64(header.payload.count)
        counters.afterEnd += UInt64(header.payload.count)
        let half = record.half(fromLow: fromLow)
        let isValid: Bool
        if half.pointee.flags.contains(.isSynchronized) {
            isValid =
                (0...Self.resetWindow).contains(distance(half.pointee.next, header.sequence))
                // A refusal of what was sent before the peer saw anything has sequence number 0 and acknowledges.
                || header.sequence == 0 && header.tcpFlags.contains(.ack) && !half.pointee.flags.contains(.hasSYN)
                    && half.pointee.bytes == 0
        } else {
            let peer = record.half(fromLow: !fromLow)
            // A refusal acknowledges the SYN, or what followed it.
            isValid =
                !peer.pointee.flags.contains(.isSynchronized) || !header.tcpFlags.contains(.ack)
                || distance(peer.pointee.initial, header.acknowledgement) > 0
                    && distance(header.acknowledgement, peer.pointee.next) >= 0
        }
        guard isValid else {
            counters.invalidResets += 1
            return .goesOn
        }
        half.pointee.flags.insert(.sentReset)
        return .reset
    }

    /// Notes what the receiver of a direction has got, and what of it was never seen here.
    private mutating func acknowledge(
        _ header: PacketHeader, fromLow: Bool, _ record: Record, _ stamp: PacketStamp, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let number = header.acknowledgement
        let half = record.half(fromLow: fromLow)
        half.pointee.synchronize(at: number)
        let ahead = distance(half.pointee.next, number)
        guard ahead <= Self.largestWindow else { return }
        if !half.pointee.flags.contains(.hasAcknowledged) || distance(half.pointee.acknowledged, number) > 0 {
            half.pointee.acknowledged = number
            half.pointee.flags.insert(.hasAcknowledged)
        }
        guard ahead > 0, !half.pointee.lacksOnlyFIN else { return }
        if header.payloadLength > 0 {
            closeAcknowledgedHoles(fromLow, record, stamp, &counters, &consumer)
        }
    }

    /// Declares a gap where the receiver has acknowledged what was not seen, and delivers what is held behind it.
    private mutating func closeAcknowledgedHoles(
        _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        while half.pointee.lacksAcknowledged {
            var end = half.pointee.acknowledged
            if let held = firstHeld(half), distance(held, end) > 0 { end = held }
            if half.pointee.flags.contains(.hasFIN), distance(half.pointee.fin, end) > 0 { end = half.pointee.fin }
            guard distance(half.pointee.next, end) > 0 else { break }
            gap(to: end, .peerAcknowledged, fromLow, record, stamp, &counters, &consumer)
        }
        half.pointee.packetsSinceAcknowledged = 0
    }

    /// Called once a packet: a hole that is acknowledged or too old is closed.
    private mutating func lookAtHole(
        _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        if half.pointee.lacksAcknowledged {
            if half.pointee.packetsSinceAcknowledged >= Self.reorderPackets {
                closeAcknowledgedHoles(fromLow, record, stamp, &counters, &consumer)
            } else {
                half.pointee.packetsSinceAcknowledged += 1
            }
        } else if half.pointee.packetsSinceAcknowledged != 0 {
            half.pointee.packetsSinceAcknowledged = 0
        }
        expireHole(fromLow, record, stamp, &counters, &consumer)
    }

    /// Declares a gap where something is held for too long. To be called now and then also without packets.
    mutating func expireHole(
        _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        guard let held = firstHeld(half) else { return }
        let age = stamp.time - half.pointee.waitingSince
        let isOneSided = record.half(fromLow: !fromLow).pointee.packets == 0
        guard age > (isOneSided ? oneSidedHoleTimeout : holeTimeout) else { return }
        gap(to: held, isOneSided ? .oneSided : .timeout, fromLow, record, stamp, &counters, &consumer)
    }

    private static func finishIfComplete(
        _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        guard half.pointee.flags.contains(.hasFIN), !half.pointee.flags.contains(.isFinished),
            distance(half.pointee.fin, half.pointee.next) >= 0
        else { return }
        half.pointee.flags.insert(.isFinished)
        consumer.finish(Flow(record: record), record.pointee.direction(fromLow: fromLow), at: stamp)
    }

    /// Gives up waiting: delivers all that is held, with gaps between. Called at a connection's end.
    mutating func flush(
        _ record: Record, _ stamp: PacketStamp, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        for fromLow in [record.pointee.flags.contains(.clientIsLow), !record.pointee.flags.contains(.clientIsLow)] {
            let half = record.half(fromLow: fromLow)
            while let held = firstHeld(half) {
                gap(to: held, .ended, fromLow, record, stamp, &counters, &consumer)
            }
            if half.pointee.flags.contains(.hasFIN), distance(half.pointee.next, half.pointee.fin) > 0 {
                gap(to: half.pointee.fin, .ended, fromLow, record, stamp, &counters, &consumer)
            }
            Self.finishIfComplete(fromLow, record, stamp, &consumer)
        }
    }

    private mutating func gap(
        to end: UInt32, _ reason: GapReason, _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp,
        _ counters: inout FlowCounters, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        let start = half.pointee.next
        let count = distance(start, end)
        if count > 0 {
            half.pointee.gapStart = start
            half.pointee.gapEnd = end
            half.pointee.next = end
            counters.gaps[reason] += 1
            counters.gapBytes[reason] += UInt64(count)
            consumer.gap(
                count, in: Flow(record: record), record.pointee.direction(fromLow: fromLow), because: reason, at: stamp)
        }
        drain(fromLow, record, &counters, &consumer)
        half.pointee.waitingSince = stamp.time
    }

    /// Delivers held segments that are next.
    private mutating func drain(
        _ fromLow: Bool, _ record: Record, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        while half.pointee.isHolding {
            let index = half.pointee.head
            let block = pool[index]
            let behind = distance(block.sequence, half.pointee.next)
            guard behind >= 0 else { return }
            half.pointee.head = block.next
            if block.next < 0 { half.pointee.tail = -1 }
            half.pointee.heldBytes -= block.count
            counters.held -= UInt64(block.count)
            let skipped = min(behind, Int(block.count))
            counters.duplicate += UInt64(skipped)
            if skipped < Int(block.count) {
                half.pointee.next = block.end
                counters.delivered += UInt64(Int(block.count) - skipped)
                consumer.deliver(
                    UnsafeRawBufferPointer(rebasing: pool.bytes(of: index)[skipped...]), of: Flow(record: record),
                    record.pointee.direction(fromLow: fromLow), from: block.stamp)
            }
            pool.free(index)
        }
    }

    private mutating func data(
        _ header: PacketHeader, at start: UInt32, _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp,
        _ counters: inout FlowCounters, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        counters.tcpPayloadBytes += UInt64(header.payload.count)
        let half = record.half(fromLow: fromLow)
        half.pointee.synchronize(at: start)
        var sequence = start
        var bytes = header.payload
        var missing = Int(header.missingBytes)
        if half.pointee.flags.contains(.hasFIN) {
            let room = max(distance(sequence, half.pointee.fin), 0)
            if room < bytes.count {
                counters.afterEnd += UInt64(bytes.count - room)
                bytes = UnsafeRawBufferPointer(rebasing: bytes[..<room])
                missing = 0
            } else {
                missing = min(missing, room - bytes.count)
            }
        }
        let behind = distance(sequence, half.pointee.next)
        if behind > 0 {
            // A repetition, wholly or in part; or, too late, what was declared a gap.
            let old = min(behind, bytes.count)
            count(old, at: sequence, half.pointee, &counters)
            if behind > bytes.count { missing = max(0, missing - (behind - bytes.count)) }
            bytes = UnsafeRawBufferPointer(rebasing: bytes[old...])
            sequence &+= UInt32(behind)
        }
        guard -behind <= Self.furthestAhead else {
            counters.evictedOutOfOrder += UInt64(bytes.count)
            return
        }
        guard bytes.count + missing > 0 else { return }
        if sequence == half.pointee.next {
            deliverInOrder(bytes, missing: missing, fromLow, record, stamp, &counters, &consumer)
        } else {
            hold(bytes, at: sequence, fromLow, record, stamp, &counters, &consumer)
        }
    }

    /// Counts repeated bytes, those separately that were given up before.
    private func count(_ old: Int, at sequence: UInt32, _ half: StreamHalf, _ counters: inout FlowCounters) {
        let end = sequence &+ UInt32(old)
        var late = 0
        if half.gapStart != half.gapEnd {
            let from = max(0, distance(sequence, half.gapStart))
            let to = min(old, distance(sequence, half.gapEnd))
            if distance(half.gapStart, end) > 0 { late = max(0, to - from) }
        }
        counters.afterGap += UInt64(late)
        counters.duplicate += UInt64(old - late)
    }

    private mutating func deliverInOrder(
        _ bytes: UnsafeRawBufferPointer, missing: Int, _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp,
        _ counters: inout FlowCounters, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let direction = record.pointee.direction(fromLow: fromLow)
        let half = record.half(fromLow: fromLow)
        if !half.pointee.isHolding, missing == 0 {
            half.pointee.next &+= UInt32(truncatingIfNeeded: bytes.count)
            counters.delivered += UInt64(bytes.count)
            return consumer.deliver(bytes, of: Flow(record: record), direction, from: stamp)
        }
        var rest = bytes
        while rest.count > 0 {
            let held = firstHeld(half)
            var count = rest.count
            if let held { count = min(count, max(0, distance(half.pointee.next, held))) }
            if count > 0 {
                half.pointee.next &+= UInt32(count)
                counters.delivered += UInt64(count)
                consumer.deliver(
                    UnsafeRawBufferPointer(rebasing: rest[..<count]), of: Flow(record: record), direction, from: stamp)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            guard let held else { break }
            // What is held came first, so it counts where both have something.
            if held == half.pointee.next, rest.count > 0 {
                let overlap = min(rest.count, Int(pool[half.pointee.head].count))
                compare(UnsafeRawBufferPointer(rebasing: rest[..<overlap]), with: half.pointee.head, at: 0, &counters)
                rest = UnsafeRawBufferPointer(rebasing: rest[overlap...])
                drainOne(fromLow, record, &counters, &consumer)
            } else {
                drain(fromLow, record, &counters, &consumer)
            }
        }
        drain(fromLow, record, &counters, &consumer)
        if missing > 0 {
            var end = half.pointee.next &+ UInt32(missing)
            if let held = firstHeld(half), distance(held, end) > 0 { end = held }
            gap(to: end, .snapLength, fromLow, record, stamp, &counters, &consumer)
        }
        if half.pointee.isHolding { half.pointee.waitingSince = stamp.time }
    }

    /// Where the first of the bytes begins that came out of order.
    @inline(__always) private func firstHeld(_ half: Half) -> UInt32? {
        half.pointee.isHolding ? pool[half.pointee.head].sequence : nil
    }

    /// Delivers the first held block, which is next.
    private mutating func drainOne(
        _ fromLow: Bool, _ record: Record, _ counters: inout FlowCounters,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        let index = half.pointee.head
        let block = pool[index]
        half.pointee.head = block.next
        if block.next < 0 { half.pointee.tail = -1 }
        half.pointee.heldBytes -= block.count
        half.pointee.next = block.end
        counters.held -= UInt64(block.count)
        counters.delivered += UInt64(block.count)
        consumer.deliver(
            pool.bytes(of: index), of: Flow(record: record), record.pointee.direction(fromLow: fromLow),
            from: block.stamp)
        pool.free(index)
    }

    /// Lets go of what is held behind the end of its stream: it came before it was known where that is.
    private mutating func discardHeld(
        behind end: UInt32, _ half: Half, _ counters: inout FlowCounters
    ) {
        var previous: Int32 = -1
        var current = half.pointee.head
        while current >= 0, distance(pool[current].end, end) >= 0 {
            (previous, current) = (current, pool[current].next)
        }
        while current >= 0 {
            let block = pool[current]
            let kept = max(0, distance(block.sequence, end))
            let discarded = block.count - UInt32(kept)
            counters.held -= UInt64(discarded)
            counters.afterEnd += UInt64(discarded)
            half.pointee.heldBytes -= discarded
            if kept > 0 {
                pool[current].count = UInt32(kept)
                pool[current].next = -1
                previous = current
            } else {
                pool.free(current)
            }
            current = block.next
        }
        if previous >= 0 {
            pool[previous].next = -1
        } else {
            half.pointee.head = -1
        }
        half.pointee.tail = previous
    }

    private func compare(
        _ bytes: UnsafeRawBufferPointer, with index: Int32, at offset: Int, _ counters: inout FlowCounters
    ) {
        guard let new = bytes.baseAddress, let old = pool.bytes(of: index).baseAddress else { return }
        if memcmp(new, old + offset, bytes.count) == 0 {
            counters.duplicate += UInt64(bytes.count)
        } else {
            counters.overlapConflict += UInt64(bytes.count)
        }
    }

    /// Keeps what came out of order; where something is held already, that stays.
    private mutating func hold(
        _ bytes: UnsafeRawBufferPointer, at start: UInt32, _ fromLow: Bool, _ record: Record, _ stamp: PacketStamp,
        _ counters: inout FlowCounters, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let half = record.half(fromLow: fromLow)
        if !half.pointee.isHolding { half.pointee.waitingSince = stamp.time }
        var rest = bytes
        var sequence = start
        var previous: Int32 = -1
        var current = half.pointee.head
        let tail = half.pointee.tail
        if tail >= 0, distance(pool[tail].end, sequence) >= 0 { (previous, current) = (tail, -1) }
        while rest.count > 0 {
            while current >= 0, distance(pool[current].end, sequence) >= 0 {
                (previous, current) = (current, pool[current].next)
            }
            var room = min(rest.count, SegmentPool.blockSize)
            if current >= 0 {
                let before = distance(sequence, pool[current].sequence)
                if before <= 0 {
                    let overlap = min(rest.count, Int(pool[current].count) + before)
                    compare(
                        UnsafeRawBufferPointer(rebasing: rest[..<overlap]), with: current, at: -before, &counters)
                    rest = UnsafeRawBufferPointer(rebasing: rest[overlap...])
                    sequence &+= UInt32(overlap)
                    continue
                }
                room = min(room, before)
            }
            let piece = UnsafeRawBufferPointer(rebasing: rest[..<room])
            guard let index = pool.allocate(piece, sequence: sequence, next: current, stamp: stamp) else {
                counters.evictedOutOfOrder += UInt64(rest.count)
                break
            }
            if previous >= 0 {
                pool[previous].next = index
            } else {
                half.pointee.head = index
            }
            if current < 0 { half.pointee.tail = index }
            half.pointee.heldBytes += UInt32(room)
            counters.held += UInt64(room)
            previous = index
            rest = UnsafeRawBufferPointer(rebasing: rest[room...])
            sequence &+= UInt32(room)
        }
        // Full, for this stream or for all: what is missing is not waited for any longer.
        if half.pointee.heldBytes > streamLimit || !rest.isEmpty, let held = firstHeld(half) {
            gap(to: held, .limit, fromLow, record, stamp, &counters, &consumer)
        }
    }
}

@inline(__always) private func distance(_ from: UInt32, _ to: UInt32) -> Int { from.distance(toSequence: to) }
