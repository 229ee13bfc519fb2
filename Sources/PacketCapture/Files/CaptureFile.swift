internal import Glibc

/// A capture file (pcap or pcapng, told apart by content), or standard input (`-`), read in batches of packets that lie
/// in the file's buffer: no copy and no allocation per packet.
///
/// ```swift
/// var file = try CaptureFile(path: path)
/// while let packets = try file.next() {
///     for packet in packets { … }                    // valid until the next call of next()
/// }
/// ```
package struct CaptureFile: ~Copyable {
    /// The file, `-` for standard input.
    package let path: String
    private let descriptor: CInt
    private var parser = CaptureFileParser()
    private var buffer: UnsafeMutableRawBufferPointer
    /// The bytes of `buffer` that were read from the file and not consumed yet.
    private var filled = 0..<0
    private let packets: UnsafeMutableBufferPointer<CapturedPacket>
    private var isAtEnd = false

    /// Large enough that reading costs few calls, small enough to stay in the processor's cache. Aligned to a page:
    /// the kernel's copy to other addresses takes two to three times as long on some processors.
    private static let bufferSize = 1 << 18
    private static let pageSize = 4096
    /// Packets handed out at once; 160 KB of descriptions.
    private static let batchSize = 4096

    /// Opens a file; reads nothing yet.
    package init(path: String) throws(CaptureFileError) {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CaptureFileError(path: path, offset: 0, packetsRead: 0, problem: .system(systemMessage(errno)))
        }
        self.init(path: path, descriptor: descriptor)
    }

    /// Reads from an open descriptor, which it closes in the end.
    package init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
        buffer = .allocate(byteCount: Self.bufferSize, alignment: Self.pageSize)
        packets = .allocate(capacity: Self.batchSize)
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// A file's size; nil for standard input, and for what is none.
    package static func size(path: String) -> Int? {
        var status = stat()
        guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
        packets.deallocate()
    }

    /// The interfaces that packets so far came from; see ``CapturedPacket/interface``.
    package var interfaces: [CaptureInterface] { parser.interfaces }
    /// The packets handed out so far.
    package var packetsRead: UInt64 { parser.packetsRead }

    /// The next packets, at least one; nil at the file's end. What lies before a fault is delivered before the error.
    package mutating func next() throws(CaptureFileError) -> CapturedBatch? {
        while true {
            let progress: CaptureFileParser.Progress
            do {
                progress = try parser.parse(UnsafeRawBufferPointer(rebasing: buffer[filled]), into: packets)
            } catch {
                throw failure(error)
            }
            filled = filled.lowerBound + progress.consumed..<filled.upperBound
            if progress.packets > 0 { return CapturedBatch(rebasing: packets[..<progress.packets]) }
            guard !isAtEnd else {
                if parser.format == .unknown, filled.count < 4 {
                    throw failure(filled.isEmpty ? .empty : .unknownFormat(firstBytes: Array(buffer[filled].prefix(8))))
                }
                if filled.isEmpty, !parser.isWithinBlock { return nil }
                throw failure(.truncated)
            }
            try readMore(needed: progress.needed)
        }
    }

    private mutating func readMore(needed: Int) throws(CaptureFileError) {
        let rest = filled.count
        if needed > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: (needed + Self.bufferSize - 1) & -Self.bufferSize, alignment: Self.pageSize)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[filled]))
            buffer.deallocate()
            buffer = larger
        } else if let base = buffer.baseAddress, rest > 0 {
            memmove(base, base + filled.lowerBound, rest)
        }
        filled = 0..<rest
        guard let base = buffer.baseAddress else { return }
        while true {
            let count = read(descriptor, base + rest, buffer.count - rest)
            if count > 0 {
                filled = 0..<rest + count
            } else if count == 0 {
                isAtEnd = true
            } else if errno == EINTR {
                continue
            } else {
                throw failure(.system(systemMessage(errno)))
            }
            return
        }
    }

    private func failure(_ problem: CaptureFileError.Problem) -> CaptureFileError {
        CaptureFileError(path: path, offset: parser.offset, packetsRead: parser.packetsRead, problem: problem)
    }
}

/// What the system calls an error number.
func systemMessage(_ number: CInt) -> String { String(cString: strerror(number)) }
