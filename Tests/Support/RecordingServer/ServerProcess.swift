import Glibc
import ProcessInput
import Subprocess

/// A server program of somebody else on a free port of 127.0.0.1, in a temporary folder of its own.
package struct ServerProcess: Sendable {
    /// Why there is none.
    package enum Failure: Error {
        /// It is not installed: run `.ci/setup` and `.ci/python`.
        case notInstalled(String)
        case noFolder(Int32)
        case doesNotStart(String, output: String)
        case cannotWrite(String)
    }

    package let port: Int
    /// A folder that goes with the server.
    package let folder: String

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Where `.ci/python` puts programs.
    private static var pythonFolder: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let cache = variable("XDG_CACHE_HOME") ?? (variable("HOME") ?? "/root") + "/.cache"
        return (variable("REMORA_PYTHON") ?? cache + "/remora-python") + "/bin"
    }

    /// The path of a program from Debian or PyPI; nil if it is not installed.
    package static func find(_ program: String) -> String? {
        let folders = [pythonFolder, "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// Whether to run the tests that want a program: where servers are required they run, and fail without.
    package static func isWanted(_ programs: String...) -> Bool {
        programs.allSatisfy { find($0) != nil } || getenv("REMORA_REQUIRE_SERVERS") != nil
    }

    /// Runs `body` with a server that is gone afterwards. `arguments` gets the port and the folder, after `prepare` has put
    /// into the folder what the server wants.
    package static func run<Result: Sendable>(
        _ program: String, environment: [String: String] = [:],
        prepare: (_ port: Int, _ folder: String) async throws -> Void = { _, _ in },
        arguments: (_ port: Int, _ folder: String) -> [String], _ body: (ServerProcess) async throws -> Result
    ) async throws -> Result {
        guard let path = find(program) else { throw Failure.notInstalled(program) }
        var template = Array("/tmp/remora-server-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.noFolder(errno) }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let server = ServerProcess(port: try freePort(), folder: folder)
        try await prepare(server.port, folder)
        // `exec`, so that the process we end is the server itself; its output goes where a failure can show it.
        let command = ["-c", "cd \"$0\" && exec \"$@\" >output 2>&1", folder, path] + arguments(server.port, folder)
        var variables = Environment.inherit
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables = variables.updating([key: value]) }
        }
        let result = try await Subprocess.run(
            .name("sh"), arguments: Arguments(command), environment: variables, input: .none, output: .discarded,
            error: .discarded
        ) { execution -> Swift.Result<Result, any Error> in
            let result: Swift.Result<Result, any Error>
            do {
                try await server.waitUntilUp(program)
                result = .success(try await body(server))
            } catch {
                result = .failure(error)
            }
            try? execution.send(signal: .kill)
            return result
        }
        _ = try? await Subprocess.run(.name("rm"), arguments: ["-rf", folder], output: .discarded)
        return try result.closureResult.get()
    }

    /// Runs a program to its end and returns what it printed, standard error behind standard output.
    package static func output(_ program: String, _ arguments: [String], input: String = "") async throws
        -> (isSuccess: Bool, text: String)
    {
        guard let path = find(program) else { throw Failure.notInstalled(program) }
        let result = try await Subprocess.run(
            .path(.init(path)), arguments: Arguments(arguments), input: try .text(input),
            output: .string(limit: 1 << 22),
            error: .string(limit: 1 << 20))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }

    /// Writes a text file.
    package static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure.cannotWrite(path) }
        fputs(text, file)
        fclose(file)
    }

    private func waitUntilUp(_ program: String) async throws {
        for _ in 0..<1200 {
            if Self.accepts(port) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        let output = try? await Subprocess.run(
            .name("cat"), arguments: ["\(folder)/output"], output: .string(limit: 1 << 16))
        throw Failure.doesNotStart(program, output: output?.standardOutput ?? "")
    }

    private static func accepts(_ port: Int) -> Bool {
        withSocket { socket, address, length in
            address.sin_port = in_port_t(port).bigEndian
            return withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) == 0 }
            }
        } ?? false
    }

    /// A port on which nobody listens now.
    package static func freePort() throws -> Int {
        let port = withSocket { socket, address, length -> Int? in
            let isBound = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 }
            }
            var length = length
            guard isBound else { return nil }
            let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) == 0 }
            }
            return isNamed ? Int(UInt16(bigEndian: address.sin_port)) : nil
        }
        guard let port = port ?? nil else { throw Failure.doesNotStart("a free port", output: "") }
        return port
    }

    private static func withSocket<Result>(_ body: (Int32, inout sockaddr_in, socklen_t) -> Result) -> Result? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return body(socket, &address, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
}
