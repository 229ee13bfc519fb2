import FoundationEssentials
import Glibc
import Subprocess

/// Other programs that tests run.
enum Program {
    static let probe: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/capture-probe"
    }()

    static var isRoot: Bool { getuid() == 0 }

    static func exists(_ name: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + name)
        }
    }

    /// Runs a program to its end; its output if it succeeded.
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([name] + arguments), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(
                description: "\(name) \(arguments): \(result.standardError)\(result.standardOutput)")
        }
        return result.standardOutput
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// How many packets tshark and tcpdump see in a file; nil if they call it broken.
    static func tsharkCount(_ path: String, filter: String = "") async throws -> Int {
        let output = try await run(
            "tshark",
            ["-n", "-r", path, "-T", "fields", "-e", "frame.time_epoch"] + (filter.isEmpty ? [] : ["-Y", filter]))
        return output.split(separator: "\n").count
    }

    static func tcpdumpCount(_ path: String) async throws -> Int {
        let output = try await run("tcpdump", ["--count", "-n", "-r", path])
        return Int(output.split(separator: " ").first ?? "") ?? -1
    }
}
