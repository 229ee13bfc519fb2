internal import Glibc

/// What this process takes of its machine, as the kernel accounts for it.
package struct ProcessFigures: Sendable, Equatable {
    /// Memory in RAM, shared libraries included (`VmRSS`), in bytes.
    package var residentBytes = 0
    /// Memory in RAM that belongs to no file (`RssAnon`): heaps, stacks, compiled scripts; in bytes.
    package var anonymousBytes = 0
    /// Threads of the process.
    package var threads = 0
    /// Open descriptors.
    package var descriptors = 0

    package init() {}

    /// Reads `/proc/self`.
    package static func now() -> ProcessFigures {
        var figures = ProcessFigures()
        for line in text(of: "/proc/self/status").split(separator: "\n") {
            let fields = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
            guard fields.count > 1, let value = Int(fields[1]) else { continue }
            switch fields[0] {
            case "VmRSS": figures.residentBytes = value << 10
            case "RssAnon": figures.anonymousBytes = value << 10
            case "Threads": figures.threads = value
            default: break
            }
        }
        figures.descriptors = countDescriptors()
        return figures
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func countDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not the folder's own, nor "." and "..".
        return count - 3
    }
}
