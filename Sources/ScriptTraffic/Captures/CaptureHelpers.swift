internal import Dissection
internal import FilterLanguage
internal import JSON
internal import PacketCapture
package import ScriptRuntime

/// `pcap.snapshot`, `pcap.path`, `pcap.nameResolutionHistory`.
package enum CaptureHelpers {
    /// All of them, for a process that has packets; `archive` throws if it has none now.
    package static func all(_ archive: @escaping @Sendable () throws -> PacketArchive) -> [HostFunction] {
        [
            HostFunction("pcap.snapshot", waits: true) { call in
                try translating { .json(.string(try snapshot(call, archive()))) }
            },
            HostFunction("pcap.path", waits: true) { call in
                try translating {
                    let stream = try call.text(0, "stream")
                    // A folder of the script's own: nothing is written there for it.
                    if let context = call.optionalText(1), !context.isEmpty {
                        return .json(.string("\(context)/\(stream.split(separator: "/").last ?? "")"))
                    }
                    return .json(.string(try archive().path(of: stream) { call.console(.output, "pcap.path: \($0)") }))
                }
            },
            HostFunction("pcap.nameResolutionHistory", waits: true) { _ in .json(try archive().names.history()) },
        ]
    }

    /// `pcap.snapshot(["000000000001.pcap", …], dir)`, `pcap.snapshot(dir)`, `pcap.snapshot({from, to, …})`.
    private static func snapshot(_ call: HelperCall, _ archive: PacketArchive) throws -> String {
        func notice(_ text: String) { call.console(.output, "pcap.snapshot: \(text)") }
        var streams: [String] = []
        var directory = call.optionalText(1) ?? ""
        var selection = PacketSelection()
        switch call.value(0) {
        case nil, .null: break
        case .string(let text):
            // The documentation's own sample names the folder first.
            directory = text
        case .array(let elements):
            streams = try elements.map { element in
                guard let text = element.string else {
                    throw HelperError(
                        "pcap.snapshot: argument 1 (selected) must be names of streams", name: "TypeError")
                }
                return text
            }
        case .object(_)?: selection = try PacketSelection(call.object(0, "selection"))
        default:
            throw HelperError(
                "pcap.snapshot: argument 1 (selected) must be an array of streams, a folder or an object",
                name: "TypeError")
        }
        let taken: (name: String, result: SnapshotResult)
        if directory.isEmpty {
            if !streams.isEmpty { selection.streams = streams }
            taken = try archive.snapshot(selection, notice: notice)
        } else {
            taken = try archive.merge(streams, in: directory, notice: notice)
        }
        if taken.result.packets == 0 { notice("nothing is in \(taken.name): no packets were selected") }
        return taken.name
    }

    /// What went wrong, as scripts get it.
    private static func translating(_ body: () throws -> ScriptValue) throws -> ScriptValue {
        do {
            return try body()
        } catch let error as SelectionError {
            throw HelperError("pcap.snapshot: \(error)", name: "TypeError")
        } catch let error as FilterError {
            throw HelperError("\(error)", code: "KFL_SYNTAX")
        } catch let error as ArchiveError {
            throw HelperError("\(error)", code: error.code)
        } catch let error as SnapshotError {
            throw HelperError("\(error)", code: "EIO")
        }
    }
}

extension ArchiveError {
    /// What scripts can compare.
    var code: String {
        switch self {
        case .system: "EIO"
        case .diskFull: "ENOSPC"
        case .unknownPod: "UNKNOWN_POD"
        case .tooManyStreams: "EDQUOT"
        }
    }
}
