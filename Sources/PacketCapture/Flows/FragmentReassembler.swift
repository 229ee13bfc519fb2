/// Puts IP datagrams together from their fragments (RFC 791, RFC 8200), for a bounded number at once. Of bytes that come
/// twice the first ones count.
struct FragmentReassembler: ~Copyable {
    private struct Entry {
        var key: Key
        var header: PacketHeader
        var firstTime: Int64
        /// Known with the last fragment; -1 before.
        var length: Int
        var unitsReceived: Int
        var isUsed: Bool
    }

    private struct Key: Equatable {
        var source: IPAddress
        var destination: IPAddress
        var identification: UInt32
        var vlans: UInt32
        var tunnel: UInt32
        var origin: UInt32
    }

    /// The largest IP payload, and a unit of eight bytes beyond for the one that is cut.
    private static let largest = 65_536
    private static let units = largest / 8

    private let capacity: Int
    private let timeout: Int64
    private let entries: UnsafeMutablePointer<Entry>
    /// A bit for each eight bytes received.
    private let bits: UnsafeMutablePointer<UInt64>
    private let bytes: UnsafeMutableRawPointer
    private var highWater = 0

    init(limits: FlowLimits) {
        capacity = max(1, limits.fragmentedDatagrams)
        timeout = limits.fragmentTimeout.nanoseconds
        entries = .allocate(capacity: capacity)
        bits = .allocate(capacity: capacity * Self.units / 64)
        bytes = .allocate(byteCount: capacity * Self.largest, alignment: 64)
    }

    deinit {
        entries.deallocate()
        bits.deallocate()
        bytes.deallocate()
    }

    /// Takes a fragment; the whole payload if it was the last one missing, valid until the next call.
    mutating func take(_ header: PacketHeader, _ counters: inout FlowCounters) -> UnsafeRawBufferPointer? {
        let offset = Int(header.fragmentOffset)
        let count = header.payload.count
        // All but the last fragment hold whole units; one that the snap length cut can never be completed.
        guard count > 0, header.missingBytes == 0, offset + count < Self.largest,
            !header.moreFragments || count % 8 == 0, let source = header.payload.baseAddress
        else {
            counters.fragmentsRefused += 1
            return nil
        }
        let slot = slot(for: header, &counters)
        let end = offset + count
        if !header.moreFragments {
            guard entries[slot].length < 0 || entries[slot].length == end else {
                counters.fragmentsRefused += 1
                return nil
            }
            entries[slot].length = end
        }
        guard entries[slot].length < 0 || end <= entries[slot].length else {
            counters.fragmentsRefused += 1
            return nil
        }
        counters.fragmentsUsed += 1
        let destination = bytes + slot * Self.largest
        let bits = bits + slot * Self.units / 64
        for unit in offset / 8..<(end + 7) / 8 where bits[unit / 64] & 1 << UInt64(unit % 64) == 0 {
            bits[unit / 64] |= 1 << UInt64(unit % 64)
            entries[slot].unitsReceived += 1
            (destination + unit * 8).copyMemory(
                from: source + (unit * 8 - offset), byteCount: min(8, end - unit * 8))
        }
        guard entries[slot].length >= 0, entries[slot].unitsReceived >= (entries[slot].length + 7) / 8 else {
            return nil
        }
        entries[slot].isUsed = false
        counters.datagramsReassembled += 1
        return UnsafeRawBufferPointer(start: destination, count: entries[slot].length)
    }

    /// The place of the fragment's datagram; a new one, in place of the oldest if all are taken.
    private mutating func slot(for header: PacketHeader, _ counters: inout FlowCounters) -> Int {
        let key = Key(
            source: header.source, destination: header.destination, identification: header.identification,
            vlans: header.vlans, tunnel: header.tunnel,
            origin: UInt32(header.ipProtocol) << 16 | UInt32(header.interface))
        var free: Int?
        var oldest = 0
        for slot in 0..<highWater {
            if entries[slot].isUsed {
                let age = header.time - entries[slot].firstTime
                if entries[slot].key == key, age <= timeout { return slot }
                if age > timeout {
                    entries[slot].isUsed = false
                    counters.datagramsTimedOut += 1
                    free = slot
                } else if entries[slot].firstTime < entries[oldest].firstTime {
                    oldest = slot
                }
            } else {
                free = slot
            }
        }
        let slot: Int
        if let free {
            slot = free
        } else if highWater < capacity {
            slot = highWater
            highWater += 1
        } else {
            slot = oldest
            counters.datagramsEvicted += 1
        }
        (entries + slot).initialize(
            to: Entry(key: key, header: header, firstTime: header.time, length: -1, unitsReceived: 0, isUsed: true))
        (bits + slot * Self.units / 64).initialize(repeating: 0, count: Self.units / 64)
        return slot
    }
}
