import FaultProxy
import FoundationEssentials
import Glibc
import HTTPTraffic
import InformerOracle
import JSON
import RealCluster
import RemoraProgram
import Testing

/// A hub and workers as processes of their own, on a real API server; each worker behind a network that can fail.
final class FleetOfProcesses {
    let plane: ControlPlane
    let stage: HubOnServer
    let folder: ScratchFolder
    private let port: PortReservation
    private let proxies: [FaultProxy]
    private var lives: [Int: [HubProcess]] = [:]
    private var hubs: [HubProcess] = []
    private let token: String
    private let capture: String

    static func node(_ worker: Int) -> String { "node-\(worker)" }

    /// Runs `body` with a hub and so many workers that are connected.
    static func run(
        workers: Int, pods: Int, _ body: (FleetOfProcesses) async throws -> Void
    ) async throws {
        let plane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            let fleet = try await FleetOfProcesses(plane, folder, workers)
            do {
                try await fleet.stage.createPods(pods, on: (0..<workers).map(node))
                fleet.startHub()
                for worker in 0..<workers { fleet.startWorker(worker) }
                let areConnected = await eventually {
                    await fleet.states() == Array(repeating: "current", count: workers)
                }
                #expect(areConnected, "\(fleet.hub.log)")
                try await body(fleet)
            } catch {
                await fleet.end()
                throw error
            }
            await fleet.end()
        }
    }

    private init(_ plane: ControlPlane, _ folder: ScratchFolder, _ workers: Int) async throws {
        self.plane = plane
        self.folder = folder
        stage = try await HubOnServer(plane, configuration: plane.configuration())
        port = try PortReservation()
        var proxies: [FaultProxy] = []
        for _ in 0..<workers { proxies.append(try await FaultProxy.start(upstreamPort: port.port)) }
        self.proxies = proxies
        token = try folder.write("of the workers\n", to: "token")
        let file = folder.path + "/a.pcap"
        try Data(HTTPConversation.pcap([HTTPConversation(requests: [("/", 200)])])).write(to: URL(filePath: file))
        capture = file
    }

    /// The hub that was started last.
    var hub: HubProcess { hubs[hubs.count - 1] }

    func startHub() {
        hubs.append(
            HubProcess(
                stage.options(plane, "hub-a") + [
                    "--worker-token-file", token, "--state-dir", folder.path + "/hub",
                ], port: port.port))
    }

    func startWorker(_ worker: Int) {
        lives[worker, default: []].append(
            HubProcess(worker: [
                "--pcap", capture, "--hub", "http://127.0.0.1:\(proxies[worker].port)", "--hub-token-file", token,
                "--node", Self.node(worker), "--data", "\(folder.path)/worker-\(worker)", "--ring-size", "2",
            ]))
    }

    func network(_ worker: Int) -> FaultProxy { proxies[worker] }

    /// What the scripts of all hubs printed, one after the other.
    var hubOutput: [String] { hubs.flatMap { $0.output }.filter { $0.hasPrefix("[hub-") } }

    /// What a worker's scripts printed, in each of its lives.
    func output(of worker: Int) -> [[String]] { (lives[worker] ?? []).map { $0.output } }

    /// The workers' states in the matrix, by name.
    func states() async -> [String] {
        await matrix().map { $0["state"]?.string ?? "" }
    }

    func matrix() async -> [JSONValue] {
        guard let body = try? await hub.ask("GET", "/status", token: plane.adminToken).body,
            let status = try? JSONValue(parsing: body)
        else { return [] }
        return status["workers"]?.array ?? []
    }

    /// What `remora status` says.
    func status(_ options: [String]) async throws -> RemoraProgram.Result {
        try await RemoraProgram.run(["status", "--hub", hub.url ?? "", "--token", plane.adminToken] + options)
    }

    func kill(_ worker: Int) async throws {
        guard let life = lives[worker]?.last else { return }
        try await Self.kill(life)
    }

    func killHub() async throws { try await Self.kill(hub) }

    private static func kill(_ process: HubProcess) async throws {
        #expect(await eventually { process.isStarted })
        process.send(SIGKILL)
        _ = try await process.ended()
    }

    private func end() async {
        for process in hubs + lives.values.joined() { process.send(SIGKILL) }
        for process in hubs + lives.values.joined() { _ = try? await process.ended() }
        for proxy in proxies { try? await proxy.shutdown() }
    }
}
