internal import Glibc

/// A file that is open for reading, and closed when the last user lets go of it.
public final class OpenFile: Sendable {
    /// The descriptor; valid as long as this object lives.
    public let descriptor: Int32

    /// Takes a descriptor over.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// A part of a file, or all of it, as the body of a request: read while it is sent, never held in memory.
public struct FileSlice: Sendable {
    /// The file.
    public let file: OpenFile
    /// Where in the file the part begins.
    public let offset: Int
    /// How many bytes it has.
    public let count: Int

    /// A part of `file`.
    public init(_ file: OpenFile, offset: Int, count: Int) {
        self.file = file
        self.offset = offset
        self.count = count
    }

    /// Reads from the part, beginning `position` bytes into it; 0 at its end. Nil, and `errno`, on failure.
    public func read(at position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let wanted = min(buffer.count, count - position)
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(file.descriptor, buffer.baseAddress, wanted, off_t(offset + position))
            if count >= 0 { return count }
            if errno != EINTR { return nil }
        }
    }
}
