internal import Glibc

/// Files that the user names.
package enum FileReading {
    /// Whether a path leads to a pipe, a terminal or standard input, where what was read once is gone.
    static func isStream(_ path: String) -> Bool {
        var status = stat()
        if path == "-" { return true }
        return stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// The whole of a small file.
    package static func bytes(of path: String, limit: Int = 16 << 20) throws(RunRefusal) -> [UInt8] {
        var reader = try LineReader(path: path)
        var bytes: [UInt8] = []
        while let piece = try reader.nextPiece() {
            bytes += piece
            guard bytes.count <= limit else { throw RunRefusal("\(path): has more than \(limit >> 20) MiB") }
        }
        return bytes
    }
}

/// Reads a file line by line, in pieces, so that a recording of any length takes the memory of its longest line.
package struct LineReader: ~Copyable {
    /// A line, or the note that it was too long to be kept.
    package enum Line: Equatable {
        case text([UInt8])
        case tooLong
    }

    private static let pieceBytes = 1 << 16

    private let path: String
    private let descriptor: Int32
    private let lineLimit: Int
    private var piece: ArraySlice<UInt8> = []
    private var isAtEnd = false
    /// The number of the line that was read last, from 1.
    package private(set) var lineNumber = 0

    /// Opens a file, `-` for standard input. A line of more than `lineLimit` bytes is passed over: no object of the API is as large.
    package init(path: String, lineLimit: Int = 8 << 20) throws(RunRefusal) {
        self.path = path
        self.lineLimit = lineLimit
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RunRefusal("\(path): \(Self.reason(errno))") }
        var status = stat()
        // A folder can be opened and not be read; that is to be said before anything runs.
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw RunRefusal("\(path): \(Self.reason(EISDIR))")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The next line without its end; nil after the last one.
    package mutating func next() throws(RunRefusal) -> Line? {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            if piece.isEmpty {
                guard let next = try nextPiece() else {
                    guard !line.isEmpty || isTooLong else { return nil }
                    break
                }
                piece = next[...]
            }
            let end = piece.firstIndex(of: 0x0a)
            let part = piece[..<(end ?? piece.endIndex)]
            if line.count + part.count > lineLimit { isTooLong = true } else { line += part }
            piece = piece[(end.map { $0 + 1 } ?? piece.endIndex)...]
            if end != nil { break }
        }
        lineNumber += 1
        if line.last == 0x0d { line.removeLast() }
        return isTooLong ? .tooLong : .text(line)
    }

    mutating func nextPiece() throws(RunRefusal) -> [UInt8]? {
        guard !isAtEnd else { return nil }
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            got = read(descriptor, buffer.baseAddress, buffer.count)
            count = max(0, got)
        }
        guard got >= 0 else { throw RunRefusal("\(path): \(Self.reason(errno))") }
        isAtEnd = got == 0
        return isAtEnd ? nil : bytes
    }

    private static func reason(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
