import PacketCapture

/// Makes capture files byte by byte, in either byte order.
struct CaptureFileBytes {
    var bytes: [UInt8] = []
    var isBigEndian = false

    func number(_ value: some FixedWidthInteger) -> [UInt8] { isBigEndian ? big(value) : little(value) }

    static func pcap(
        nanoseconds: Bool = false, bigEndian: Bool = false, linkType: UInt32 = 1
    ) -> CaptureFileBytes {
        var file = CaptureFileBytes(isBigEndian: bigEndian)
        file.bytes =
            file.number(UInt32(nanoseconds ? 0xA1B2_3C4D : 0xA1B2_C3D4)) + file.number(UInt16(2))
            + file.number(UInt16(4)) + [0, 0, 0, 0, 0, 0, 0, 0] + file.number(UInt32(65535)) + file.number(linkType)
        return file
    }

    mutating func record(seconds: UInt32, fraction: UInt32, wireLength: UInt32? = nil, _ packet: [UInt8]) {
        bytes += number(seconds) + number(fraction) + number(UInt32(packet.count))
        bytes += number(wireLength ?? UInt32(packet.count)) + packet
    }

    static func pcapng(bigEndian: Bool = false) -> CaptureFileBytes {
        var file = CaptureFileBytes(isBigEndian: bigEndian)
        file.section()
        return file
    }

    mutating func section() {
        block(0x0A0D_0D0A, number(UInt32(0x1A2B_3C4D)) + number(UInt16(1)) + number(UInt16(0)) + number(UInt64.max))
    }

    mutating func block(_ type: UInt32, _ body: [UInt8]) {
        let padded = body + Array(repeating: 0, count: (4 - body.count % 4) % 4)
        let length = number(UInt32(padded.count + 12))
        bytes += number(type) + length + padded + length
    }

    mutating func interface(linkType: UInt16 = 1, snapLength: UInt32 = 0, options: [(UInt16, [UInt8])] = []) {
        block(1, number(linkType) + [0, 0] + number(snapLength) + self.options(options))
    }

    mutating func packet(interface: UInt32 = 0, units: UInt64, options: [(UInt16, [UInt8])] = [], _ packet: [UInt8]) {
        let padding = Array(repeating: UInt8(0), count: (4 - packet.count % 4) % 4)
        var body = number(interface) + number(UInt32(truncatingIfNeeded: units >> 32))
        body += number(UInt32(truncatingIfNeeded: units)) + number(UInt32(packet.count)) + number(UInt32(packet.count))
        block(6, body + packet + padding + self.options(options))
    }

    private func options(_ options: [(UInt16, [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (code, value) in options {
            bytes += number(code) + number(UInt16(value.count))
            bytes += value
            bytes += Array(repeating: 0, count: (4 - value.count % 4) % 4)
        }
        return options.isEmpty ? [] : bytes + [0, 0, 0, 0]
    }
}

/// A packet of a file, without pointers.
struct ReadPacket: Equatable {
    var bytes: [UInt8]
    var time: Int64
    var wireLength: UInt32
    var interface: UInt16 = 0
    var linkType = LinkType.ethernet
    var direction = PacketDirection.unknown
}

extension ReadPacket {
    init(_ packet: CapturedPacket) {
        self.init(
            bytes: Array(packet.bytes), time: packet.time, wireLength: packet.wireLength, interface: packet.interface,
            linkType: packet.linkType, direction: packet.direction)
    }

    init(_ bytes: [UInt8], at time: Int64) { self.init(bytes: bytes, time: time, wireLength: UInt32(bytes.count)) }

    /// All packets of a file, and the error that ended it.
    static func all(of path: String) -> (
        packets: [ReadPacket], interfaces: [CaptureInterface], error: CaptureFileError?
    ) {
        var packets: [ReadPacket] = []
        do {
            var file = try CaptureFile(path: path)
            do {
                while let batch = try file.next() { packets += batch.map(ReadPacket.init) }
                return (packets, file.interfaces, nil)
            } catch {
                return (packets, file.interfaces, error)
            }
        } catch {
            return (packets, [], error)
        }
    }
}
