import FaultProxy
import FoundationEssentials
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import RemoraProgram
import Subprocess
import Testing
import Threading

@testable import KubernetesClient

/// `remora watch` as a process of its own.
@Suite("remora watch, against a real API server", .realCluster)
struct CommandLineTests {
    @Test("it ends well after as many events as were asked for")
    func limit() async throws {
        let controlPlane = try await ControlPlane.shared()
        let client = try KubernetesClient(configuration: controlPlane.configuration())
        let namespace = try await client.createNamespace()
        for name in ["one", "two", "three"] { try await client.create(.pods, Self.pod(name), namespace: namespace) }
        let arguments = ["--kubeconfig", controlPlane.adminKubeconfig, "--namespace", namespace]
        let result = try await RemoraProgram.run(["watch", "pods", "--limit", "3"] + arguments)
        #expect(result.status == .exited(0))
        #expect(result.errors == "")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.map { $0[0] } == ["EXISTS", "EXISTS", "EXISTS"])
        #expect(Set(rows.map { $0[2] }) == ["one", "two", "three"])
        #expect(rows.map { $0[3] } == ["Pending", "Pending", "Pending"])
    }

    @Test("a token that is not accepted ends it with the reason")
    func wrongToken() async throws {
        let controlPlane = try await ControlPlane.shared()
        try await expectFailure(
            ["--kubeconfig", controlPlane.tokenKubeconfig, "--token", "wrong"],
            "error: cannot list pods in namespace default: Unauthorized; \(controlPlane.server) does not accept these "
                + "credentials: renew them, or name others in the kubeconfig\n")
    }

    @Test("a missing permission ends it with the reason")
    func forbidden() async throws {
        let controlPlane = try await ControlPlane.shared()
        try await expectFailure(
            ["--kubeconfig", controlPlane.nobodyKubeconfig],
            #"error: cannot list pods in namespace default: pods is forbidden: User "nobody" cannot list resource "pods""#,
            "grant the verb list on pods by a Role and a RoleBinding")
    }

    @Test("a refused connection ends it with the reason")
    func refused() async throws {
        let controlPlane = try await ControlPlane.shared()
        try await FaultProxy.withProxy(upstreamPort: controlPlane.port) { proxy in
            try await proxy.refuseConnections()
            let server = "https://127.0.0.1:\(proxy.port)"
            try await expectFailure(
                ["--kubeconfig", controlPlane.adminKubeconfig, "--server", server],
                "error: cannot list pods in namespace default: cannot connect to \(server)")
        }
    }

    @Test("a certificate of an unknown authority ends it with the reason")
    func unknownAuthority() async throws {
        let controlPlane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            let text = try String(contentsOfFile: controlPlane.adminKubeconfig, encoding: .utf8)
            let lines = text.split(separator: "\n").map { line in
                line.hasPrefix("clusters:")
                    ? "clusters: [{name: remora, cluster: {server: \"\(controlPlane.server)\", "
                        + "certificate-authority: \"\(controlPlane.directory)/pki/client-ca.crt\"}}]" : line
            }
            let kubeconfig = try folder.write(lines.joined(separator: "\n"), to: "kubeconfig")
            try await expectFailure(
                ["--kubeconfig", kubeconfig],
                "error: cannot list pods in namespace default: no trusted TLS connection to \(controlPlane.server)")
        }
    }

    private func expectFailure(_ arguments: [String], _ messages: String...) async throws {
        let result = try await RemoraProgram.run(["watch", "pods"] + arguments)
        #expect(result.status == .exited(1))
        #expect(result.output == "")
        for message in messages { #expect(result.errors.contains(message)) }
    }

    // MARK: Stopped and continued

    /// Longer than a probe of the connection takes; everything is overdue when the process goes on.
    private static let standstill: Duration = .seconds(22)

    @Test("stopped for a while under churn, it goes on and has told of every final state")
    func stopped() async throws {
        let replay = Locked(Replay())
        try await ClusterStage.run { stage in
            let arguments = [
                "watch", "configmaps", "--output", "json", "--kubeconfig", stage.controlPlane.adminKubeconfig,
                "--server",
                "https://127.0.0.1:\(stage.proxy.port)", "--namespace", stage.namespace,
            ]
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments([RemoraProgram.path] + arguments), input: .none, output: .sequence,
                error: .discarded
            ) { execution in
                let lines = execution.standardOutput.strings()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await line in lines { try replay.withLock { try $0.apply(line) } }
                    }
                    #expect(try await Self.agrees(replay, stage))
                    try execution.send(signal: .suspend)
                    let end = ContinuousClock.now + Self.standstill
                    var round: UInt64 = 0
                    while ContinuousClock.now < end {
                        try await stage.churn(20, round: round)
                        round += 1
                        try await Task.sleep(for: .milliseconds(200))
                    }
                    try execution.send(signal: .resume)
                    #expect(try await Self.agrees(replay, stage))
                    try execution.send(signal: .terminate)
                    try await group.waitForAll()
                }
            }
            #expect(result.terminationStatus == .signaled(15))
            #expect(replay.withLock { $0.violations } == [])
        }
    }

    private static func agrees(_ replay: Locked<Replay>, _ stage: ClusterStage) async throws -> Bool {
        try await eventually(within: ClusterStage.patience) {
            let truth = try await stage.truth()
            return replay.withLock { $0.versions } == truth
        }
    }

    private static func pod(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
            "spec": ["containers": [["name": "main", "image": "none"]]],
        ]
    }
}

/// The picture that the lines of `remora watch --output json` give.
private struct Replay {
    /// `namespace/name` → version.
    private(set) var versions: [String: String] = [:]
    private(set) var violations: [String] = []

    mutating func apply(_ line: String) throws {
        let event = try JSONValue(parsing: line)
        let metadata = event["object"]?["metadata"]
        guard let type = event["type"]?.string, let namespace = metadata?["namespace"]?.string,
            let name = metadata?["name"]?.string, let version = metadata?["resourceVersion"]?.string
        else { return violations.append(line) }
        let key = "\(namespace)/\(name)"
        let isNew = type == "exists" || type == "added"
        if isNew == (versions[key] != nil) { violations.append(line) }
        versions[key] = type == "deleted" ? nil : version
    }
}
