internal import CPacketSocket
internal import FoundationEssentials
internal import Glibc
internal import Subprocess
internal import Threading

/// A network namespace of its own: interfaces that nobody else sees, and traffic that leaves nothing.
///
/// Needs root and iproute2; see ``isPossible``.
package struct TestNetwork: Sendable {
    /// The namespace's name.
    package let name: String

    /// Whether namespaces can be made here.
    package static let isPossible: Bool = getuid() == 0 && exists("ip")

    /// Whether a program is there.
    package static func exists(_ program: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
    }

    private static let count = Locked(0)

    /// Makes so many namespaces for `body`, and removes them afterwards.
    package static func with<Result: Sendable>(
        _ count: Int = 1, _ body: ([TestNetwork]) async throws -> Result
    ) async throws -> Result {
        var networks: [TestNetwork] = []
        for _ in 0..<count {
            let number = Self.count.withLock { count in
                count += 1
                return count
            }
            let network = TestNetwork(name: "remora-\(getpid())-\(number)")
            _ = try await run(["ip", "netns", "add", network.name])
            networks.append(network)
        }
        let result: Swift.Result<Result, any Error>
        do {
            for network in networks { try await network.ip("link", "set", "lo", "up") }
            result = .success(try await body(networks))
        } catch {
            result = .failure(error)
        }
        for network in networks { _ = try? await run(["ip", "netns", "del", network.name]) }
        return try result.get()
    }

    /// Runs `ip` in it.
    package func ip(_ arguments: String...) async throws {
        _ = try await Self.run(["ip", "-n", name] + arguments)
    }

    /// Makes two interfaces that are joined by a cable, the second one perhaps in another namespace; both up.
    package func cable(_ first: String, _ second: String, in other: TestNetwork? = nil, mtu: Int = 1500) async throws {
        let far = other ?? self
        try await ip("link", "add", first, "type", "veth", "peer", "name", second, "netns", far.name)
        // Without IPv6, nobody but the test sends anything.
        for (network, interface) in [(self, first), (far, second)] {
            _ = try? await network.run("sysctl", "-qw", "net.ipv6.conf.\(interface).disable_ipv6=1")
            try await network.ip("link", "set", interface, "mtu", "\(mtu)", "up")
        }
    }

    /// Runs a program in it to its end; its output.
    @discardableResult
    package func run(_ arguments: String...) async throws -> String { try await run(arguments) }

    /// Runs a program in it to its end; its output.
    @discardableResult
    package func run(_ arguments: [String]) async throws -> String {
        try await Self.run(["ip", "netns", "exec", name] + arguments)
    }

    /// Runs a program in it as long as `body` runs.
    package func running<Value: Sendable>(
        _ arguments: String..., body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await running(arguments, body: body)
    }

    /// Runs a program in it as long as `body` runs.
    package func running<Value: Sendable>(
        _ arguments: [String], body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let command = ["netns", "exec", name] + arguments
        return try await Subprocess.run(
            .name("ip"), arguments: Arguments(command), input: .none, output: .discarded, error: .discarded
        ) { execution in
            let result: Swift.Result<Value, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            try? execution.send(signal: .terminate)
            return try result.get()
        }.closureResult
    }

    /// Runs `body` on a thread that is in the namespace: what it opens there stays there.
    package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try NamedThread.start("netns") {
                    let descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
                    defer { close(descriptor) }
                    guard descriptor >= 0, remora_setns_network(descriptor) == 0 else {
                        return continuation.resume(throwing: Failure(description: "setns \(name): errno \(errno)"))
                    }
                    continuation.resume(with: Swift.Result(catching: body))
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private static func run(_ command: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(command[0]), arguments: Arguments(Array(command.dropFirst())), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(command): \(result.standardError)\(result.standardOutput)")
        }
        return result.standardOutput
    }

    /// A program that failed: what it said.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }
}
