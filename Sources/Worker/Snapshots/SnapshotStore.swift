internal import Glibc
package import JSON
internal import PacketCapture
package import ScriptTraffic
internal import Timestamps

/// Snapshots that people take: files in a folder, each with a note beside it that says what was asked for and what is in it.
package struct SnapshotStore: Sendable {
    /// Snapshots of crashes are made without being asked for, so only the latest few are kept.
    private static let crashesKept = 2
    private static let crashPrefix = "crash-"

    private let archive: PacketArchive

    /// Snapshots in the archive's folder.
    package init(_ archive: PacketArchive) { self.archive = archive }

    /// The folder.
    package var path: String { archive.folderPath }

    /// One snapshot.
    package struct Snapshot: Sendable, Equatable {
        /// The file's name.
        package var name: String
        /// Its size.
        package var bytes: Int
        /// What the note beside it says; null if there is none.
        package var note: JSONValue

        /// For programs.
        package var json: JSONValue {
            var value: JSONValue = note.object == nil ? [:] : note
            value["name"] = .string(name)
            value["bytes"] = .integer(Int64(bytes))
            return value
        }
    }

    /// Writes the selected packets of the ring; `name` has no ending.
    ///
    /// - Parameter evidence: what else is known of the moment; it is written beside the packets, in a file of its own.
    package func take(
        _ selection: PacketSelection, name: String? = nil, trigger: String = "request", evidence: JSONValue? = nil
    ) throws -> Snapshot {
        if let name { try Self.check(name) }
        var notices: [String] = []
        let (file, result) = try archive.snapshot(
            selection, name: name ?? "snapshot-\(Timestamp.now().microseconds / 1_000_000)"
        ) { notices.append($0) }
        var note = selection.json
        note = [
            "selection": note, "trigger": .string(trigger), "taken": .string("\(Timestamp.now().wholeSecond)"),
            "packets": .integer(Int64(result.packets)), "packets_missed": .integer(Int64(result.packetsMissed)),
        ]
        note["first"] = result.firstTime.map { .string(Timestamp(microseconds: $0 / 1000).withMicroseconds) }
        note["last"] = result.lastTime.map { .string(Timestamp(microseconds: $0 / 1000).withMicroseconds) }
        if !notices.isEmpty { note["notices"] = .array(notices.map(JSONValue.string)) }
        if let evidence {
            note["evidence"] = .string(file + Self.evidenceEnding)
            write(evidence, file + Self.evidenceEnding)
        }
        write(note, file + ".json")
        return Snapshot(name: file, bytes: Int(result.bytes), note: note)
    }

    private static let evidenceEnding = ".evidence.json"

    /// Keeps what a killed worker has captured until `time` (nanoseconds since 1970).
    package func takeCrash(before time: Int64) throws -> Snapshot {
        for old in list().map(\.name).filter({ $0.hasPrefix(Self.crashPrefix) }).dropLast(Self.crashesKept - 1) {
            try remove(old)
        }
        var selection = PacketSelection()
        selection.to = time
        selection.isPcapng = true
        return try take(selection, name: "\(Self.crashPrefix)\(time / 1_000_000_000)", trigger: "crash")
    }

    /// What there is, by name.
    package func list() -> [Snapshot] { Self.list(in: path) }

    /// What there is in a folder, also when no worker runs.
    package static func list(in folder: String) -> [Snapshot] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var snapshots: [Snapshot] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".pcap") || name.hasSuffix(".pcapng") else { continue }
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let note = read("\(folder)/\(name).json").flatMap { try? JSONValue(parsing: $0) }
            snapshots.append(Snapshot(name: name, bytes: Int(status.st_size), note: note ?? .null))
        }
        return snapshots.sorted { $0.name < $1.name }
    }

    /// The path of a snapshot, or of the evidence beside one; nil if there is none of this name.
    package func path(of name: String) -> String? {
        if name.hasSuffix(Self.evidenceEnding) {
            let snapshot = String(name.dropLast(Self.evidenceEnding.count))
            return list().contains { $0.name == snapshot && $0.note["evidence"]?.string == name }
                ? "\(path)/\(name)" : nil
        }
        return list().contains { $0.name == name } ? "\(path)/\(name)" : nil
    }

    /// Removes a snapshot and its note.
    package func remove(_ name: String) throws {
        guard let file = path(of: name) else { throw SnapshotNameError("there is no snapshot \(name)") }
        unlink(file + ".json")
        unlink(file + Self.evidenceEnding)
        unlink(file)
    }

    private static func check(_ name: String) throws {
        let isGood =
            !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".")
            && name.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || [45, 46, 95].contains($0)
            }
        guard isGood else {
            throw SnapshotNameError("\"\(name)\" is no name for a snapshot: use letters, digits, '-', '_' and '.'")
        }
    }

    private func write(_ note: JSONValue, _ name: String) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = note.encoded() + [0x0a]
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            written += count
        }
    }

    static func read(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count < 0 ? nil : Array(bytes[..<count])
    }
}

/// What is wrong with a snapshot's name: a sentence.
package struct SnapshotNameError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
