internal import Glibc

/// A file read as a whole, with what tells this version of it from another.
struct FileContents: Sendable {
    /// What changes when a file is written anew or another takes its place.
    struct Identity: Sendable, Hashable {
        let device: UInt
        let inode: UInt
        let size: Int
        let modifiedSeconds: Int
        let modifiedNanoseconds: Int

        /// The identity of what `path` leads to, links followed: a kubelet rotates a volume's files by pointing the link
        /// `..data` elsewhere.
        init(path: String) throws(FileProblem) {
            var status = stat()
            guard stat(path, &status) == 0 else { throw FileProblem(errorNumber: errno) }
            self.init(status)
        }

        fileprivate init(_ status: stat) {
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            modifiedSeconds = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
        }
    }

    let bytes: [UInt8]
    let identity: Identity

    /// Reads at most `limit` bytes; a longer file is an error.
    init(path: String, limit: Int) throws(FileProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(errorNumber: errno) }
        defer { close(descriptor) }

        // Taken before the bytes: what is written meanwhile makes the identity differ at the next look.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(errorNumber: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .isFolder }
        identity = Identity(status)
        bytes = try Self.read(descriptor, limit: limit)
    }

    private static func read(_ descriptor: Int32, limit: Int) throws(FileProblem) -> [UInt8] {
        let chunkSize = 64 << 10
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunkSize)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(errorNumber: errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }
}
