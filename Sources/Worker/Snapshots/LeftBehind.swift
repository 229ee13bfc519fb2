internal import Glibc
package import JSON
package import PacketCapture
internal import ScriptHelpers
internal import ScriptTraffic

/// What a worker has left in its folder: its ring can be copied from when it does not run any more.
package struct LeftBehind {
    private let folder: String
    private let ringPath: String

    /// Names the folder, and the ring if it is not in there.
    package init(folder: String, ring: String? = nil) {
        self.folder = folder
        ringPath = ring ?? folder + "/ring.pcapng"
    }

    /// Copies packets out of the ring. Flows cannot be named: their numbers died with the worker.
    package func take(_ request: JSONValue) throws -> SnapshotStore.Snapshot {
        var request = request
        let name = request["name"]?.string
        request["name"] = nil
        let selection = try PacketSelection(request)
        if selection.streams != nil {
            throw WorkerError(
                "the worker does not run, and with it the names of streams are gone: select by time or --ip")
        }
        guard let settings = SegmentRing.settings(of: ringPath) else {
            throw WorkerError("there is no packet ring \(ringPath), and no worker that answers")
        }
        let ring = try SegmentRing(path: ringPath, settings: settings)
        let archive = try PacketArchive(
            ring: ring, index: StreamIndex(ring), names: PeerNames(),
            folder: DataFolder(folder + "/snapshots", quota: .max))
        return try SnapshotStore(archive).take(selection, name: name, trigger: "left behind")
    }

    /// Keeps what is in the ring, if a ring of another size is about to take its place. Returns the snapshot's name.
    package func keep(before settings: RingSettings) throws -> String? {
        guard let old = SegmentRing.settings(of: ringPath),
            (old.segmentBytes, old.segmentCount) != (settings.segmentBytes, settings.segmentCount)
        else { return nil }
        let ring = try SegmentRing(path: ringPath, settings: old)
        guard let last = ring.recovery?.lastTime else { return nil }
        let archive = try PacketArchive(
            ring: ring, index: StreamIndex(ring), names: PeerNames(),
            folder: DataFolder(folder + "/snapshots", quota: .max))
        return try SnapshotStore(archive).takeCrash(before: last).name
    }

    /// Reads a file in pieces.
    package static func read(_ path: String, _ take: ([UInt8]) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WorkerError("cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        while true {
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw WorkerError("cannot read \(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return }
            try take(Array(piece[..<count]))
        }
    }
}
