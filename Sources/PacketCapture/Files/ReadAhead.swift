internal import Glibc
internal import Threading

/// Reads a regular file in order, on a thread of its own, a few pieces ahead of who uses them, so that the kernel's copying
/// (or the disk) and the parser's work overlap.
///
/// Sendable: a piece belongs to the thread between `free` and `full`, to the user between `full` and `free`; the semaphores
/// order what both do with it. `position` is the user's alone, `isStopped` is atomic by being behind `Locked`.
final class ReadAhead: @unchecked Sendable {
    /// What the thread has read, or why it could not.
    enum Piece {
        /// Bytes, at least one, valid until ``release()``. The `headroom` bytes in front of them are free for the user.
        case bytes(UnsafeMutableRawBufferPointer)
        case end
        /// An error number.
        case failure(CInt)
    }

    /// Room in front of each piece, for the rest of the one before: larger than nearly every packet.
    static let headroom = 1 << 16
    /// Small enough that two fit a processor's cache, large enough that handing over costs nothing beside reading.
    static let pieceSize = 1 << 18
    private static let pieceCount = 4
    private static let pageSize = 4096

    private let descriptor: CInt
    private let memory: UnsafeMutableRawPointer
    /// For each piece how many bytes it has, 0 at the end, minus the error number after a failure.
    private let lengths: UnsafeMutablePointer<Int>
    private let free: UnsafeMutablePointer<sem_t>
    private let full: UnsafeMutablePointer<sem_t>
    private let isStopped = Locked(false)
    private var position = 0

    /// Begins to read where the descriptor stands; nil if the system has no thread or descriptor left.
    ///
    /// Nobody else must read from the descriptor from now on. It may be closed: this has a copy.
    init?(_ original: CInt) {
        let copy = fcntl(original, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        descriptor = copy
        memory = .allocate(byteCount: Self.pieceCount * Self.stride, alignment: Self.pageSize)
        lengths = .allocate(capacity: Self.pieceCount)
        lengths.initialize(repeating: 0, count: Self.pieceCount)
        free = .allocate(capacity: 1)
        full = .allocate(capacity: 1)
        sem_init(free, 0, CUnsignedInt(Self.pieceCount))
        sem_init(full, 0, 0)
        do throws(NamedThread.StartFailure) {
            try NamedThread.start("read-ahead") { self.readAll() }
        } catch {
            return nil
        }
    }

    deinit {
        close(descriptor)
        memory.deallocate()
        lengths.deallocate()
        sem_destroy(free)
        sem_destroy(full)
        free.deallocate()
        full.deallocate()
    }

    /// Waits for the next piece. After the end, or a failure, there is none: do not call it again.
    func next() -> Piece {
        Self.wait(full)
        let index = position % Self.pieceCount
        position += 1
        let length = lengths[index]
        guard length > 0 else { return length == 0 ? .end : .failure(CInt(-length)) }
        return .bytes(UnsafeMutableRawBufferPointer(start: bytes(of: index), count: length))
    }

    /// Gives back the oldest piece that was not given back yet.
    func release() { sem_post(free) }

    /// Ends the thread, soon; whoever holds this object last frees its memory.
    func stop() {
        isStopped.withLock { $0 = true }
        sem_post(free)
    }

    private static var stride: Int { headroom + pieceSize }

    private func bytes(of index: Int) -> UnsafeMutableRawPointer { memory + index * Self.stride + Self.headroom }

    private func readAll() {
        var index = 0
        while true {
            Self.wait(free)
            if isStopped.withLock({ $0 }) { return }
            var count = read(descriptor, bytes(of: index), Self.pieceSize)
            while count < 0, errno == EINTR { count = read(descriptor, bytes(of: index), Self.pieceSize) }
            lengths[index] = count < 0 ? -Int(errno) : count
            sem_post(full)
            if count <= 0 { return }
            index = (index + 1) % Self.pieceCount
        }
    }

    private static func wait(_ semaphore: UnsafeMutablePointer<sem_t>) {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }
}
