package import Dissection
package import FilterLanguage
internal import Glibc
package import PacketCapture
package import ScriptHelpers
internal import ScriptRuntime
internal import Threading

/// The packets of this process, for scripts and people: what the ring holds, selected and written to files in the data
/// folder.
///
/// A file gets its name only when it is complete, and counts toward the folder's quota. Thread-safe; writing goes on beside
/// capturing, which never waits for it.
package final class PacketArchive: Sendable {
    /// The ring.
    package let ring: SegmentRing
    /// Which packets of it belong to which flow.
    package let index: StreamIndex
    /// Who had which address.
    package let names: PeerNames
    let folder: DataFolder
    /// The folder's path.
    package var folderPath: String { folder.path }
    private let dissection: DissectionSettings
    private let shared: Locked<Shared>

    private struct Shared {
        var lastPart = 0
        /// How long a flow's file stays after it was written; zero: none are written.
        var streamFilesKept: Duration
        var macros = FilterMacros.builtIn
        /// When the files of flows were written, by name.
        var streamFiles: [String: ContinuousClock.Instant] = [:]
    }

    /// Where files of flows are.
    package static let streamFolder = "pcaps"
    /// Files of flows at a time: each costs an inode.
    private static let streamFileLimit = 10_000
    /// Room that is left on the disk, for others.
    private static let spareBytes = 16 << 20

    /// - Parameters:
    ///   - dissection: how items are made when a filter selects flows.
    ///   - streamFilesKept: how long what `pcap.path` has written stays (`PCAP_TTL`); zero: nothing is written.
    package init(
        ring: SegmentRing, index: StreamIndex, names: PeerNames, folder: DataFolder,
        dissection: DissectionSettings = .init(), streamFilesKept: Duration = PacketArchive.streamFilesKept
    ) throws {
        self.ring = ring
        self.index = index
        self.names = names
        self.folder = folder
        self.dissection = dissection
        shared = Locked(Shared(streamFilesKept: streamFilesKept))
        for name in ["/.remora", "/.remora/parts"] where mkdir(folder.path + name, 0o755) != 0 && errno != EEXIST {
            throw ArchiveError.system(folder.path + name, systemText(errno))
        }
        removeParts()
    }

    /// How long files of flows stay by default.
    package static let streamFilesKept: Duration = .seconds(300)

    /// Keeps files of flows for so long from now on, those that are there too; zero: none are written.
    package func keepStreamFiles(for duration: Duration) throws {
        shared.withLock { $0.streamFilesKept = duration }
        try removeOldStreamFiles()
    }

    /// Lets filters use other macros.
    package func setMacros(_ macros: FilterMacros) { shared.withLock { $0.macros = macros } }

    /// What a worker before this one had not finished.
    private func removeParts() {
        let path = folder.path + "/.remora/parts"
        guard let stream = opendir(path) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
    }

    // MARK: Snapshots

    /// Writes the selected packets; returns the file's name in the data folder and what is in it.
    ///
    /// - Parameters:
    ///   - name: the file's path below the data folder without its ending; by default the present second.
    ///   - notice: told what was passed over.
    package func snapshot(
        _ selection: PacketSelection, name: String? = nil, notice: (String) -> Void = { _ in }
    ) throws -> (name: String, result: SnapshotResult) {
        var request = try request(for: selection, notice)
        try checkRoom(for: request)
        let part = newPart()
        defer { unlink(part) }
        var result: SnapshotResult
        if let filter = selection.filter {
            result = try takeFiltered(filter, &request, to: part)
        } else {
            result = try SnapshotTaker(ring: ring, index: index).take(request, to: part)
        }
        if result.packetsMissed > 0 {
            notice("\(result.packetsMissed) packets were overwritten before they could be copied")
        }
        let ending = selection.isPcapng ? "pcapng" : "pcap"
        let final = try publish(part, result, as: name ?? "\(Self.now() / 1_000_000_000)", ending: ending)
        result.path = folder.path + "/" + final
        return (final, result)
    }

    private func request(
        for selection: PacketSelection, _ notice: (String) -> Void
    ) throws -> SnapshotRequest {
        var request = SnapshotRequest()
        request.from = selection.from
        request.to = selection.to
        request.format = selection.isPcapng ? .pcapng : .automatic
        if selection.isPcapng { request.names = names.latest }
        if let streams = selection.streams {
            request.streams = streams.compactMap { text in
                let name = StreamName(text)
                if name == nil { notice("\"\(text)\" is no name of a stream; it is passed over") }
                return name?.stream
            }
        }
        var addresses = Set(selection.addresses.compactMap { IPAddress($0) })
        if selection.pod != nil || selection.namespace != nil {
            let parts = selection.pod?.split(separator: "/", maxSplits: 1).map(String.init) ?? []
            let namespace = parts.count == 2 ? parts[0] : selection.namespace
            let ofPods = names.addresses(
                name: parts.last, namespace: namespace,
                in: (selection.from ?? .min)...max(selection.to ?? .max, selection.from ?? .min))
            guard !ofPods.isEmpty else {
                let what = selection.pod.map { "pod \($0)" } ?? "pod in namespace \(namespace ?? "")"
                throw ArchiveError.unknownPod(what)
            }
            addresses = addresses.isEmpty ? ofPods : addresses.intersection(ofPods)
        }
        request.addresses = addresses
        return request
    }

    /// Dissects what else was selected, and keeps the flows in which something matches.
    private func takeFiltered(
        _ text: String, _ request: inout SnapshotRequest, to path: String
    ) throws -> SnapshotResult {
        let filter = try Filter(text, macros: shared.withLock { $0.macros })
        let everything = newPart()
        defer { unlink(everything) }
        var names: [IPAddress: String] = [:]
        swap(&names, &request.names)
        let taken = try SnapshotTaker(ring: ring, index: index).take(request, to: everything)
        var loaded = LoadedPackets()
        if let problem = loaded.add(path: everything) { throw ArchiveError.system(everything, problem) }
        var dissector = TrafficDissector(dissection)
        var streams: [UInt64] = []
        var matching: Set<UInt64> = []
        streams.reserveCapacity(loaded.packets.count)
        var scene = ItemScene()
        scene.resolver = self.names
        func judge(_ items: [Item]) {
            for item in items where !matching.contains(item.connection.number) {
                if filter.matches(ItemView(item, scene)) { matching.insert(item.connection.number) }
            }
        }
        for packet in loaded.packets {
            streams.append(dissector.process(packet).stream)
            dissector.drain { judge($0) }
        }
        dissector.finish()
        dissector.drain { judge($0) }
        request.names = names
        var result = try loaded.write(request, to: path) { matching.contains(streams[$0]) }
        result.packetsMissed = taken.packetsMissed
        return result
    }

    /// Puts the packets of capture files in a folder of the data folder into one; those named, or all `*.pcap`.
    package func merge(
        _ selected: [String], in directory: String, notice: (String) -> Void = { _ in }
    ) throws -> (name: String, result: SnapshotResult) {
        let wanted = Set(selected.map { String($0.split(separator: "/").last ?? "") })
        let files = try folder.list(directory).filter {
            $0.hasSuffix(".pcap") && (wanted.isEmpty || wanted.contains($0))
        }
        var loaded = LoadedPackets()
        for file in files.sorted() {
            let path = directory.isEmpty ? file : "\(directory)/\(file)"
            if let problem = loaded.add(path: "\(folder.path)/\(path)") { notice("\(path): \(problem)") }
        }
        let part = newPart()
        defer { unlink(part) }
        try checkRoom(bytes: loaded.byteCount)
        var result = try loaded.write(.init(), to: part)
        let final = try publish(part, result, as: "\(Self.now() / 1_000_000_000)", ending: "pcap")
        result.path = folder.path + "/" + final
        return (final, result)
    }

    // MARK: Flows

    /// The path of a flow's capture file, relative to the data folder. What the ring has of the flow is written there, and
    /// stays for a while; if the ring has nothing, there is no file.
    package func path(of stream: String, notice: (String) -> Void = { _ in }) throws -> String {
        let base = String(stream.split(separator: "/").last ?? "")
        let path = "\(Self.streamFolder)/\(base)"
        guard shared.withLock({ $0.streamFilesKept }) > .zero else {
            notice("PCAP_TTL is 0: there are no files of streams")
            return path
        }
        guard let name = StreamName(base), name.description == base, index.has(name.stream) else { return path }
        try folder.makeFolder(Self.streamFolder)
        try removeOldStreamFiles()
        var request = SnapshotRequest()
        request.streams = [name.stream]
        let part = newPart()
        defer { unlink(part) }
        let result = try SnapshotTaker(ring: ring, index: index).take(request, to: part)
        guard result.packets > 0 else { return path }
        try folder.reserve(bytes: Int(result.bytes), for: path)
        guard rename(part, "\(folder.path)/\(path)") == 0 else { throw ArchiveError.system(path, systemText(errno)) }
        shared.withLock { $0.streamFiles[path] = .now }
        return path
    }

    private func removeOldStreamFiles() throws {
        let now = ContinuousClock.now
        let old = try shared.withLock { shared in
            let kept = shared.streamFilesKept
            let old = shared.streamFiles.filter { now - $0.value >= kept }.map(\.key)
            for name in old { shared.streamFiles[name] = nil }
            guard shared.streamFiles.count < Self.streamFileLimit else {
                throw ArchiveError.tooManyStreams(Self.streamFileLimit)
            }
            return old
        }
        for name in old { unlink("\(folder.path)/\(name)") }
    }

    // MARK: Files

    private func newPart() -> String {
        let number = shared.withLock { shared in
            shared.lastPart += 1
            return shared.lastPart
        }
        return "\(folder.path)/.remora/parts/\(number)"
    }

    /// Gives a finished file its name, or another that is free.
    private func publish(
        _ part: String, _ result: SnapshotResult, as name: String, ending: String
    ) throws -> String {
        try folder.reserve(bytes: Int(result.bytes), for: "\(name).\(ending)")
        for attempt in 0..<1000 {
            let candidate = attempt == 0 ? "\(name).\(ending)" : "\(name)_\(attempt).\(ending)"
            if link(part, "\(folder.path)/\(candidate)") == 0 { return candidate }
            guard errno == EEXIST else { throw ArchiveError.system(candidate, systemText(errno)) }
        }
        throw ArchiveError.system(name, "a thousand files of this name are there")
    }

    /// A disk that is nearly full is not filled up.
    private func checkRoom(for request: SnapshotRequest) throws {
        // Of a few flows nobody knows the size beforehand; writing tells.
        guard request.streams == nil, request.addresses.isEmpty else { return try checkRoom(bytes: 0) }
        try checkRoom(bytes: Int(ring.statistics.bytesHeld))
    }

    private func checkRoom(bytes: Int) throws {
        var status = statvfs()
        guard statvfs(folder.path, &status) == 0 else { return }
        let free = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        if free < bytes + Self.spareBytes { throw ArchiveError.diskFull(free: free, needed: bytes + Self.spareBytes) }
    }

    static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// Why packets could not be given out.
package enum ArchiveError: Error, Equatable, CustomStringConvertible {
    /// The system refused something.
    case system(String, String)
    /// There would be too little room left.
    case diskFull(free: Int, needed: Int)
    /// Nobody is known by that name in that time.
    case unknownPod(String)
    /// Files of too many flows are kept.
    case tooManyStreams(Int)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .system(let path, let text): "cannot write \(path): \(text)"
        case .diskFull(let free, let needed):
            "no space left: \(free >> 20) MB are free, and the snapshot may take \(needed >> 20) MB"
        case .unknownPod(let what): "no address is known of \(what) in that time"
        case .tooManyStreams(let limit): "\(limit) files of streams are there, which is the limit: use pcap.snapshot"
        }
    }
}

private func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }
