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
    /// What of `buffer` was read from the file and not consumed yet.
    private var unread: UnsafeMutableRawBufferPointer
    private let packets: UnsafeMutableBufferPointer<CapturedPacket>
    private var isAtEnd = false

    /// Large enough that reading costs few calls, small enough to stay in the processor's cache. (A thread that reads ahead
    /// leaves the bytes in another processor's cache, from where fetching them costs more than reading.)
    private static let bufferSize = 1 << 18
    /// The kernel's copy to other addresses than a page's takes two to three times as long on some processors.
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
        unread = UnsafeMutableRawBufferPointer(rebasing: buffer[..<0])
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
                progress = try parser.parse(UnsafeRawBufferPointer(unread), into: packets)
            } catch {
                throw failure(error)
            }
            unread = UnsafeMutableRawBufferPointer(rebasing: unread[progress.consumed...])
            if progress.packets > 0 { return CapturedBatch(rebasing: packets[..<progress.packets]) }
            guard !isAtEnd else {
                if parser.format == .unknown, unread.count < 4 {
                    throw failure(unread.isEmpty ? .empty : .unknownFormat(firstBytes: Array(unread.prefix(8))))
                }
                if unread.isEmpty, !parser.isWithinBlock { return nil }
                throw failure(.truncated)
            }
            try readMore(needed: progress.needed)
        }
    }

    /// Moves `unread` in `buffer`, which is made larger if it is too small for `needed` bytes, so that what is read next comes
    /// behind it and to the beginning of a page. Returns where that is.
    private mutating func makeRoom(for needed: Int) -> Int {
        let rest = unread.count
        let end = (rest + Self.pageSize - 1) & -Self.pageSize
        let least = end + max(1, needed - rest)
        if least > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: (least + Self.bufferSize - 1) & -Self.bufferSize, alignment: Self.pageSize)
            UnsafeMutableRawBufferPointer(rebasing: larger[(end - rest)...])
                .copyMemory(from: UnsafeRawBufferPointer(unread))
            buffer.deallocate()
            buffer = larger
        } else if let base = buffer.baseAddress, let start = unread.baseAddress, rest > 0 {
            memmove(base + (end - rest), start, rest)
        }
        unread = UnsafeMutableRawBufferPointer(rebasing: buffer[(end - rest)..<end])
        return end
    }

    private mutating func readMore(needed: Int) throws(CaptureFileError) {
        let end = makeRoom(for: needed)
        guard let base = buffer.baseAddress else { return }
        while true {
            let count = read(descriptor, base + end, buffer.count - end)
            if count > 0 {
                unread = UnsafeMutableRawBufferPointer(rebasing: buffer[(end - unread.count)..<(end + count)])
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
