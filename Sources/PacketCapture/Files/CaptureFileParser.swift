/// Finds the packets in the bytes of a pcap or pcapng file, where they lie: a state machine without I/O.
///
/// Its user keeps a buffer, calls ``parse(_:into:)`` with what is in it, drops what was consumed, and adds more bytes.
/// Both byte orders, micro- and nanoseconds, several interfaces and several sections are understood
/// (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
package struct CaptureFileParser {
    /// The interfaces seen so far; packets name them by their index. Those that are equal in all sections of a file
    /// share an entry, so that a flow does not break where a file was put together from several.
    package private(set) var interfaces: [CaptureInterface] = []
    /// The bytes consumed so far.
    package private(set) var offset: UInt64 = 0
    /// The packets found so far.
    package private(set) var packetsRead: UInt64 = 0

    var format = Format.unknown
    /// Bytes of an uninteresting block that are still to come.
    private var bytesToSkip = 0
    /// Whether the next bytes still belong to a block that has begun.
    var isWithinBlock: Bool { bytesToSkip > 0 }
    /// The current section's interfaces.
    var section: [SectionInterface] = []
    private var knownInterfaces: [InterfaceIdentity: UInt16] = [:]

    /// A record that claims more is taken for garbage; Linux's largest packets (BIG TCP) have half a megabyte.
    package static let recordLimit = 16 << 20

    enum Format: Equatable {
        case unknown
        case pcap(PcapFormat)
        case pcapng(swapped: Bool)
    }

    struct PcapFormat: Equatable {
        var swapped: Bool
        var nanosecondsPerUnit: Int64
        /// 16, or 24 in the format of a patched libpcap of the nineties.
        var recordHeader: Int
        var linkType: LinkType
    }

    struct SectionInterface {
        var global: UInt16
        var linkType: LinkType
        var snapLength: UInt32
        var resolution: TimeResolution
    }

    private struct InterfaceIdentity: Hashable {
        var index: Int
        var interface: CaptureInterface
    }

    /// What became of a buffer.
    package struct Progress: Equatable {
        /// Bytes that are not needed any more, once the packets found have been dealt with.
        package var consumed = 0
        /// Packets found.
        package var packets = 0
        /// How many bytes the buffer must hold, counted from the first that is still needed, before there is any use
        /// in another call; 0 if it stopped because there was no room for more packets.
        package var needed = 0
    }

    /// A parser at a file's start.
    package init() {}

    /// Forgets where it was in a file and begins another one, whose interfaces get the numbers of equal ones before.
    mutating func beginSection() {
        format = .unknown
        bytesToSkip = 0
        section.removeAll(keepingCapacity: true)
    }

    /// Finds packets in `bytes`, which go on where the last call's consumed ones ended.
    ///
    /// Throws only if there is no packet before the fault: what was found is always delivered first.
    package mutating func parse(
        _ bytes: UnsafeRawBufferPointer, into packets: UnsafeMutableBufferPointer<CapturedPacket>
    ) throws(CaptureFileError.Problem) -> Progress {
        var progress = Progress()
        let skipped = min(bytesToSkip, bytes.count)
        bytesToSkip -= skipped
        progress.consumed = skipped
        defer {
            offset += UInt64(progress.consumed)
            packetsRead += UInt64(progress.packets)
        }
        while progress.packets < packets.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[progress.consumed...])
            let step: Step
            do {
                step = try self.step(rest)
            } catch {
                if progress.packets == 0 { throw error }
                return progress
            }
            switch step {
            case .packet(let packet, let length):
                packets.initializeElement(at: progress.packets, to: packet)
                progress.packets += 1
                progress.consumed += length
            case .block(let length):
                let available = min(length, rest.count)
                bytesToSkip = length - available
                progress.consumed += available
            case .needs(let count):
                progress.needed = count
                return progress
            }
        }
        return progress
    }

    enum Step {
        case packet(CapturedPacket, length: Int)
        /// Something else that is done with, as far as it is in the buffer.
        case block(length: Int)
        case needs(Int)
    }

    @inline(__always)
    private mutating func step(_ rest: UnsafeRawBufferPointer) throws(CaptureFileError.Problem) -> Step {
        switch format {
        case .pcap(let format): return try pcapRecord(rest, format)
        case .pcapng(let swapped): return try pcapngBlock(rest, swapped: swapped)
        case .unknown: return try fileHeader(rest)
        }
    }

    private mutating func fileHeader(_ rest: UnsafeRawBufferPointer) throws(CaptureFileError.Problem) -> Step {
        guard let base = rest.baseAddress, rest.count >= 4 else { return .needs(24) }
        let first = base.big32(0)
        switch first {
        case 0x0A0D_0D0A:
            // The byte order is set by the section header block itself.
            format = .pcapng(swapped: false)
            return .block(length: 0)
        case 0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34, 0xD4C3_B2A1, 0x4D3C_B2A1, 0x34CD_B2A1:
            guard rest.count >= 24 else { return .needs(24) }
            let swapped = base.native32(0) >> 16 != 0xA1B2
            let magic = swapped ? base.native32(0).byteSwapped : base.native32(0)
            // The upper bits tell of a frame check sequence, which is seldom there and never needed.
            let type = (swapped ? base.native32(20).byteSwapped : base.native32(20)) & 0xFFFF
            let snapLength = swapped ? base.native32(16).byteSwapped : base.native32(16)
            let linkType = LinkType(rawValue: UInt16(type))
            interfaces = [CaptureInterface(name: "", linkType: linkType, snapLength: snapLength)]
            format = .pcap(
                PcapFormat(
                    swapped: swapped, nanosecondsPerUnit: magic == 0xA1B2_3C4D ? 1 : 1000,
                    recordHeader: magic == 0xA1B2_CD34 ? 24 : 16, linkType: linkType))
            return .block(length: 24)
        case 0x1F8B_0000...0x1F8B_FFFF: throw .compressed("gzip")
        case 0x28B5_2FFD: throw .compressed("zstd")
        case 0xFD37_7A58: throw .compressed("xz")
        default: throw .unknownFormat(firstBytes: Array(rest.prefix(8)))
        }
    }

    @inline(__always)
    private func pcapRecord(
        _ rest: UnsafeRawBufferPointer, _ format: PcapFormat
    ) throws(CaptureFileError.Problem) -> Step {
        guard let base = rest.baseAddress, rest.count >= format.recordHeader else { return .needs(format.recordHeader) }
        func number(_ offset: Int) -> UInt32 {
            format.swapped ? base.native32(offset).byteSwapped : base.native32(offset)
        }
        let captured = Int(number(8))
        guard captured <= Self.recordLimit else {
            throw .garbled("a packet of \(captured) bytes cannot be")
        }
        let length = format.recordHeader + captured
        guard rest.count >= length else { return .needs(length) }
        let time = Int64(number(0)) * 1_000_000_000 + Int64(number(4)) * format.nanosecondsPerUnit
        let packet = CapturedPacket(
            bytes: UnsafeRawBufferPointer(start: base + format.recordHeader, count: captured), time: time,
            wireLength: max(number(12), UInt32(captured)), interface: 0, linkType: format.linkType)
        return .packet(packet, length: length)
    }

    /// The number under which an interface of a section is known to users.
    mutating func register(_ interface: CaptureInterface) throws(CaptureFileError.Problem) -> UInt16 {
        let identity = InterfaceIdentity(index: section.count, interface: interface)
        if let known = knownInterfaces[identity] { return known }
        guard let number = UInt16(exactly: interfaces.count), number < .max else {
            throw .garbled("more than 65,534 interfaces")
        }
        interfaces.append(interface)
        knownInterfaces[identity] = number
        return number
    }
}
