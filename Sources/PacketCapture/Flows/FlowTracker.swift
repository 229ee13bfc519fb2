/// From packets to flows: decodes, puts fragments and segments together, and tells a consumer what the flows carry.
///
/// Belongs to one thread. Memory is taken at the start and bounded by ``FlowLimits``; nothing is allocated per packet.
/// Times are those of the packets; where none come, call ``advance(to:consumer:)`` now and then.
package struct FlowTracker: ~Copyable {
    /// The bounds it was made with.
    package let limits: FlowLimits
    /// Where everything went.
    package private(set) var counters = FlowCounters()

    private let decoder: LinkDecoder
    private var table: FlowTable
    private var tcp: TCPReassembler
    private var fragments: FragmentReassembler
    private var lastSerial: UInt64 = 0
    private var packetsUntilSweep = Self.packetsPerSweep
    private var sweepHand = 0
    private let timeouts: Timeouts

    private typealias Record = UnsafeMutablePointer<FlowRecord>

    private struct Timeouts {
        var tcpIdle: Int64
        var tcpHandshake: Int64
        var tcpLinger: Int64
        var datagramIdle: Int64
    }

    /// Every so many packets, that many records are looked at for time-outs: a quarter of a record a packet.
    private static let packetsPerSweep = 256
    private static let recordsPerSweep = 64

    /// Takes the memory.
    package init(limits: FlowLimits = .init(), decoder: LinkDecoder = .init()) {
        self.limits = limits
        self.decoder = decoder
        table = FlowTable(capacity: limits.flows)
        tcp = TCPReassembler(limits: limits)
        fragments = FragmentReassembler(limits: limits)
        timeouts = Timeouts(
            tcpIdle: limits.tcpIdle.nanoseconds, tcpHandshake: limits.tcpHandshake.nanoseconds,
            tcpLinger: limits.tcpLinger.nanoseconds, datagramIdle: limits.datagramIdle.nanoseconds)
    }

    /// The number of slots: all of ``Flow/slot`` are below.
    package var capacity: Int { table.capacity }

    /// Takes a packet and returns what its headers say. `number` is what consumers get as ``PacketStamp/number``.
    @discardableResult
    package mutating func process(
        _ packet: CapturedPacket, number: UInt64, consumer: inout some FlowConsumer & ~Copyable
    ) -> PacketHeader {
        var header = decoder.decode(packet)
        header.number = number
        counters.packets += 1
        counters.kinds[header.kind] += 1
        switch header.kind {
        case .undecodable: counters.undecodable[header.reason] += 1
        case .fragment:
            if let payload = fragments.take(header, &counters) {
                var whole = decoder.decode(reassembled: payload, like: header)
                whole.number = number
                // Fragments within fragments exist in attacks only.
                if whole.kind != .fragment, whole.kind != .undecodable { header.stream = follow(whole, &consumer) }
            }
        default: header.stream = follow(header, &consumer)
        }
        packetsUntilSweep -= 1
        if packetsUntilSweep == 0 {
            packetsUntilSweep = Self.packetsPerSweep
            sweep(Self.recordsPerSweep, now: packet.time, &consumer)
        }
        return header
    }

    /// Ends what has timed out by `time` (nanoseconds since 1970).
    package mutating func advance(to time: Int64, consumer: inout some FlowConsumer & ~Copyable) {
        sweep(table.highWater, now: time, &consumer)
    }

    /// Ends all flows: there are no more packets.
    package mutating func finish(consumer: inout some FlowConsumer & ~Copyable) {
        for slot in 0..<table.highWater {
            guard let record = table.record(at: slot) else { continue }
            close(record, .sourceEnded, at: PacketStamp(time: record.pointee.lastTime, number: 0), &consumer)
            table.remove(record)
        }
    }

    /// Tells a packet to its flow, and returns the flow's number.
    private mutating func follow(_ header: PacketHeader, _ consumer: inout some FlowConsumer & ~Copyable) -> UInt64 {
        let (key, fromLow) = FlowKey.of(header, separatesInterfaces: limits.separatesInterfaces)
        let hash = table.hash(key)
        guard header.kind == .tcp else {
            let record = table.find(key, hash: hash) ?? begin(header, key, hash, fromLow, &consumer)
            Self.touch(record, header, fromLow)
            consumer.observe(header, of: Flow(record: record))
            Self.datagram(header, fromLow, record, &consumer)
            return record.pointee.serial
        }
        let record: Record
        if let known = table.find(key, hash: hash) {
            switch Self.judge(header, fromLow, known, linger: timeouts.tcpLinger) {
            case .belongs: record = known
            case .ignore:
                Self.touch(known, header, fromLow)
                counters.tcpPayloadBytes += UInt64(header.payload.count)
                counters.afterEnd += UInt64(header.payload.count)
                return known.pointee.serial
            case .replaces:
                close(known, .replaced, at: Self.stamp(header), &consumer)
                table.remove(known)
                record = begin(header, key, hash, fromLow, &consumer)
            }
        } else {
            record = begin(header, key, hash, fromLow, &consumer)
        }
        Self.touch(record, header, fromLow)
        consumer.observe(header, of: Flow(record: record))
        switch tcp.take(header, fromLow: fromLow, record, &counters, &consumer) {
        case .goesOn: break
        case .finished: close(record, .finished, at: Self.stamp(header), &consumer)
        case .reset: close(record, .reset, at: Self.stamp(header), &consumer)
        }
        return record.pointee.serial
    }

    private static func stamp(_ header: PacketHeader) -> PacketStamp {
        PacketStamp(time: header.time, number: header.number)
    }

    @inline(__always)
    private static func touch(_ record: Record, _ header: PacketHeader, _ fromLow: Bool) {
        record.pointee.lastTime = header.time
        let half = record.half(fromLow: fromLow)
        half.pointee.packets += 1
        half.pointee.bytes += UInt64(header.payload.count)
    }

    private static func datagram(
        _ header: PacketHeader, _ fromLow: Bool, _ record: Record, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        let direction = record.pointee.direction(fromLow: fromLow)
        let stamp = stamp(header)
        consumer.deliver(header.payload, of: Flow(record: record), direction, from: stamp)
        if header.missingBytes > 0 {
            consumer.gap(
                Int(header.missingBytes), in: Flow(record: record), direction, because: .snapLength, at: stamp)
        }
    }

    private mutating func begin(
        _ header: PacketHeader, _ key: FlowKey, _ hash: UInt32, _ fromLow: Bool,
        _ consumer: inout some FlowConsumer & ~Copyable
    ) -> Record {
        if table.isFull, let victim = table.victim() {
            close(victim, .evicted, at: Self.stamp(header), &consumer)
            table.remove(victim)
        }
        lastSerial += 1
        counters.flowsBegun += 1
        counters.flowsOpen += 1
        let record = table.insert(
            FlowRecord(
                key: key, serial: lastSerial, firstTime: header.time, lastTime: header.time, slot: 0, hash: hash,
                flags: Self.roles(header, fromLow)))
        consumer.begin(Flow(record: record))
        return record
    }

    /// Who is the client: whoever sent SYN; else a guess.
    private static func roles(_ header: PacketHeader, _ fromLow: Bool) -> FlowRecord.Flags {
        var flags: FlowRecord.Flags = []
        let senderIsClient: Bool
        if header.kind == .tcp {
            flags.insert(.isTCP)
            if header.tcpFlags.contains(.syn) {
                senderIsClient = !header.tcpFlags.contains(.ack)
            } else {
                flags.formUnion([.clientIsGuess, .startedMidStream])
                senderIsClient = header.destinationPort <= header.sourcePort
            }
        } else {
            flags.insert(.clientIsGuess)
            // Whoever speaks first asks, unless it speaks from a port of the system's services to one of no service.
            senderIsClient = !(header.sourcePort < 1024 && header.destinationPort >= 1024 && header.sourcePort != 0)
        }
        if senderIsClient == fromLow { flags.insert(.clientIsLow) }
        return flags
    }

    private enum Judgement {
        case belongs, ignore, replaces
    }

    /// Whether a segment belongs to the connection that has its addresses and ports. No method of a value, like all that
    /// is called for each packet and needs little of the tracker: that would be copied for the call.
    private static func judge(_ header: PacketHeader, _ fromLow: Bool, _ record: Record, linger: Int64) -> Judgement {
        let half = record.half(fromLow: fromLow)
        let isClosed = record.pointee.flags.contains(.isClosed)
        // Kept for stragglers, and those have come by now; where nothing else is captured, nobody has removed it.
        if isClosed, header.time &- record.pointee.lastTime > linger { return .replaces }
        if header.tcpFlags.contains(.syn) {
            // A repetition, or captured after what followed it.
            if half.pointee.flags.contains(.isSynchronized), half.pointee.initial == header.sequence {
                return isClosed ? .ignore : .belongs
            }
            if isClosed { return .replaces }
            if header.tcpFlags.contains(.ack) {
                // The answer to a SYN that came in the middle of this connection: so that was a new one.
                let isAnswer =
                    record.pointee.flags.contains(.hasPendingSYN)
                    && record.pointee.flags.contains(.pendingSYNFromLow) != fromLow
                    && header.acknowledgement == record.pointee.pendingSYN &+ 1
                return isAnswer || half.pointee.flags.contains(.hasSYN) ? .replaces : .belongs
            }
            // A connection that has done nothing yet gives way at once. One that is alive answers such a SYN with an
            // ACK of its own (RFC 5961, 4), and goes on: remembered until it is clear which it is.
            if half.pointee.flags.contains(.hasSYN), half.pointee.bytes == 0,
                record.half(fromLow: !fromLow).pointee.bytes == 0
            {
                return .replaces
            }
            if !half.pointee.flags.contains(.isSynchronized) { return .belongs }
            record.pointee.pendingSYN = header.sequence
            record.pointee.flags.insert(.hasPendingSYN)
            if fromLow {
                record.pointee.flags.insert(.pendingSYNFromLow)
            } else {
                record.pointee.flags.remove(.pendingSYNFromLow)
            }
            return .ignore
        }
        guard isClosed else { return .belongs }
        guard header.payload.count > 0, !header.tcpFlags.contains(.rst) else { return .ignore }
        let ahead = Int32(bitPattern: header.sequence &- half.pointee.next)
        // Whoever is said to have sent the RST goes on where it was, so the RST was forged (what the other side sends
        // may just have been on its way); or a new connection whose SYN was not seen.
        if half.pointee.flags.contains(.sentReset), ahead == 0 { return .replaces }
        return abs(Int(ahead)) > 1 << 20 ? .replaces : .ignore
    }

    /// Tells the end once; the record stays until it is removed.
    private mutating func close(
        _ record: Record, _ reason: FlowEnd, at stamp: PacketStamp, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        guard !record.pointee.flags.contains(.isClosed) else { return }
        if record.pointee.flags.contains(.isTCP) { tcp.flush(record, stamp, &counters, &consumer) }
        record.pointee.flags.insert(.isClosed)
        counters.flowsEnded[reason] += 1
        counters.flowsOpen -= 1
        consumer.end(Flow(record: record), because: reason, at: stamp.time)
    }

    private mutating func sweep(_ count: Int, now: Int64, _ consumer: inout some FlowConsumer & ~Copyable) {
        for _ in 0..<min(count, table.highWater) {
            sweepHand = sweepHand + 1 < table.highWater ? sweepHand + 1 : 0
            guard let record = table.record(at: sweepHand) else { continue }
            let idle = now - record.pointee.lastTime
            let stamp = PacketStamp(time: now, number: 0)
            if record.pointee.flags.contains(.isClosed) {
                if idle > timeouts.tcpLinger { table.remove(record) }
                continue
            }
            guard record.pointee.flags.contains(.isTCP) else {
                if idle > timeouts.datagramIdle { expire(record, stamp, &consumer) }
                continue
            }
            let hasData = record.pointee.fromLow.bytes + record.pointee.fromHigh.bytes > 0
            if idle > (hasData ? timeouts.tcpIdle : timeouts.tcpHandshake) {
                expire(record, stamp, &consumer)
            } else {
                tcp.expireHole(true, record, stamp, &counters, &consumer)
                tcp.expireHole(false, record, stamp, &counters, &consumer)
            }
        }
    }

    private mutating func expire(
        _ record: Record, _ stamp: PacketStamp, _ consumer: inout some FlowConsumer & ~Copyable
    ) {
        close(record, .timeout, at: stamp, &consumer)
        table.remove(record)
    }
}
