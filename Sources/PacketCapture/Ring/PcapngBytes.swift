internal import CPacketSocket
internal import Glibc

/// Writes pcapng blocks into memory, in this machine's byte order (draft-ietf-opsawg-pcapng).
enum PcapngBytes {
    static let sectionHeaderSize = 28
    /// What an enhanced packet block takes besides the packet.
    static let packetOverhead = 32
    /// What the flags option (and the end of options) takes.
    static let flagsSize = 12
    /// The smallest block.
    static let smallestBlock = 12
    /// A block type "for local use", which readers pass over: the unused rest of a segment, and the ring's own notes.
    static let localBlock: UInt32 = 0x8052_454D

    @inline(__always) static func store(_ value: UInt32, _ base: UnsafeMutableRawPointer, _ offset: Int) {
        base.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
    }

    static func sectionHeader(at base: UnsafeMutableRawPointer) -> Int {
        store(0x0A0D_0D0A, base, 0)
        store(28, base, 4)
        store(0x1A2B_3C4D, base, 8)
        store(1, base, 12)  // version 1.0
        store(.max, base, 16)  // the section's length is not said
        store(.max, base, 20)
        store(28, base, 24)
        return sectionHeaderSize
    }

    /// The bytes of an interface description with nanosecond stamps.
    static func interfaceDescription(_ interface: CaptureInterface) -> [UInt8] {
        var body: [UInt8] = []
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value) { body += $0 } }
        append(interface.linkType.rawValue)
        append(UInt16(0))
        append(interface.snapLength)
        let name = Array(interface.name.utf8.prefix(1024))
        if !name.isEmpty {
            append(UInt16(2))
            append(UInt16(name.count))
            body += name + Array(repeating: 0, count: (4 - name.count % 4) % 4)
        }
        append(UInt16(9))
        append(UInt16(1))
        body += [9, 0, 0, 0]
        append(UInt32(0))
        return block(1, body)
    }

    /// A block around a body whose length is a multiple of four.
    static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 12)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(length))
        withUnsafeBytes(of: type) { bytes += $0 }
        withUnsafeBytes(of: length) { bytes += $0 }
        bytes += body
        withUnsafeBytes(of: length) { bytes += $0 }
        return bytes
    }

    /// What a packet's block takes.
    @inline(__always) static func size(of packet: CapturedPacket) -> Int {
        packetOverhead + (storedCount(packet) + 3) & ~3 + (packet.direction == .unknown ? 0 : flagsSize)
    }

    /// A VLAN tag that came beside the frame is put back into it.
    @inline(__always) private static func storedCount(_ packet: CapturedPacket) -> Int {
        packet.bytes.count + (hasTagBeside(packet) ? 4 : 0)
    }

    @inline(__always) private static func hasTagBeside(_ packet: CapturedPacket) -> Bool {
        packet.metadataVLAN != CapturedPacket.noVLAN && packet.linkType == .ethernet && packet.bytes.count >= 12
    }

    /// Writes a packet's block but for its type and length, which ``show(_:at:)`` adds; returns its size, which is
    /// `size(of:)`.
    @inline(__always)
    static func packetBody(_ packet: CapturedPacket, interface: UInt32, at base: UnsafeMutableRawPointer) -> Int {
        let count = storedCount(packet)
        let length = UInt32(truncatingIfNeeded: size(of: packet))
        let time = UInt64(bitPattern: packet.time)
        store(interface, base, 8)
        store(UInt32(truncatingIfNeeded: time >> 32), base, 12)
        store(UInt32(truncatingIfNeeded: time), base, 16)
        store(UInt32(truncatingIfNeeded: count), base, 20)
        store(packet.wireLength &+ UInt32(count - packet.bytes.count), base, 24)
        var end = 28 + (count + 3) & ~3
        if count > 0 { store(0, base, end - 4) }  // the padding; overwritten where there is none
        if let source = packet.bytes.baseAddress {
            if hasTagBeside(packet) {
                memcpy(base + 28, source, 12)
                store(UInt32(bigEndian: 0x8100_0000 | UInt32(packet.metadataVLAN)), base, 40)
                memcpy(base + 44, source + 12, packet.bytes.count - 12)
            } else {
                memcpy(base + 28, source, packet.bytes.count)
            }
        }
        if packet.direction != .unknown {
            store(UInt32(2) | 4 << 16, base, end)
            store(UInt32(packet.direction.rawValue), base, end + 4)
            store(0, base, end + 8)
            end += flagsSize
        }
        store(length, base, end)
        return end + 4
    }

    /// Writes a packet's block; returns its size, which is `size(of:)`.
    @discardableResult
    static func packet(_ packet: CapturedPacket, interface: UInt32, at base: UnsafeMutableRawPointer) -> Int {
        let size = packetBody(packet, interface: interface, at: base)
        show(size, at: base)
        return size
    }

    /// Makes what lies in a filler a packet's block, after everything else of it was written. Between the two stores it
    /// is a short filler: whenever the process is killed, readers find blocks that follow each other.
    @inline(__always)
    static func show(_ size: Int, at base: UnsafeMutableRawPointer) {
        remora_store_release_u32(base + 4, UInt32(truncatingIfNeeded: size))
        remora_store_release_u32(base, 6)
    }

    /// Makes the rest of an area a block that readers pass over. There must be room for the smallest block, or none.
    @inline(__always)
    static func filler(at base: UnsafeMutableRawPointer, count: Int) {
        guard count >= smallestBlock else { return }
        store(localBlock, base, 0)
        store(UInt32(truncatingIfNeeded: count), base, 4)
        remora_store_release_u32(base + count - 4, UInt32(truncatingIfNeeded: count))
    }
}
