package import CurlTransport
internal import Glibc
internal import ScriptRuntime
internal import Threading

/// The folder that scripts' files are fenced into.
///
/// Paths are relative to it, also when they begin with a slash. Each folder on the way is opened by itself and without
/// following links (`openat`, `O_NOFOLLOW`), so that neither `..` nor a symbolic link leads out, also if somebody swaps
/// one in at the last moment. Errors are ``HelperError`` with the path as it was given.
package final class DataFolder: Sendable {
    /// Files and folders below the data folder; each costs an inode of the node.
    static let entryLimit = 100_000

    /// Folders of Remora itself right below the data folder, which scripts can neither change nor see.
    package static let internalNames: Set<String> = [".remora"]

    struct Usage: Sendable {
        var bytes = 0
        var entries = 0
        /// Nil: must be counted anew.
        var countedAt: ContinuousClock.Instant?
    }

    /// The folder's own path, for other modules of the process; scripts never see it.
    package let path: String
    /// Bytes that all scripts of the process may keep.
    package let quota: Int
    let root: OpenFile
    let usage = Locked(Usage())

    /// Opens the folder, and makes it if there is none.
    package init(_ path: String, quota: Int) throws {
        self.path = path
        self.quota = quota
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o755) != 0, errno != EEXIST { throw FileError.system("mkdir", path) }
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.system("open", path) }
        root = OpenFile(descriptor: descriptor)
    }

    // MARK: Paths

    /// A path taken apart: the names on the way, and the last one; none for the data folder itself.
    struct Location {
        let text: String
        let names: [String]

        var name: String? { names.last }
    }

    /// Reads a path of a script.
    func locate(_ text: String) throws(HelperError) -> Location {
        guard !text.utf8.contains(0) else { throw FileError.escape(text.replacing("\0", with: "\\0")) }
        let names = text.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !names.contains("..") else { throw FileError.escape(text) }
        if let first = names.first, Self.internalNames.contains(first) {
            throw HelperError("open \(text): this folder is Remora's own", code: "EACCES")
        }
        return Location(text: text.isEmpty ? "." : text, names: names)
    }

    /// Opens the folder in which a path's last name stands.
    func openParent(of location: Location, _ operation: String) throws(HelperError) -> OpenFile {
        try openFolder(location.names.dropLast(), location.text, operation)
    }

    /// Opens a folder below the data folder.
    func openFolder(
        _ names: some Collection<String>, _ text: String, _ operation: String
    ) throws(HelperError) -> OpenFile {
        var folder = root
        for name in names {
            let descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure(operation, text, in: folder, name) }
            folder = OpenFile(descriptor: descriptor)
        }
        return folder
    }

    /// Opens a regular file; `flags` are those of `open(2)` besides what keeps us inside.
    func openFile(_ location: Location, _ flags: Int32, _ operation: String = "open") throws(HelperError) -> OpenFile {
        let folder = try openParent(of: location, operation)
        guard let name = location.name else { throw FileError.system(operation, location.text, EISDIR) }
        // Without O_NONBLOCK a pipe that lies there would keep us waiting for its other end.
        let descriptor = openat(folder.descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { throw failure(operation, location.text, in: folder, name) }
        let file = OpenFile(descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw status.st_mode & S_IFMT == S_IFDIR
                ? FileError.system(operation, location.text, EISDIR) : FileError.notRegular(location.text)
        }
        return file
    }

    /// What the last call's failure means: a link in the way is an attempt to get out.
    private func failure(_ operation: String, _ text: String, in folder: OpenFile, _ name: String) -> HelperError {
        let number = errno
        if number == ELOOP || number == ENOTDIR, Self.kind(of: name, in: folder) == S_IFLNK {
            return FileError.escape(text)
        }
        return FileError.system(operation, text, number)
    }

    /// `S_IFREG`, `S_IFDIR` and so on; nil if there is nothing of that name.
    static func kind(of name: String, in folder: OpenFile) -> mode_t? {
        var status = stat()
        guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    /// The size of an open file.
    static func size(of file: OpenFile) -> Int {
        var status = stat()
        return fstat(file.descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    // MARK: For uploads

    /// A whole file as the body of a request, and its bare name.
    package func upload(_ path: String) throws -> (body: FileSlice, name: String) {
        let location = try locate(path)
        let file = try openFile(location, O_RDONLY)
        return (FileSlice(file, offset: 0, count: Self.size(of: file)), location.name ?? path)
    }
}
