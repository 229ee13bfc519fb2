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
    /// What was read from the file and not consumed yet: in `buffer`, or in a piece of `readAhead`.
    private var unread: UnsafeMutableRawBufferPointer
    /// Reads large files on another thread, from the second piece on.
    private var readAhead: ReadAhead?
    /// Whether `unread` lies in a piece that `readAhead` has to be given back.
    private var holdsPiece = false
    private var mayReadAhead: Bool
    private let packets: UnsafeMutableBufferPointer<CapturedPacket>
    private var isAtEnd = false

    /// Large enough that reading costs few calls, small enough to stay in the processor's cache. Aligned to a page:
    /// the kernel's copy to other addresses takes two to three times as long on some processors.
    private static let bufferSize = 1 << 18
    private static let pageSize = 4096
    /// Smaller files are read before a thread would have started.
    private static let leastToReadAhead = 4 << 20
    /// Packets handed out at once; 160 KB of descriptions.
    private static let batchSize = 4096

    /// Opens a file; reads nothing yet.
    ///
    /// - Parameters:
    ///   - readsAhead: a large file is read by a thread of its own. That is faster where little is done for each packet.
    ///     Where much is, it is slower: that thread's processor has the bytes in its cache, and this one has to fetch them.
    package init(path: String, readsAhead: Bool = false) throws(CaptureFileError) {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CaptureFileError(path: path, offset: 0, packetsRead: 0, problem: .system(systemMessage(errno)))
        }
        self.init(path: path, descriptor: descriptor, readsAhead: readsAhead)
    }

    /// Reads from an open descriptor, which it closes in the end.
    package init(path: String, descriptor: CInt, readsAhead: Bool = false) {
        self.path = path
        self.descriptor = descriptor
        buffer = .allocate(byteCount: Self.bufferSize, alignment: Self.pageSize)
        unread = UnsafeMutableRawBufferPointer(rebasing: buffer[..<0])
        var status = stat()
        mayReadAhead =
            readsAhead && fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && Int(status.st_size) >= Self.leastToReadAhead
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
        readAhead?.stop()
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

    private mutating func readMore(needed: Int) throws(CaptureFileError) {
        guard let readAhead else { return try readHere(needed: needed) }
        switch readAhead.next() {
        case .end:
            isAtEnd = true
        case .failure(let number):
            isAtEnd = true
            throw failure(.system(systemMessage(number)))
        case .bytes(let piece):
            append(piece, needed: needed, from: readAhead)
        }
    }

    /// Makes `unread` and the piece behind it one run of bytes: in front of the piece, if what is left of the one before is as
    /// small as usual, else in `buffer`.
    private mutating func append(_ piece: UnsafeMutableRawBufferPointer, needed: Int, from readAhead: ReadAhead) {
        guard let start = piece.baseAddress else { return }
        let rest = unread.count
        if rest <= ReadAhead.headroom, needed <= rest + piece.count {
            if let base = unread.baseAddress, rest > 0 { (start - rest).copyMemory(from: base, byteCount: rest) }
            unread = UnsafeMutableRawBufferPointer(start: start - rest, count: rest + piece.count)
            // The piece before this one is free; this one is in use.
            if holdsPiece { readAhead.release() }
            holdsPiece = true
        } else {
            makeRoom(for: max(needed, rest + piece.count))
            (buffer.baseAddress ?? start).advanced(by: rest).copyMemory(from: start, byteCount: piece.count)
            unread = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(rest + piece.count)])
            if holdsPiece { readAhead.release() }
            readAhead.release()
            holdsPiece = false
        }
    }

    /// Moves `unread` to the beginning of `buffer`, which is made larger if it is too small for `needed` bytes.
    private mutating func makeRoom(for needed: Int) {
        let rest = unread.count
        if needed > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: (needed + Self.bufferSize - 1) & -Self.bufferSize, alignment: Self.pageSize)
            larger.copyMemory(from: UnsafeRawBufferPointer(unread))
            buffer.deallocate()
            buffer = larger
        } else if let base = buffer.baseAddress, let start = unread.baseAddress, rest > 0 {
            memmove(base, start, rest)
        }
        unread = UnsafeMutableRawBufferPointer(rebasing: buffer[..<rest])
    }

    private mutating func readHere(needed: Int) throws(CaptureFileError) {
        makeRoom(for: needed)
        let rest = unread.count
        guard let base = buffer.baseAddress else { return }
        while true {
            let count = read(descriptor, base + rest, buffer.count - rest)
            if count > 0 {
                unread = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(rest + count)])
                if mayReadAhead {
                    mayReadAhead = false
                    readAhead = ReadAhead(descriptor)
                }
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
