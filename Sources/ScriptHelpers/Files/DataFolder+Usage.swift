internal import CurlTransport
internal import Glibc
internal import ScriptRuntime

/// How much of the quota is used.
extension DataFolder {
    /// Counting is a walk over all files: what others put there in the meantime shows after this long at the latest.
    private static let countInterval: Duration = .seconds(10)
    /// When the quota seems used up, what was deleted by others must show soon.
    private static let recountInterval: Duration = .seconds(1)

    /// Makes room for bytes that are about to be written, or throws. Also for other modules that write into the folder.
    package func reserve(bytes: Int, for path: String) throws {
        try reserve(bytes: bytes, entries: 0, for: path)
    }

    func reserve(bytes: Int, entries: Int, for path: String) throws(HelperError) {
        func take() -> Bool {
            usage.withLock { usage in
                guard usage.bytes + bytes <= quota, usage.entries + entries <= Self.entryLimit else { return false }
                usage.bytes += bytes
                usage.entries += entries
                return true
            }
        }
        count(olderThan: Self.countInterval)
        if take() { return }
        count(olderThan: Self.recountInterval)
        if take() { return }
        let isTooMany = usage.withLock { $0.entries + entries > Self.entryLimit }
        throw isTooMany
            ? HelperError(
                "write \(path): the data directory has \(Self.entryLimit) entries, which is the limit", code: "EDQUOT")
            : FileError.quota(path, quota)
    }

    /// Something was deleted or replaced: the next reservation counts.
    func forgetUsage() { usage.withLock { $0.countedAt = nil } }

    private func count(olderThan age: Duration) {
        let isDue = usage.withLock { $0.countedAt.map { .now - $0 > age } ?? true }
        guard isDue else { return }
        var counted = Usage()
        walk(root) { _, _, status in
            counted.entries += 1
            if status.st_mode & S_IFMT == S_IFREG { counted.bytes += Int(status.st_size) }
        }
        counted.countedAt = .now
        usage.withLock { $0 = counted }
    }

    /// Visits everything below a folder, folders before what is in them; links are visited, not followed.
    func walk(_ folder: OpenFile, below prefix: String = "", _ visit: (OpenFile, String, stat) -> Void) {
        for name in Self.names(in: folder) {
            var status = stat()
            guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            visit(folder, prefix + name, status)
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            walk(OpenFile(descriptor: descriptor), below: "\(prefix)\(name)/", visit)
        }
    }

    /// What stands in a folder, sorted; internal folders belong to it.
    static func names(in folder: OpenFile) -> [String] {
        // A description of its own: `fdopendir` takes it over, and its position must not be shared.
        let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
