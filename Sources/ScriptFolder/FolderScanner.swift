internal import Glibc

/// Reads sources: the effect at the edge of ``ScriptFolderState``.
///
/// Only names that end in `.js` count; hidden files and what editors leave (`a.js~`, `.a.js.swp`) do not. Links to files
/// are followed, because a mounted config map consists of them; links to folders below the source are not, because they
/// can lead in circles.
public struct FolderScanner: Sendable {
    private let sources: [ScriptSource]
    private let limits: ScriptFolderLimits

    /// Takes the sources.
    public init(_ sources: [ScriptSource], limits: ScriptFolderLimits = ScriptFolderLimits()) {
        self.sources = sources
        self.limits = limits
    }

    /// Reads everything once. `willList` is called with each folder before it is read, so that no change is missed
    /// between the reading and the watching.
    public func scan(willList: (String) -> Void = { _ in }) -> ScriptFolderScan {
        var scan = ScriptFolderScan()
        var seen: Set<String> = []
        for source in sources {
            var walk = Walk(source: source, limits: limits, count: scan.entries.count + scan.unreadable.count)
            walk.run(willList)
            // The same file by two sources would be two scripts that do everything twice.
            for entry in walk.found where seen.insert(entry.file.identity.location).inserted {
                scan.entries.append(entry)
            }
            scan.unreadable.formUnion(walk.unreadable)
            scan.problems += walk.problems
        }
        return scan
    }

    /// Whether a name in a folder can be a script's.
    static func isScriptName(_ name: some StringProtocol) -> Bool {
        name.hasSuffix(".js") && !name.hasPrefix(".") && name.count > 3
    }
}

/// The reading of one source.
private struct Walk {
    let source: ScriptSource
    let limits: ScriptFolderLimits
    /// How many files there are already.
    var count: Int
    var found: [ScriptFolderScan.Entry] = []
    var unreadable: Set<ScriptFileIdentity> = []
    var problems: [ScriptFolderProblem] = []
    private var hasReportedCount = false

    init(source: ScriptSource, limits: ScriptFolderLimits, count: Int) {
        self.source = source
        self.limits = limits
        self.count = count
    }

    mutating func run(_ willList: (String) -> Void) {
        var status = stat()
        guard stat(source.path, &status) == 0 else {
            // A file that is not there may come, and then its folder tells.
            willList(source.path.folderPart)
            return report(source.path, errno)
        }
        if status.isFolder {
            list(source.path, below: "", depth: 0, willList)
        } else {
            willList(source.path.folderPart)
            guard source.path.hasSuffix(".js") else {
                return report(source.path, "is no script: its name does not end in .js")
            }
            read(
                ScriptFileIdentity(source: source.path, path: source.path.lastPart, location: source.path),
                status)
        }
    }

    private mutating func list(_ folder: String, below prefix: String, depth: Int, _ willList: (String) -> Void) {
        willList(folder)
        let names: [String]
        switch Self.names(in: folder) {
        case .success(let found): names = found.sorted()
        case .failure(let error): return report(folder, error.number)
        }
        for name in names where !name.hasPrefix(".") {
            let location = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            var status = stat()
            let isLink = lstat(location, &status) == 0 && status.isLink
            if isLink, stat(location, &status) != 0 {
                if FolderScanner.isScriptName(name) { report(location, "is a link to a file that is not there") }
                continue
            }
            if status.isFolder {
                guard source.isRecursive, !isLink else { continue }
                guard depth < limits.depth else {
                    report(location, "is more than \(limits.depth) folders deep, and is not read")
                    continue
                }
                list(location, below: prefix + name + "/", depth: depth + 1, willList)
            } else if FolderScanner.isScriptName(name) {
                read(ScriptFileIdentity(source: source.path, path: prefix + name, location: location), status)
            }
        }
    }

    private mutating func read(_ identity: ScriptFileIdentity, _ status: stat) {
        guard count < limits.files else {
            if !hasReportedCount {
                report(
                    source.path, "has more than \(limits.files) scripts; the rest is not read: is it the right folder?")
            }
            hasReportedCount = true
            return
        }
        count += 1
        guard status.st_mode & S_IFMT == S_IFREG else { return report(identity.location, "is no regular file") }
        switch Self.contents(of: identity.location, limit: limits.fileBytes) {
        case .failure(let error):
            unreadable.insert(identity)
            report(identity.location, error.number)
        case .success(let bytes) where bytes.count > limits.fileBytes:
            unreadable.insert(identity)
            report(identity.location, "has more than \(limits.fileBytes >> 10) KiB, more than a config map can hold")
        case .success(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                unreadable.insert(identity)
                return report(identity.location, "is not UTF-8: save it with that encoding")
            }
            found.append(
                ScriptFolderScan.Entry(file: ScriptFile(identity: identity, text: text), age: Self.age(status)))
        }
    }

    private mutating func report(_ path: String, _ errorNumber: Int32) {
        // A file that went between the listing and the reading is simply gone.
        if errorNumber == ENOENT, path != source.path { return }
        report(path, String(cString: strerror(errorNumber)).lowercasedFirst)
    }

    private mutating func report(_ path: String, _ text: String) {
        problems.append(ScriptFolderProblem(path: path, text: text))
    }

    private static func age(_ status: stat) -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return .seconds(now.tv_sec - status.st_mtim.tv_sec) + .nanoseconds(now.tv_nsec - status.st_mtim.tv_nsec)
    }

    private struct SystemError: Error { let number: Int32 }

    private static func names(in folder: String) -> Result<[String], SystemError> {
        guard let stream = opendir(folder) else { return .failure(SystemError(number: errno)) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        return .success(names)
    }

    /// The bytes of a file, at most one more than `limit`.
    private static func contents(of path: String, limit: Int) -> Result<[UInt8], SystemError> {
        // A pipe that took the file's place since would hold the thread for ever without O_NONBLOCK.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(SystemError(number: errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var failure: Int32 = 0
        let piece = 1 << 16
        while bytes.count <= limit {
            var got = 0
            bytes += [UInt8](unsafeUninitializedCapacity: piece) { buffer, count in
                got = Glibc.read(descriptor, buffer.baseAddress, min(piece, limit + 1 - bytes.count))
                if got < 0 { failure = errno }
                count = max(got, 0)
            }
            if got <= 0 { break }
        }
        return failure == 0 ? .success(bytes) : .failure(SystemError(number: failure))
    }
}

extension stat {
    fileprivate var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    fileprivate var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
}

extension String {
    /// The folder in which the file of this path lies.
    var folderPart: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// The name of the file of this path.
    var lastPart: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }

    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
