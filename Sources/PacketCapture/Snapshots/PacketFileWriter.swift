internal import Glibc

/// Writes a capture file beside its final name, and gives it that name only when it is complete.
struct PacketFileWriter: ~Copyable {
    let path: String
    let isPcapng: Bool
    private let partialPath: String
    private let descriptor: CInt
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private(set) var bytesWritten: UInt64 = 0
    private var isDone = false

    private static let bufferSize = 1 << 20
    private static let snapLength: UInt32 = 262_144

    /// Begins a pcapng file with these interfaces and names, or a classic one if there are none.
    static func pcapng(
        _ path: String, interfaces: [CaptureInterface], names: [IPAddress: String]
    ) throws(SnapshotError) -> PacketFileWriter {
        var writer = try PacketFileWriter(path, isPcapng: true)
        var head: [UInt8] = Array(repeating: 0, count: PcapngBytes.sectionHeaderSize)
        head.withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { _ = PcapngBytes.sectionHeader(at: base) }
        }
        for interface in interfaces { head += PcapngBytes.interfaceDescription(interface) }
        if !names.isEmpty { head += PcapngBytes.nameResolution(names) }
        try writer.append(head)
        return writer
    }

    /// Begins a classic pcap file with nanosecond stamps.
    static func pcap(_ path: String, linkType: LinkType) throws(SnapshotError) -> PacketFileWriter {
        var writer = try PacketFileWriter(path, isPcapng: false)
        var head: [UInt8] = []
        for value in [0xA1B2_3C4D, 0x0004_0002, 0, 0, snapLength, UInt32(linkType.rawValue)] {
            withUnsafeBytes(of: value) { head += $0 }
        }
        try writer.append(head)
        return writer
    }

    /// Begins a file of ready-made sections.
    static func sections(_ path: String) throws(SnapshotError) -> PacketFileWriter {
        try PacketFileWriter(path, isPcapng: true)
    }

    private init(_ path: String, isPcapng: Bool) throws(SnapshotError) {
        self.path = path
        self.isPcapng = isPcapng
        partialPath = path + ".partial"
        descriptor = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path: path, message: systemMessage(errno)) }
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 4096)
    }

    deinit {
        close(descriptor)
        if !isDone { unlink(partialPath) }
        buffer.deallocate()
    }

    /// Adds a packet; `interface` is its number in this file.
    mutating func append(_ packet: CapturedPacket, interface: UInt32) throws(SnapshotError) {
        let size = PcapngBytes.size(of: packet)
        guard size <= buffer.count else {
            throw .system(path: path, message: "a packet of \(packet.bytes.count) bytes")
        }
        if filled + size > buffer.count { try flush() }
        guard let base = buffer.baseAddress else { return }
        if isPcapng {
            filled += PcapngBytes.packet(packet, interface: interface, at: base + filled)
        } else {
            let time = UInt64(bitPattern: packet.time)
            PcapngBytes.store(UInt32(truncatingIfNeeded: time / 1_000_000_000), base, filled)
            PcapngBytes.store(UInt32(truncatingIfNeeded: time % 1_000_000_000), base, filled + 4)
            PcapngBytes.store(UInt32(packet.bytes.count), base, filled + 8)
            PcapngBytes.store(packet.wireLength, base, filled + 12)
            if let source = packet.bytes.baseAddress { memcpy(base + filled + 16, source, packet.bytes.count) }
            filled += 16 + packet.bytes.count
        }
    }

    /// Adds bytes as they are.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        try flush()
        try write(bytes)
    }

    private mutating func append(_ bytes: [UInt8]) throws(SnapshotError) {
        do {
            try bytes.withUnsafeBytes { try append($0) }
        } catch let error as SnapshotError {
            throw error
        } catch {
            throw .system(path: path, message: "\(error)")
        }
    }

    private mutating func flush() throws(SnapshotError) {
        guard filled > 0 else { return }
        try write(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        filled = 0
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let count = Glibc.write(descriptor, base, min(rest.count, 16 << 20))
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(path: path, message: systemMessage(errno))
            }
            bytesWritten += UInt64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Gives the file its name.
    mutating func finish() throws(SnapshotError) {
        try flush()
        guard rename(partialPath, path) == 0 else { throw .system(path: path, message: systemMessage(errno)) }
        isDone = true
    }
}

extension PcapngBytes {
    /// A name resolution block: which address has which name.
    static func nameResolution(_ names: [IPAddress: String]) -> [UInt8] {
        var body: [UInt8] = []
        for (address, name) in names.sorted(by: { $0.key < $1.key }) {
            var value: [UInt8] = []
            if address.isIPv4 {
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: address.low).bigEndian) { value += $0 }
            } else {
                withUnsafeBytes(of: address.high.bigEndian) { value += $0 }
                withUnsafeBytes(of: address.low.bigEndian) { value += $0 }
            }
            value += Array(name.utf8.prefix(1024)) + [0]
            withUnsafeBytes(of: UInt16(address.isIPv4 ? 1 : 2)) { body += $0 }
            withUnsafeBytes(of: UInt16(value.count)) { body += $0 }
            body += value + Array(repeating: 0, count: (4 - value.count % 4) % 4)
        }
        body += [0, 0, 0, 0]  // the end of records
        return block(4, body)
    }
}
