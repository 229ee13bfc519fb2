/// What was found in a ring's file when it was opened.
package struct RingRecovery: Sendable, Equatable {
    /// Whether the worker that had it before closed it; false if it was killed or has crashed.
    package var wasClosed: Bool
    /// Packets found.
    package var packets: UInt64
    /// The time of the first packet found, in nanoseconds since 1970.
    package var firstTime: Int64?
    /// The time of the last packet found.
    package var lastTime: Int64?

    /// Says what was found.
    package init(wasClosed: Bool, packets: UInt64, firstTime: Int64? = nil, lastTime: Int64? = nil) {
        self.wasClosed = wasClosed
        self.packets = packets
        self.firstTime = firstTime
        self.lastTime = lastTime
    }

    /// Checks every segment from its start on, also what was written and not committed any more, and makes the file valid
    /// again.
    static func recover(_ control: RingControl, _ settings: RingSettings) -> RingRecovery {
        var result = RingRecovery(wasClosed: control[.isDirty] == 0, packets: 0)
        for slot in 0..<settings.segmentCount {
            let base = control.base + RingControl.size + slot * settings.segmentBytes
            guard control[slot, .sequence] != 0 else {
                empty(control, slot, base, settings)
                continue
            }
            let found = check(base, settings.segmentBytes)
            guard found.packets > 0 else {
                empty(control, slot, base, settings)
                continue
            }
            control[slot, .committed] = UInt64(found.valid)
            control[slot, .packets] = found.packets
            control[slot, .firstTime] = UInt64(bitPattern: found.firstTime)
            control[slot, .lastTime] = UInt64(bitPattern: found.lastTime)
            control[slot, .isUnsorted] = found.isUnsorted ? 1 : 0
            PcapngBytes.filler(at: base + found.valid, count: settings.segmentBytes - found.valid)
            result.packets += found.packets
            result.firstTime = min(result.firstTime ?? found.firstTime, found.firstTime)
            result.lastTime = max(result.lastTime ?? found.lastTime, found.lastTime)
        }
        for word in [RingControl.Word.packetsWritten, .bytesWritten, .packetsDropped, .segmentsReused] {
            control[word] = 0
        }
        return result
    }

    private static func empty(
        _ control: RingControl, _ slot: Int, _ base: UnsafeMutableRawPointer, _ settings: RingSettings
    ) {
        for word in [RingControl.EntryWord.sequence, .committed, .packets] { control[slot, word] = 0 }
        PcapngBytes.filler(at: base, count: settings.segmentBytes)
    }

    private struct Found {
        /// The bytes up to the end of the last packet.
        var valid = 0
        var packets: UInt64 = 0
        var firstTime = Int64.max
        var lastTime = Int64.min
        var isUnsorted = false
    }

    /// What a segment holds until its end, or until something that is no block.
    private static func check(_ base: UnsafeMutableRawPointer, _ count: Int) -> Found {
        var found = Found()
        var parser = CaptureFileParser()
        let packets = UnsafeMutableBufferPointer<CapturedPacket>.allocate(capacity: 1024)
        defer { packets.deallocate() }
        var offset = 0
        while let progress = try? parser.parse(
            UnsafeRawBufferPointer(start: base + offset, count: count - offset), into: packets)
        {
            for packet in packets[..<progress.packets] {
                if packet.time < found.lastTime { found.isUnsorted = true }
                found.firstTime = min(found.firstTime, packet.time)
                found.lastTime = max(found.lastTime, packet.time)
            }
            if progress.packets > 0, let bytes = packets[progress.packets - 1].bytes.baseAddress {
                // A packet's block begins 28 bytes before its bytes; its length is the second word there.
                let start = bytes - UnsafeRawPointer(base) - 28
                found.valid = start + Int((base + start + 4).load(as: UInt32.self))
            }
            found.packets += UInt64(progress.packets)
            offset += progress.consumed
            if progress.needed > 0 || offset >= count { break }
        }
        return found
    }
}
