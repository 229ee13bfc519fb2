internal import Glibc
internal import JSON

/// Where a worker's local API listens, for programs that know its folder: `worker.json` there.
package enum WorkerAddress {
    private static let name = "/worker.json"

    static func write(_ url: String, in folder: String) {
        let descriptor = open(folder + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = (["url": .string(url), "pid": .integer(Int64(getpid()))] as JSONValue).encoded() + [0x0a]
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// The URL of the worker that has the folder, or had it last; nil if none ever listened.
    package static func read(in folder: String) -> String? {
        SnapshotStore.read(folder + name).flatMap { try? JSONValue(parsing: $0) }?["url"]?.string
    }
}
