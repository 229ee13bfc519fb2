internal import CurlTransport
internal import Glibc
package import ScriptRuntime

/// What `file.*` does.
extension DataFolder {
    /// A script's text is in memory twice while it is read; larger files are for uploads and archives.
    static let readLimit = 16 << 20

    func write(_ path: String, _ text: String) throws(HelperError) {
        let location = try locate(path)
        try reserve(bytes: text.utf8.count, entries: 1, for: path)
        let file = try openFile(location, O_WRONLY | O_CREAT | O_TRUNC)
        try Self.write(Array(text.utf8), to: file, path)
        // What was there before is gone.
        forgetUsage()
    }

    func append(_ path: String, _ text: String) throws(HelperError) {
        let location = try locate(path)
        try reserve(bytes: text.utf8.count, entries: 0, for: path)
        let file = try openFile(location, O_WRONLY | O_CREAT | O_APPEND)
        try Self.write(Array(text.utf8), to: file, path)
    }

    func read(_ path: String) throws(HelperError) -> String {
        let file = try openFile(try locate(path), O_RDONLY)
        let count = Self.size(of: file)
        guard count <= Self.readLimit else {
            throw HelperError("read \(path): it has \(count) bytes, more than the limit of 16 MiB", code: "EFBIG")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = bytes.withUnsafeMutableBytes { buffer -> Int? in
            var filled = 0
            while filled < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                guard let count = FileSlice(file, offset: filled, count: rest.count).read(at: 0, into: rest) else {
                    return nil
                }
                if count == 0 { break }
                filled += count
            }
            return filled
        }
        guard let read else { throw FileError.system("read", path) }
        return String(decoding: bytes.prefix(read), as: UTF8.self)
    }

    func exists(_ path: String) throws(HelperError) -> Bool {
        do {
            return try status(try locate(path), "stat") != nil
        } catch {
            if error.code == "ENOENT" || error.code == "ENOTDIR" { return false }
            throw error
        }
    }

    func size(_ path: String) throws(HelperError) -> Int {
        guard let status = try status(try locate(path), "stat") else { throw FileError.system("stat", path, ENOENT) }
        return Int(status.st_size)
    }

    /// The names in a folder, sorted; those of folders end with a slash.
    package func list(_ path: String) throws(HelperError) -> [String] {
        let location = try locate(path)
        let folder = try openFolder(location.names, location.text, "open")
        return Self.names(in: folder).compactMap { name in
            if location.names.isEmpty, Self.internalNames.contains(name) { return nil }
            return Self.kind(of: name, in: folder) == S_IFDIR ? name + "/" : name
        }
    }

    package func makeFolder(_ path: String) throws(HelperError) {
        let location = try locate(path)
        var folder = root
        for (depth, name) in location.names.enumerated() {
            if mkdirat(folder.descriptor, name, 0o755) == 0 {
                try reserve(bytes: 0, entries: 1, for: path)
            } else if errno != EEXIST {
                throw FileError.system("mkdir", path)
            }
            folder = try openFolder(location.names[...depth], location.text, "mkdir")
        }
    }

    /// Recursive; what is not there needs no deleting.
    func delete(_ path: String) throws(HelperError) {
        let location = try locate(path)
        guard let name = location.name else {
            throw HelperError("delete \(path): this is the data directory itself", code: "EACCES")
        }
        let folder: OpenFile
        do {
            folder = try openParent(of: location, "delete")
        } catch {
            if error.code == "ENOENT" { return }
            throw error
        }
        defer { forgetUsage() }
        guard Self.remove(name, from: folder) else { throw FileError.system("delete", path) }
    }

    /// Links are removed, what they lead to is not.
    private static func remove(_ name: String, from folder: OpenFile) -> Bool {
        if unlinkat(folder.descriptor, name, 0) == 0 || errno == ENOENT { return true }
        guard errno == EISDIR || errno == EPERM else { return false }
        let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT }
        let inner = OpenFile(descriptor: descriptor)
        for child in names(in: inner) where !remove(child, from: inner) { return false }
        return unlinkat(folder.descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }

