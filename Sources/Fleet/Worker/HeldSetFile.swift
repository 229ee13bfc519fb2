internal import FoundationEssentials
internal import Glibc
internal import JSON

/// The set that a worker holds, in a file beside it: so that it works while the hub is away.
///
/// Written whole under another name and then renamed: after a death at any moment there is the old one or the new one.
/// It holds `env`, so nobody else may read it.
package struct HeldSetFile: Sendable {
    private let folder: String
    private let name: String
    private var path: String { "\(folder)/\(name).json" }

    /// In a folder, which is made if it is not there.
    package init(folder: String, name: String = "fleet-set") {
        self.folder = folder
        self.name = name
    }

    /// What is there; nil: nothing. Throws if it cannot be read.
    package func read() throws -> HeldSet? {
        guard access(path, F_OK) == 0 else { return nil }
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        return try HeldSet(try JSONValue(parsing: bytes))
    }

    /// Replaces it.
    package func write(_ held: HeldSet) throws {
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw Self.failure("make the folder \(folder)") }
        let bytes = held.json.encoded()
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open \(temporary)") }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write \(temporary)") }
            written += count
        }
        guard rename(temporary, path) == 0 else { throw Self.failure("rename \(temporary)") }
    }

    /// Forgets it.
    package func remove() { unlink(path) }

    private static func failure(_ action: String) -> FleetWireError {
        FleetWireError("cannot \(action): \(String(cString: strerror(errno)))")
    }
}
