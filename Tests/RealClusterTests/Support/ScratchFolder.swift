import FoundationEssentials
import Glibc

/// A folder for the files of one test, gone when the test is over.
struct ScratchFolder: Sendable {
    let path: String

    static func run(_ body: (ScratchFolder) async throws -> Void) async throws {
        let name = "remora-test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let path = FileManager.default.temporaryDirectory.appending(path: name).path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(ScratchFolder(path: path))
    }

    /// Writes a file in one step and returns its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// Copies a file in one step and returns the copy's path.
    @discardableResult
    func copy(_ file: String, to name: String) throws -> String {
        try write(String(contentsOfFile: file, encoding: .utf8), to: name)
    }

    /// Publishes a file as a kubelet does: in a new folder, to which the link `..data` is then turned. Returns the path by
    /// which the file is to be read, which never changes.
    @discardableResult
    func publish(_ text: String, as name: String) throws -> String {
        let folder = "..\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: false)
        try write(text, to: "\(folder)/\(name)")
        try link("..data", to: folder)
        try link(name, to: "..data/\(name)")
        return "\(path)/\(name)"
    }

    /// Lets a link lead elsewhere, in one step.
    private func link(_ name: String, to destination: String) throws {
        let temporary = "\(path)/\(name).new"
        try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: destination)
        guard rename(temporary, "\(path)/\(name)") == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
