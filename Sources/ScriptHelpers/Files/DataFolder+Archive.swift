internal import CurlTransport
internal import Glibc
internal import ScriptRuntime

/// `file.tar`
extension DataFolder {
    /// Packs all regular files below a folder and returns the archive's bare name in the data folder.
    func archive(_ path: String, second: Int64) throws(HelperError) -> String {
        let location = try locate(path)
        let folder = try openFolder(location.names, location.text, "open")
        let (file, name) = try newArchive(second)
        do {
            try pack(folder, location.text, into: file, name)
            return name
        } catch {
            unlinkat(root.descriptor, name, 0)
            forgetUsage()
            throw error
        }
    }

    /// Two archives within one second get different names.
    private func newArchive(_ second: Int64) throws(HelperError) -> (OpenFile, String) {
        try reserve(bytes: 0, entries: 1, for: ".")
        for attempt in 0..<10_000 {
            let name = "kubeshark_\(second)\(attempt == 0 ? "" : "_\(attempt)").tar.gz"
            let descriptor = openat(root.descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
            if descriptor >= 0 { return (OpenFile(descriptor: descriptor), name) }
            guard errno == EEXIST else { throw FileError.system("create", name) }
        }
        throw FileError.system("create", "kubeshark_\(second).tar.gz", EEXIST)
    }

    private func pack(_ folder: OpenFile, _ text: String, into file: OpenFile, _ name: String) throws(HelperError) {
        var members: [(path: String, status: stat)] = []
        walk(folder) { parent, path, status in
            let isInternal =
                folder.descriptor == root.descriptor && Self.internalNames.contains { path.hasPrefix($0 + "/") }
            if status.st_mode & S_IFMT == S_IFREG, !isInternal, !(folder === root && path == name) {
                members.append((path, status))
            }
        }
        let gzip = try GzipWriter(to: file, name)
        var reserved = 0
        for (path, status) in members {
            let inner = path.split(separator: "/").map(String.init)
            // Gone, or swapped for something else, since the walk: not worth failing for.
            guard let parent = try? open(inner.dropLast(), below: folder),
                case let descriptor = openat(
                    parent.descriptor, inner.last ?? "", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK),
                descriptor >= 0
            else { continue }
            let member = OpenFile(descriptor: descriptor)
            let slice = FileSlice(member, offset: 0, count: Self.size(of: member))
            try gzip.write(
                TarHeader(path: path, size: slice.count, mode: Int(status.st_mode & 0o777), time: status.st_mtim.tv_sec)
                    .bytes)
            var written = 0
            try Self.pieces(of: slice, text + "/" + path) { piece throws(HelperError) in
                try gzip.write(piece)
                written += piece.count
                let fresh = gzip.count - reserved
                reserved = gzip.count
                try reserve(bytes: fresh, entries: 0, for: name)
            }
            // A file that became shorter meanwhile must not shift what follows.
            let padding = slice.count - written + TarHeader.padding(slice.count)
            try Self.zeros(padding) { bytes throws(HelperError) in try gzip.write(bytes) }
        }
        try gzip.write([UInt8](repeating: 0, count: 1024))
        try gzip.finish()
        try reserve(bytes: gzip.count - reserved, entries: 0, for: name)
    }

    private func open(_ names: some Collection<String>, below folder: OpenFile) throws -> OpenFile {
        var folder = folder
        for name in names {
            let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileError.system("open", name) }
            folder = OpenFile(descriptor: descriptor)
        }
        return folder
    }

    private static func zeros(_ count: Int, _ take: ([UInt8]) throws(HelperError) -> Void) throws(HelperError) {
        var left = count
        while left > 0 {
            try take([UInt8](repeating: 0, count: min(left, 64 << 10)))
            left -= min(left, 64 << 10)
        }
    }
}

/// The header of one member of a tar archive (POSIX.1-2001, pax interchange format), with a pax record before it where the
/// name does not fit.
struct TarHeader {
    let path: String
    let size: Int
    let mode: Int
    let time: Int

    /// How many zeros stand behind a member of `size` bytes.
    static func padding(_ size: Int) -> Int { (512 - size % 512) % 512 }

    var bytes: [UInt8] {
        if path.utf8.count <= 100 { return block(name: path, size: size, type: "0") }
        let record = Self.record("path", path)
        return block(name: "pax", size: record.count, type: "x") + record
            + [UInt8](repeating: 0, count: Self.padding(record.count)) + block(name: "file", size: size, type: "0")
    }

    /// `length path=…`, where the length counts itself.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest
        while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    private func block(name: String, size: Int, type: Character) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(max(value, 0), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(time, 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6), at: 148)
        block[154] = 0
        block[155] = 0x20
        return block
    }
}