    func move(_ old: String, _ new: String) throws(HelperError) {
        let source = try locate(old)
        guard let name = source.name else {
            throw HelperError("rename \(old): this is the data directory itself", code: "EACCES")
        }
        let target = try inside(try locate(new), name)
        let from = try openParent(of: source, "rename")
        let to = try openParent(of: target, "rename")
        guard let newName = target.name, renameat(from.descriptor, name, to.descriptor, newName) == 0 else {
            throw FileError.system("rename", old)
        }
        forgetUsage()
    }

    func copy(_ old: String, _ new: String) throws(HelperError) {
        let source = try locate(old)
        let file = try openFile(source, O_RDONLY)
        let target = try inside(try locate(new), source.name ?? "")
        let count = Self.size(of: file)
        try reserve(bytes: count, entries: 1, for: new)
        var status = stat()
        fstat(file.descriptor, &status)
        // Not truncated by opening: it may be the source itself.
        let copy = try openFile(target, O_WRONLY | O_CREAT)
        var targetStatus = stat()
        fstat(copy.descriptor, &targetStatus)
        guard (status.st_dev, status.st_ino) != (targetStatus.st_dev, targetStatus.st_ino) else { return }
        guard ftruncate(copy.descriptor, 0) == 0 else { throw FileError.system("write", new) }
        try Self.pieces(of: FileSlice(file, offset: 0, count: count), old) { piece throws(HelperError) in
            try Self.write(piece, to: copy, new)
        }
        fchmod(copy.descriptor, status.st_mode & 0o777)
    }

    /// A folder as the target stands for a file of the same name in it.
    private func inside(_ target: Location, _ name: String) throws(HelperError) -> Location {
        guard let status = try status(target, "stat"), status.st_mode & S_IFMT == S_IFDIR else { return target }
        return Location(text: target.text + "/" + name, names: target.names + [name])
    }

    private func status(_ location: Location, _ operation: String) throws(HelperError) -> stat? {
        let folder = try openParent(of: location, operation)
        var status = stat()
        guard fstatat(folder.descriptor, location.name ?? ".", &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw FileError.system(operation, location.text)
        }
        return status
    }

    // MARK: Temporary names

    func makeTemporaryFolder(_ name: String, in path: String) throws(HelperError) -> String {
        try makeTemporary(name, in: path, suffix: "") { folder, name in mkdirat(folder.descriptor, name, 0o755) }
    }

    func makeTemporaryFile(_ name: String, in path: String, suffix: String) throws(HelperError) -> String {
        try makeTemporary(name, in: path, suffix: ".\(suffix)") { folder, name in
            let descriptor = openat(folder.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 { close(descriptor) }
            return min(descriptor, 0)
        }
    }

    private func makeTemporary(
        _ name: String, in path: String, suffix: String, _ make: (OpenFile, String) -> Int32
    ) throws(HelperError) -> String {
        guard !name.contains("/"), !suffix.contains("/") else { throw FileError.escape(name + suffix) }
        let location = try locate(path)
        let folder = try openFolder(location.names, location.text, "open")
        try reserve(bytes: 0, entries: 1, for: path)
        for _ in 0..<100 {
            let candidate = name + String(UInt64.random(in: .min ... .max)) + suffix
            if make(folder, candidate) == 0 { return (location.names + [candidate]).joined(separator: "/") }
            guard errno == EEXIST else { break }
        }
        throw FileError.system("create", path + "/" + name + suffix)
    }

    // MARK: Bytes

    static func write(_ bytes: [UInt8], to file: OpenFile, _ path: String) throws(HelperError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file.descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.system("write", path)
            }
            done += count
        }
    }

    /// Reads a part of a file piece by piece.
    static func pieces(
        of slice: FileSlice, _ path: String, _ take: ([UInt8]) throws(HelperError) -> Void
    ) throws(HelperError) {
        var position = 0
        while position < slice.count {
            var piece = [UInt8](repeating: 0, count: min(256 << 10, slice.count - position))
            guard let count = piece.withUnsafeMutableBytes({ slice.read(at: position, into: $0) }) else {
                throw FileError.system("read", path)
            }
            if count == 0 { return }
            try take(count == piece.count ? piece : Array(piece[..<count]))
            position += count
        }
    }
}
