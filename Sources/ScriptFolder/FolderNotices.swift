internal import Glibc

/// The kernel's notices of what happens in folders (inotify(7)). Used by one thread.
struct FolderNotices: ~Copyable {
    private let descriptor: Int32
    private var folders: [String: Int32] = [:]
    /// Folders that the kernel refuses to watch: then only looking again and again helps.
    private(set) var refused: [String: Int32] = [:]
    private var listed: Set<String> = []

    /// Writing counts when the file is closed, and while it goes on it keeps the folder unquiet (`IN_MODIFY`).
    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR)

    init() { descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What `poll` waits on; negative, which `poll` passes over, if the system gives out no more of them.
    var pollDescriptor: Int32 { descriptor }

    /// Whether some folder is not watched.
    var isBlind: Bool { descriptor < 0 || !refused.isEmpty }

    /// Notices of folders that are listed from now on until ``endListing()`` are wanted, those of others no longer.
    mutating func beginListing() {
        listed = []
        refused = [:]
    }

    /// Watches a folder; to be called before it is read. Watching a folder again that was replaced watches the new one.
    mutating func list(_ folder: String) {
        listed.insert(folder)
        let watch = inotify_add_watch(descriptor, folder, Self.mask)
        if watch < 0 {
            // What is not there cannot be watched, and the folder above tells when it comes, or the next scan.
            if errno != ENOENT { refused[folder] = errno }
        } else if let old = folders.updateValue(watch, forKey: folder), old != watch {
            // Another folder has taken the path; the old one lives on under another name, or not at all.
            inotify_rm_watch(descriptor, old)
        }
    }

    mutating func endListing() {
        let kept = Set(folders.filter { listed.contains($0.key) }.values)
        for (folder, watch) in folders where !listed.contains(folder) {
            folders[folder] = nil
            if !kept.contains(watch) { inotify_rm_watch(descriptor, watch) }
        }
    }

    /// Takes all notices that wait; true if one of them can concern a script.
    func take() -> Bool {
        let (maskOffset, lengthOffset, nameOffset) = (4, 12, 16)
        var isOfInterest = false
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                while offset + nameOffset <= count {
                    let mask = buffer.loadUnaligned(fromByteOffset: offset + maskOffset, as: UInt32.self)
                    let length = Int(buffer.loadUnaligned(fromByteOffset: offset + lengthOffset, as: UInt32.self))
                    let name = buffer[(offset + nameOffset)..<min(count, offset + nameOffset + length)]
                    isOfInterest = isOfInterest || Self.concernsScripts(name.prefix { $0 != 0 }, mask)
                    offset += nameOffset + length
                }
            }
        }
        return isOfInterest
    }

    /// Folders count as well as scripts: in a recursive source, and `..data`, which a mounted config map swaps. An
    /// overflow and the end of the folder itself have no name.
    private static func concernsScripts(_ name: some Collection<UInt8>, _ mask: UInt32) -> Bool {
        let name = String(decoding: name, as: UTF8.self)
        return name.isEmpty || mask & UInt32(IN_ISDIR) != 0 || name == "..data" || FolderScanner.isScriptName(name)
    }
}
