import FoundationEssentials
import RealCluster
import Testing

@Suite("A real API server for tests", .realCluster, .serialized)
struct ControlPlaneTests {
    @Test("the shared one is one, and it is ready")
    func shared() async throws {
        let first = try await ControlPlane.shared()
        let second = try await ControlPlane.shared()
        #expect(first === second)
        #expect(await first.isReady())
        #expect(first.server == "https://127.0.0.1:\(first.port)")
        let namespaces = try await first.kubectl("get", "namespaces", "--output", "name")
        #expect(namespaces.split(separator: "\n").contains("namespace/default"))
        let applied = try await first.kubectl("apply", "--filename", "-", input: Self.configMap)
        #expect(applied == "configmap/from-standard-input created\n")
    }

    @Test("its files and tokens say who one is")
    func identities() async throws {
        let controlPlane = try await ControlPlane.shared()
        #expect(try await canListPods(controlPlane, controlPlane.adminKubeconfig))
        #expect(try await canListPods(controlPlane, controlPlane.tokenKubeconfig))
        #expect(try await !canListPods(controlPlane, controlPlane.nobodyKubeconfig))
        #expect(try text(controlPlane.tokenKubeconfig).contains(controlPlane.adminToken))
        #expect(try text(controlPlane.nobodyKubeconfig).contains(controlPlane.nobodyToken))

        let userFile = controlPlane.directory + "/made-for-test.kubeconfig"
        try await controlPlane.kubeconfig(user: "jane", groups: ["system:masters"])
            .write(toFile: userFile, atomically: true, encoding: .utf8)
        #expect(try await canListPods(controlPlane, userFile))

        _ = try await controlPlane.kubectl("create", "serviceaccount", "token-test")
        let token = try await controlPlane.token(namespace: "default", serviceAccount: "token-test")
        #expect(token.split(separator: ".").count == 3)
    }

    @Test("it can be paused, killed, restarted, compacted and given new certificates")
    func faults() async throws {
        try await ControlPlane.withControlPlane(flags: ["--min-request-timeout=5"]) { controlPlane in
            try await controlPlane.pause()
            #expect(await !controlPlane.isReady())
            try await controlPlane.resume()
            try await controlPlane.killAPIServer()
            #expect(await !controlPlane.isReady())
            try await controlPlane.startAPIServer()
            #expect(await controlPlane.isReady())

            let before = try await controlPlane.compact()
            _ = try await controlPlane.kubectl("create", "namespace", "newer")
            let after = try await controlPlane.compact()
            let (earlier, later) = (try #require(Int(before)), try #require(Int(after)))
            #expect(later > earlier)

            let authority = try text(controlPlane.certificateAuthority)
            try await controlPlane.rotateCertificate(newCA: true)
            #expect(try text(controlPlane.certificateAuthority) != authority)
            #expect(
                try await controlPlane.kubectl("get", "namespace", "newer", "--output", "name") == "namespace/newer\n")
        }
    }

    @Test("one that is stopped leaves neither processes nor files")
    func stop() async throws {
        let directory = try await ControlPlane.withControlPlane { controlPlane in
            let running = try processes(of: controlPlane.directory)
            #expect(running.count >= 2)
            return controlPlane.directory
        }
        #expect(try processes(of: directory) == [])
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("a start that fails says why and leaves nothing behind")
    func failedStart() async throws {
        let error = await #expect(throws: ControlPlaneError.self) {
            _ = try await ControlPlane.start(flags: ["--no-such-flag"])
        }
        #expect("\(String(describing: error))".contains("unknown flag: --no-such-flag"))
    }

    private static let configMap = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: from-standard-input, namespace: default}
        """

    private func canListPods(_ controlPlane: ControlPlane, _ kubeconfig: String) async throws -> Bool {
        do {
            _ = try await controlPlane.kubectl("--kubeconfig", kubeconfig, "get", "pods")
            return true
        } catch ControlPlaneError.commandFailed(_, _, let message) where message.contains("Forbidden") {
            return false
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    /// The command lines of the processes that have to do with a folder.
    private func processes(of directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            guard Int(entry) != nil, let command = try? text("/proc/\(entry)/cmdline") else { return nil }
            return command.contains(directory) ? command : nil
        }
    }
}
