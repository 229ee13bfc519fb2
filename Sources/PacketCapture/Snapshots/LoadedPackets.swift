internal import Glibc

/// Packets of capture files in memory, to be chosen from, sorted and written again.
///
/// ```swift
/// var loaded = LoadedPackets()
/// for path in paths { if let problem = loaded.add(path: path) { … } }
/// let result = try loaded.write(.init(), to: target)
/// ```
package struct LoadedPackets: ~Copyable {
    /// The most bytes of files that are loaded together.
    package static let byteLimit = 512 << 20

    /// All packets, in the order of the files and of their places there. Their bytes live as long as this.
    package private(set) var packets: [CapturedPacket] = []
    /// The bytes of the files.
    package private(set) var byteCount = 0
    private var parser = CaptureFileParser()
    private var buffers: [UnsafeMutableRawBufferPointer] = []

    /// Nothing yet.
    package init() {}

    deinit { for buffer in buffers { buffer.deallocate() } }

    /// Adds a file's packets, those before a fault if there is one. Returns what is wrong with it; a file that ends in
    /// the middle of a packet, as one that is being written, is not wrong.
    package mutating func add(path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return systemMessage(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return "is no regular file" }
        let size = Int(status.st_size)
        guard byteCount + size <= Self.byteLimit else {
            return "with it there would be more than \(Self.byteLimit >> 20) MB to put together"
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
        var filled = 0
        while filled < size, let base = buffer.baseAddress {
            let count = read(descriptor, base + filled, size - filled)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        buffers.append(buffer)
        byteCount += filled
        return parse(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), path)
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer, _ path: String) -> String? {
        let before = packets.count
        parser.beginSection()
        var offset = 0
        let batch = UnsafeMutableBufferPointer<CapturedPacket>.allocate(capacity: 1024)
        defer { batch.deallocate() }
        while offset < bytes.count {
            do throws(CaptureFileError.Problem) {
                let progress = try parser.parse(UnsafeRawBufferPointer(rebasing: bytes[offset...]), into: batch)
                packets.append(contentsOf: batch[..<progress.packets])
                offset += progress.consumed
                if progress.packets == 0, progress.consumed == 0 { break }
            } catch {
                return CaptureFileError(
                    path: path, offset: UInt64(offset), packetsRead: UInt64(packets.count - before), problem: error
                ).description
            }
        }
        return nil
    }

    /// Writes the packets that are wanted, by their place in ``packets``, in the order of time; equal times keep their
    /// order.
    package func write(
        _ request: SnapshotRequest = .init(), to path: String, where isWanted: (Int) -> Bool = { _ in true }
    ) throws(SnapshotError) -> SnapshotResult {
        var chosen: [CapturedPacket] = []
        for (place, packet) in packets.enumerated() where isWanted(place) { chosen.append(packet) }
        var output = SnapshotOutput(path: path, request: request, interfaces: parser.interfaces)
        try output.write(&chosen, before: nil)
        return try output.finish()
    }
}
