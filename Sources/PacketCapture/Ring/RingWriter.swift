/// Puts packets into a ring. Belongs to the capture thread; never waits, never allocates per packet.
///
/// Packets become visible, and safe from a kill of the process, after every 64 KB and with ``flush()``, which alone wakes
/// readers: once for all that came together.
package struct RingWriter: ~Copyable, PacketSink {
    private let ring: SegmentRing
    private let control: RingControl
    private let segmentBytes: Int
    private let maximumAge: Int64?

    private var slot: Int?
    private var base: UnsafeMutableRawPointer
    private var offset = 0
    private var committed = 0
    private var sequence: UInt64
    private var nextNumber: UInt64
    private var packetsInSegment: UInt64 = 0
    private var firstTime: Int64 = 0
    private var lastTime: Int64 = 0
    private var newestTime = Int64.min

    private var packets: UInt64 = 0
    private var bytes: UInt64 = 0
    private var dropped: UInt64 = 0
    private var interfaces: [CaptureInterface] = []
    /// Packets that readers were woken for.
    private var announced: UInt64 = 0
    /// From which packet's time on segments are looked through again for what is too old.
    private var nextExpiry = Int64.min

    private static let commitInterval = 65_536
    /// How often segments are looked through, in nanoseconds.
    private static let expiryInterval: Int64 = 100_000_000

    init(_ ring: SegmentRing) {
        self.ring = ring
        control = ring.control
        segmentBytes = ring.settings.segmentBytes
        maximumAge = ring.settings.maximumAge?.nanoseconds
        base = ring.segment(0)
        // Goes on after what a worker before has left.
        let old = ring.segments()
        sequence = old.last?.sequence ?? 0
        nextNumber = old.map { $0.firstNumber + $0.packets }.max() ?? 1
    }

    deinit {
        publish()
        ring.announce()
    }

    /// Describes the interfaces that packets are marked with, in order. To be called before packets, or again when
    /// there are more.
    package mutating func setInterfaces(_ interfaces: [CaptureInterface]) {
        self.interfaces = interfaces
        // The next packet begins a segment, which describes them.
        if slot != nil { commit() }
        slot = nil
    }

    /// Stores a packet.
    package mutating func take(_ packet: CapturedPacket) {
        let size = PcapngBytes.size(of: packet)
        if slot == nil || offset &+ size &+ PcapngBytes.smallestBlock > segmentBytes {
            guard beginSegment(room: size, time: packet.time) else {
                dropped &+= 1
                return
            }
        }
        _ = PcapngBytes.packetBody(packet, interface: UInt32(packet.interface), at: base + offset)
        // The rest first, then the packet: the file is a row of whole blocks whenever the process is killed.
        PcapngBytes.filler(at: base + offset + size, count: segmentBytes &- offset &- size)
        PcapngBytes.show(size, at: base + offset)
        offset &+= size
        if packetsInSegment == 0 {
            firstTime = packet.time
            lastTime = packet.time
        } else if packet.time >= lastTime {
            lastTime = packet.time
        } else {
            if let slot { control[slot, .isUnsorted] = 1 }
            firstTime = min(firstTime, packet.time)
        }
        packetsInSegment &+= 1
        packets &+= 1
        bytes &+= UInt64(packet.bytes.count)
        if offset &- committed > Self.commitInterval { commit() }
    }

    /// Makes all packets so far visible to readers.
    package mutating func flush() {
        if offset != committed, slot != nil { commit() }
        publishCounters()
        if announced != packets {
            announced = packets
            ring.announce()
        }
        guard let maximumAge, newestTime > nextExpiry else { return }
        nextExpiry = newestTime + Self.expiryInterval
        expire(before: newestTime - maximumAge)
    }

    /// Forgets packets that are too old; to be called now and then when none come. `now` is in nanoseconds since 1970.
    package mutating func tick(now: Int64) {
        flush()
        guard let maximumAge else { return }
        if slot != nil, packetsInSegment > 0, lastTime < now - maximumAge { slot = nil }
        expire(before: now - maximumAge)
    }

    private mutating func commit() {
        publish()
        committed = offset
        newestTime = max(newestTime, lastTime)
    }

    private func publish() {
        guard let slot else { return }
        control[slot, .firstTime] = UInt64(bitPattern: firstTime)
        control[slot, .lastTime] = UInt64(bitPattern: lastTime)
        control[slot, .packets] = packetsInSegment
        control[slot, .committed] = UInt64(offset)
        publishCounters()
    }

    private func publishCounters() {
        control[.packetsWritten] = packets
        control[.bytesWritten] = bytes
        control[.packetsDropped] = dropped
    }

    /// Ends the present segment and begins one; false if the packet cannot be stored: it is larger than a segment, or
    /// all segments are in use.
    private mutating func beginSegment(room: Int, time: Int64) -> Bool {
        let headers = interfaces.map(PcapngBytes.interfaceDescription)
        let headerSize = PcapngBytes.sectionHeaderSize + headers.reduce(0) { $0 + $1.count }
        guard headerSize + room + PcapngBytes.smallestBlock <= segmentBytes else { return false }
        if slot != nil { commit() }
        slot = nil
        guard let next = ring.takeForReuse() else { return false }
        if control[next, .sequence] != 0 { control[.segmentsReused] += 1 }
        // From here to the new number, the segment is nobody's: a reader that comes now finds it empty.
        control[next, .sequence] = 0
        base = ring.segment(next)
        offset = PcapngBytes.sectionHeader(at: base)
        for header in headers {
            header.withUnsafeBytes {
                (base + offset).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count)
            }
            offset += header.count
        }
        PcapngBytes.filler(at: base + offset, count: segmentBytes - offset)
        committed = offset
        nextNumber += packetsInSegment
        packetsInSegment = 0
        (firstTime, lastTime) = (time, time)
        sequence += 1
        control[next, .packets] = 0
        control[next, .isUnsorted] = 0
        control[next, .firstTime] = UInt64(bitPattern: time)
        control[next, .lastTime] = UInt64(bitPattern: time)
        control[next, .firstNumber] = nextNumber
        control[next, .committed] = UInt64(offset)
        control[next, .sequence] = sequence
        ring.endReuse(next)
        slot = next
        return true
    }

    /// Empties segments whose last packet is older, unless somebody uses them.
    private func expire(before time: Int64) {
        for segment in ring.segments() where segment.slot != slot && segment.packets > 0 && segment.lastTime < time {
            guard ring.tryReuse(segment.slot) else { continue }
            control[segment.slot, .sequence] = 0
            control[segment.slot, .packets] = 0
            PcapngBytes.filler(at: ring.segment(segment.slot), count: segmentBytes)
            ring.endReuse(segment.slot)
        }
    }
}
