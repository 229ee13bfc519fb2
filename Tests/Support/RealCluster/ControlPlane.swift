internal import FoundationEssentials
internal import Glibc

/// A real kube-apiserver with its etcd on loopback, for tests.
///
/// It takes 5 to 10 s to come up. Tests that break nothing share one per process, ``shared()``, each in namespaces of
/// its own; others use ``withControlPlane(options:flags:_:)``. An instance is taken down with its scope, and in any case
/// within about a second of the end of the test process, however that ends.
///
/// ```swift
/// @Suite(.enabled("needs a real API server") { try await ControlPlane.isAvailable() })
/// ```
package final class ControlPlane: Sendable {
    /// The folder with all files of the instance; `log/kube-apiserver.log` in it is the first to look at.
    package let directory: String
    /// The API server's URL, `https://127.0.0.1:PORT`.
    package let server: String
    /// The API server's port, the same for the instance's whole life.
    package let port: Int
    /// A static bearer token with all rights.
    package let adminToken: String
    /// A static bearer token of a user without rights: 403.
    package let nobodyToken: String

    /// A kubeconfig with a client certificate and all rights.
    package var adminKubeconfig: String { directory + "/admin.kubeconfig" }
    /// A kubeconfig with ``adminToken``.
    package var tokenKubeconfig: String { directory + "/token.kubeconfig" }
    /// A kubeconfig with ``nobodyToken``.
    package var nobodyKubeconfig: String { directory + "/nobody.kubeconfig" }
    /// The certificate authority of the serving certificate, as PEM.
    package var certificateAuthority: String { directory + "/pki/ca.crt" }

    private static let sharedInstance = Task { try await start() }
    private static let startQueue = StartQueue()

    /// How long the API server may take to become ready: ten times what it takes on 2 idle cores.
    private static let startLimitInSeconds = 100

    private init(directory: String) async throws {
        self.directory = directory
        server = try await Self.word(ControlPlaneScript.run(["get", "SERVER", "--dir", directory]))
        let port = try await ControlPlaneScript.run(["get", "PORT", "--dir", directory])
        guard let port = Int(Self.word(port)) else {
            throw ControlPlaneError.commandFailed(command: "get PORT", status: "not a number", message: port)
        }
        self.port = port
        adminToken = try Self.word(String(contentsOfFile: directory + "/tokens/admin", encoding: .utf8))
        nobodyToken = try Self.word(String(contentsOfFile: directory + "/tokens/nobody", encoding: .utf8))
    }

    /// The instance that the tests of this process share; the first call brings it up.
    package static func shared() async throws -> ControlPlane {
        try await sharedInstance.value
    }

    /// Brings an instance up. End it with ``stop()``.
    ///
    /// - Parameters:
    ///   - options: of `control-plane up`, such as `--audit` or `--controllers`.
    ///   - flags: of kube-apiserver, such as `--watch-cache=false`.
    package static func start(options: [String] = [], flags: [String] = []) async throws -> ControlPlane {
        try await startQueue.start { try await bringUp(options, flags) }
    }

    private static func bringUp(_ options: [String], _ flags: [String]) async throws -> ControlPlane {
        let directory = try temporaryFolder()
        let command = ["up", "--dir", directory, "--owner", String(getpid()), "--timeout", String(startLimitInSeconds)]
        do {
            _ = try await ControlPlaneScript.run(command + options + ["--"] + flags)
            return try await ControlPlane(directory: directory)
        } catch {
            _ = try? await ControlPlaneScript.run(["down", "--dir", directory])
            throw error
        }
    }

    /// Runs `body` with an instance of its own, which is gone afterwards, however `body` ends.
    package static func withControlPlane<Result>(
        options: [String] = [], flags: [String] = [], _ body: (ControlPlane) async throws -> Result
    ) async throws -> Result {
        let controlPlane = try await start(options: options, flags: flags)
        do {
            let result = try await body(controlPlane)
            try await controlPlane.stop()
            return result
        } catch {
            try? await controlPlane.stop()
            throw error
        }
    }

    /// Ends all processes of the instance and removes its folder.
    package func stop() async throws {
        _ = try await run("down")
    }

    /// Whether the API server answers that it is ready.
    package func isReady() async -> Bool {
        (try? await run("status")) != nil
    }

    /// What `kubectl` prints, run as the administrator.
    package func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        try await kubectl(arguments, input: input)
    }

    /// The same with its arguments in a list.
    package func kubectl(_ arguments: [String], input: String = "") async throws -> String {
        try await ControlPlaneScript.run(["kubectl", "--dir", directory, "--"] + arguments, input: input)
    }

    func run(_ verb: String, _ arguments: [String] = []) async throws -> String {
        try await ControlPlaneScript.run([verb, "--dir", directory] + arguments)
    }

    private static func temporaryFolder() throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let template = parent + "/remora-test-cluster-XXXXXX"
        var path = Array(template.utf8CString)
        guard mkdtemp(&path) != nil else {
            throw ControlPlaneError.noTemporaryFolder(template: template, errorNumber: errno)
        }
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func word(_ text: String) -> String {
        String(text.prefix { !$0.isWhitespace })
    }
}
