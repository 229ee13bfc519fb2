internal import ArgumentParser
internal import Glibc
internal import JSON
internal import ScriptTraffic
internal import Timestamps
internal import Worker

/// `remora snapshots take`
struct TakeSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take", abstract: "Copy packets out of the ring into a capture file.")

    @Option(help: ArgumentHelp("The snapshot's name; else the time.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Not before: a time as 2023-11-14T22:13:20Z, or Unix milliseconds.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Not after.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("The latest packets: 30s, 5m, 1h.", valueName: "duration"))
    var last: String?

    @Option(help: ArgumentHelp("From or to this address.", valueName: "address"))
    var ip: [String] = []

    @Option(help: ArgumentHelp("From or to this pod: NAME or NAMESPACE/NAME.", valueName: "pod"))
    var pod: String?

    @Option(help: ArgumentHelp("From or to pods of this namespace.", valueName: "namespace"))
    var namespace: String?

    @Option(help: ArgumentHelp("Of this stream, as items name it.", valueName: "stream"))
    var stream: [String] = []

    @Option(help: ArgumentHelp("Of flows in which an item matches.", valueName: "filter"))
    var kfl: String?

    @Flag(help: "Write pcapng in any case, with interfaces and names.")
    var pcapng = false

    @OptionGroup var worker: WorkerOptions

    func validate() throws {
        if last != nil, from != nil { throw ValidationError("--last and --from exclude each other.") }
        if let last, Self.seconds(last) == nil {
            throw ValidationError("--last takes a duration as 30s, 5m or 1h, not \(last).")
        }
        do { _ = try selection } catch { throw ValidationError("\(error).") }
    }

    private static func seconds(_ text: String) -> Double? {
        let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = text.last, let factor = factors[unit], let number = Double(text.dropLast()), number > 0 else {
            return nil
        }
        return number * factor
    }

    private var selection: JSONValue {
        get throws {
            var value: JSONValue = [:]
            value["name"] = name.map(JSONValue.string)
            func time(_ text: String?) -> JSONValue? { text.map { Int64($0).map(JSONValue.integer) ?? .string($0) } }
            value["from"] = time(from)
            value["to"] = time(to)
            if let last, let seconds = Self.seconds(last) {
                value["from"] = .integer(Timestamp.now().microseconds / 1000 - Int64(seconds * 1000))
            }
            if !ip.isEmpty { value["ip"] = .array(ip.map(JSONValue.string)) }
            value["pod"] = pod.map(JSONValue.string)
            value["namespace"] = namespace.map(JSONValue.string)
            if !stream.isEmpty { value["streams"] = .array(stream.map(JSONValue.string)) }
            value["kfl"] = kfl.map(JSONValue.string)
            if pcapng { value["format"] = "pcapng" }
            var check = value
            check["name"] = nil
            _ = try PacketSelection(check)
            return value
        }
    }

    func run() async throws {
        try await worker.reporting { terminal in
            let snapshot = try await worker.connection().take(try selection)
            terminal.print(worker.output == .json ? snapshot.description : SnapshotRow.text(snapshot))
            for notice in snapshot["notices"]?.array ?? [] { terminal.say(notice.string ?? "") }
        }
    }
}

/// `remora snapshots list`
struct ListSnapshotsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what was copied.")

    @OptionGroup var worker: WorkerOptions

    func run() async throws {
        try await worker.reporting { terminal in
            let snapshots = try await worker.connection().list()
            if worker.output == .json { return terminal.print(JSONValue.array(snapshots).description) }
            if snapshots.isEmpty { return terminal.say("there are no snapshots ('remora snapshots take' makes one)") }
            var table = StreamingTable(widths: [28, 10, 9, 27])
            terminal.print(table.row(SnapshotRow.header))
            for snapshot in snapshots { terminal.print(table.row(SnapshotRow.cells(snapshot))) }
        }
    }
}

/// `remora snapshots get`
struct GetSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Fetch a copy.")

    @Argument(help: "The snapshot's name, as the list shows it.")
    var name: String

    @Option(name: .customLong("file"), help: ArgumentHelp("Where to put it; - for standard output.", valueName: "file"))
    var target: String?

    @OptionGroup var worker: WorkerOptions

    func run() async throws {
        try await worker.reporting { terminal in
            let connection = try worker.connection()
            if target == "-" { return try await connection.get(name) { terminal.print($0) } }
            let path = target ?? name
            let file = try NewFile(path)
            try await connection.get(name) { try file.write($0) }
            try file.finish()
            terminal.say("\(path): \(file.size) bytes")
        }
    }
}

/// How a snapshot is shown.
enum SnapshotRow {
    static let header = ["NAME", "BYTES", "PACKETS", "FIRST", "LAST"]

    static func cells(_ snapshot: JSONValue) -> [String] {
        func number(_ name: String) -> String { snapshot[name]?.integer.map { String($0) } ?? "?" }
        return [
            snapshot["name"]?.string ?? "", number("bytes"), number("packets"), snapshot["first"]?.string ?? "",
            snapshot["last"]?.string ?? "",
        ]
    }

    static func text(_ snapshot: JSONValue) -> String {
        let cells = cells(snapshot)
        return "\(cells[0]): \(cells[2]) packets, \(cells[1]) bytes"
    }
}

/// A file that gets its name when it is complete.
final class NewFile {
    private let path: String
    private let descriptor: CInt
    private(set) var size = 0
    private var isFinished = false

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SnapshotFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(path + ".partial") }
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SnapshotFailure("cannot write \(path): \(String(cString: strerror(errno)))")
            }
            size += count
            rest = rest.dropFirst(count)
        }
    }

    func finish() throws {
        guard rename(path + ".partial", path) == 0 else {
            throw SnapshotFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }
}
