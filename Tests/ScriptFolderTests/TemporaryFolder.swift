import FoundationEssentials
import Glibc

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func at(_ name: String) -> String { path + "/" + name }

    /// Writes in place: truncates, then writes.
    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: at(name)))
    }

    /// Writes as most editors do: another file, then a rename.
    func save(_ name: String, _ text: String) throws {
        try write("." + name + ".swp", text)
        try replace(name, with: "." + name + ".swp")
    }

    /// Renames over what is there.
    func replace(_ name: String, with other: String) throws {
        guard rename(at(other), at(name)) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: at(name)) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: at(name), withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: at(name), withDestinationPath: target)
    }
}
