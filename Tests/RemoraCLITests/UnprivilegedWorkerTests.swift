import FoundationEssentials
import Glibc
import JSON
import RemoraProgram
import TestNetwork
import Testing

/// What a sidecar has: no user of its own, and the one capability to open packet sockets.
@Suite(
    "remora worker without root", .enabled(if: TestNetwork.isPossible, "needs root and iproute2, to give up the rest"),
    .timeLimit(.minutes(3)))
struct UnprivilegedWorkerTests {
    /// Nobody's identifier, wherever Linux is.
    private static let nobody: UInt32 = 65_534

    private static func command(_ capabilities: String, _ arguments: [String]) -> [String] {
        [
            "setpriv", "--reuid", "\(nobody)", "--regid", "\(nobody)", "--clear-groups", "--no-new-privs",
            "--inh-caps", "-all\(capabilities)", "--ambient-caps", "-all\(capabilities)", "--bounding-set",
            "-all\(capabilities)",
        ] + arguments
    }

    /// The program where nobody may read it, and a folder that is nobody's.
    private func withFolder(_ body: (_ program: String, _ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-nobody-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: RemoraProgram.path, toPath: folder + "/remora")
        try Data("function onItemCaptured(d) { console.log(d.protocol.name, d.data.typeCode); }".utf8)
            .write(to: URL(filePath: folder + "/script.js"))
        for (path, mode) in [("", 0o755), ("/remora", 0o755), ("/script.js", 0o644), ("/data", 0o700)] {
            chmod(folder + path, mode_t(mode))
        }
        chown(folder + "/data", Self.nobody, Self.nobody)
        try await body(folder + "/remora", folder)
    }

    private func arguments(_ program: String, _ folder: String) -> [String] {
        [
            program, "worker", "--interface", "lo", "--scripts", folder + "/script.js", "--data", folder + "/data/w",
            "--ring-size", "4", "--listen", "127.0.0.1:0", "--node", "n1",
        ]
    }

    @Test("with NET_RAW alone it captures, keeps a ring, and takes snapshots")
    func rawSockets() async throws {
        try await withFolder { program, folder in
            try await TestNetwork.with { networks in
                let network = networks[0]
                let command = Self.command(",+net_raw", arguments(program, folder))
                try await network.running(command) {
                    let data = folder + "/data/w"
                    try await Self.eventually { FileManager.default.fileExists(atPath: data + "/worker.json") }
                    let bytes = try Data(contentsOf: URL(filePath: data + "/worker.json"))
                    let process = try JSONValue(parsing: [UInt8](bytes))["pid"]?.integer ?? 0
                    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
                    #expect(status.contains("Uid:\t65534\t65534\t65534\t65534"))
                    #expect(status.contains("CapEff:\t0000000000002000"), "\(status)")
                    // Until scripts are loaded, nothing is an item; so it is asked more than once.
                    let snapshot = Self.command("", [program, "snapshots", "take", "--data", data, "--kfl", "icmp"])
                    try await Self.eventually {
                        _ = try? await Self.echo(network)
                        let output = (try? await network.run(snapshot)) ?? ""
                        return output.contains(" packets") && !output.contains(": 0 packets")
                    }
                    var owner = stat()
                    #expect(stat(data + "/ring.pcapng", &owner) == 0 && owner.st_uid == Self.nobody)
                }
            }
        }
    }

    /// An echo request to the loopback interface's own address, and its reply.
    private static func echo(_ network: TestNetwork) async throws {
        try await network.run([
            "python3", "-c",
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); "
                + "s.sendto(bytes([8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1]), ('127.0.0.1', 0))",
        ])
    }

    @Test("without it, it says which capability it lacks")
    func nothing() async throws {
        try await withFolder { program, folder in
            try await TestNetwork.with { networks in
                do {
                    try await networks[0].run(Self.command("", arguments(program, folder)))
                    Issue.record("it captured without being allowed to")
                } catch let failure as TestNetwork.Failure {
                    #expect(failure.description.contains("NET_RAW"), "\(failure)")
                }
            }
        }
    }

    private static func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<2_400 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("it did not come")
    }
}
