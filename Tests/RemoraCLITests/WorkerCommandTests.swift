import FoundationEssentials
import Glibc
import HTTPTraffic
import JSON
import RemoraProgram
import Subprocess
import Testing

/// A worker and what is asked of it, as a user calls them.
@Suite("remora worker and snapshots", .timeLimit(.minutes(3)))
struct WorkerCommandTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: folder + "/" + name))
        return folder + "/" + name
    }

    private func remora(_ arguments: String...) async throws -> (status: Int32, output: String, errors: String) {
        let result = try await RemoraProgram.run(arguments)
        guard case .exited(let status) = result.status else {
            Issue.record("\(arguments) ended by \(result.status)")
            return (-1, result.output, result.errors)
        }
        return (Int32(status), result.output, result.errors)
    }

    private static let conversations = [
        HTTPConversation(requests: [("/good", 200), ("/bad", 500)]),
        HTTPConversation(client: "10.0.0.9", start: 1_700_000_000_000_300_000, requests: [("/other", 200)]),
    ]

    @Test("what makes no sense is told, with status 2")
    func refusals() async throws {
        for (arguments, message) in [
            (["worker"], "Say what to capture"),
            (["worker", "--interface", "lo"], "Name a script or a folder"),
            (["worker", "--interface", "lo", "--scripts", folder, "--set", "POD_REGEX=x"], "--set takes KEY=value"),
            (["worker", "--interface", "lo", "--scripts", folder, "--ring-size", "0"], "--ring-size takes"),
            (["worker", "--interface", "lo", "--scripts", folder + "/none"], "there is no \(folder)/none"),
            (["worker", "--pcap", folder + "/none", "--scripts", folder], "cannot read \(folder)/none"),
            (["snapshots", "take", "--last", "soon"], "--last takes a duration"),
            (["snapshots", "take", "--ip", "10.0"], "\"10.0\" is no IP address"),
        ] {
            let result = try await RemoraProgram.run(arguments)
            #expect(result.status == .exited(2), "\(arguments): \(result.errors)")
            #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        }
        let result = try await remora("snapshots", "list", "--data", folder + "/none")
        #expect(result.status == 1 && result.errors.contains("there is no folder \(folder)/none"))
    }

    @Test("scripts run on a capture; snapshots are taken while the worker runs, and when it has been killed")
    func snapshots() async throws {
        let capture = try write("a.pcap", HTTPConversation.pcap(Self.conversations))
        let script = try write(
            "a.js", Array("function onItemCaptured(d) { console.log(d.request.path, d.response.status); }".utf8))
        let data = folder + "/data"
        let arguments = [
            RemoraProgram.path, "worker", "--pcap", capture, "--scripts", script, "--data", data, "--ring-size", "1",
            "--node", "n1", "--listen", "127.0.0.1:0",
        ]
        let lines = try await Subprocess.run(
            .name("env"), arguments: Arguments(arguments), input: .none, output: .sequence, error: .discarded
        ) { execution in
            var lines: [String] = []
            for try await line in execution.standardOutput.strings() {
                lines.append(line)
                if lines.count == 3 { break }
            }
            let taken = try await remora(
                "snapshots", "take", "--data", data, "--name", "errors", "--kfl", "response.status == 500")
            #expect(taken.status == 0 && taken.output.hasPrefix("errors.pcap: 10 packets, "), "\(taken)")
            let list = try await remora("snapshots", "list", "--data", data, "-o", "json")
            #expect(try JSONValue(parsing: list.output).array?.map { $0["packets"] } == [10])
            let got = try await remora("snapshots", "get", "errors.pcap", "--data", data, "--file", folder + "/got")
            #expect(got.status == 0, "\(got)")
            let bytes = try Data(contentsOf: URL(filePath: folder + "/got"))
            #expect(Array(bytes.prefix(4)) == [0x4d, 0x3c, 0xb2, 0xa1] && !bytes.isEmpty)
            try execution.send(signal: .kill)
            return lines
        }.closureResult
        #expect(lines.sorted() == ["[n1-0] /bad 500", "[n1-0] /good 200", "[n1-0] /other 200"])

        let after = try await remora("snapshots", "take", "--data", data, "--name", "after", "--ip", "10.0.0.9")
        #expect(after.status == 0 && after.output.hasPrefix("after.pcap: 8 packets, "), "\(after)")
        let list = try await remora("snapshots", "list", "--data", data)
        #expect(list.output.split(separator: "\n").count == 3, "\(list)")
        let got = try await remora("snapshots", "get", "nothing.pcap", "--data", data)
        #expect(got.status == 1 && !FileManager.default.fileExists(atPath: "nothing.pcap"))
    }
}
