import CurlTransport
import Hub
import InformerOracle
import JSON
import KubernetesConfiguration
import RealCluster
import Testing
import Threading

@testable import KubernetesClient

/// A hub on a real API server that fails in its ways. Pods are objects without a node: their crashes are written by the
/// test, as a kubelet would write them.
@Suite("The hub, against a real API server", .realCluster, .serialized)
struct HubTests {
    @Test("a killed API server costs nothing: what happens afterwards is told, what was told is not")
    func serverKilled() async throws {
        let plane = try await BreakableControlPlane.hub.ready()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        let hub = stage.start("hub-a")
        #expect(await hub.becomesReady())
        try await stage.createPods(5)
        for index in 0..<5 { try await stage.crash(index, 1) }
        #expect(await hub.hasTold(stage.runs(0..<5, 1)))
        try await plane.killAPIServer()
        #expect(await eventually { await !hub.isReady() })
        try await plane.startAPIServer()
        for index in 0..<5 { try await stage.crash(index, 2) }
        #expect(await hub.hasTold(stage.runs(0..<5, 1) + stage.runs(0..<5, 2)))
        #expect(await hub.becomesReady())
        #expect(hub.told.sorted() == (stage.runs(0..<5, 1) + stage.runs(0..<5, 2)).sorted())
        await hub.stop()
    }

    @Test("the permissions that doctor lists are enough; without them /readyz says so, and with them it goes on")
    func permissions() async throws {
        let plane = try await BreakableControlPlane.hub.ready()
        let admin = try KubernetesClient(configuration: plane.configuration())
        let namespace = try await admin.createNamespace()
        _ = try await plane.kubectl("--namespace", namespace, "create", "serviceaccount", "remora-hub")
        // As manifests/base/hub.yaml does: creating cannot be limited to a name, so the hub may not.
        try await admin.create(
            .configMaps,
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "kubeshark-config-map-status"],
            ], namespace: namespace)
        let needs = HubPermissions(namespace: namespace, configMap: "kubeshark-config-map", secret: "kubeshark-secret")
        let manifest = needs.manifest(granting: needs.all, to: "remora-hub")
        _ = try await plane.kubectl("apply", "--filename", "-", input: manifest)
        let token = try await plane.token(namespace: namespace, serviceAccount: "remora-hub")
        var configuration = try plane.configuration()
        configuration.credentials = FixedCredentials(Credentials(authorization: .bearer(token: token)))

        let stage = try await HubOnServer(plane, configuration: configuration, namespace: namespace)
        let hub = stage.start("hub-a")
        #expect(await hub.becomesReady())
        try await stage.createPods(2)
        try await stage.crash(0, 1)
        #expect(await hub.hasTold(stage.runs(0..<1, 1)))
        // Written by the hub itself, with these permissions.
        #expect(
            await eventually {
                (try? await admin.get(ConfigMap.self, namespace: namespace, name: "kubeshark-config-map-status"))?
                    .data["summary"] == "1 running"
            })

        let cluster = try #require(
            manifest.split(separator: " ").map { $0.prefix { !$0.isNewline } }.first {
                $0.hasPrefix("remora-hub-\(namespace)-missing-")
            })
        _ = try await plane.kubectl("delete", "clusterrolebinding", String(cluster))
        // An open watch goes on as long as it lives; the server is asked anew within its lifetime.
        try await plane.killAPIServer()
        try await plane.startAPIServer()
        #expect(await eventually { await hub.readiness().contains("forbidden") })
        #expect(await !hub.isReady())
        try await stage.crash(1, 1)
        _ = try await plane.kubectl("apply", "--filename", "-", input: manifest)
        #expect(await hub.hasTold(stage.runs(0..<2, 1)))
        #expect(await hub.becomesReady())
        #expect(hub.told.sorted() == stage.runs(0..<2, 1))
        await hub.stop()
    }

    @Test("a leader that ends hands over to the stand-by, which goes on where it stopped")
    func handover() async throws {
        let plane = try await ControlPlane.shared()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        let leader = stage.start("hub-a")
        #expect(await leader.becomesReady())
        #expect(await eventually { leader.hub.isLeader })
        let standby = stage.start("hub-b")
        #expect(await standby.becomesReady())
        try await stage.createPods(3)
        try await stage.crash(0, 1)
        #expect(await leader.hasTold(stage.runs(0..<1, 1)))
        await leader.stop()
        try await stage.crash(1, 1)
        try await stage.crash(2, 1)
        #expect(await standby.hasTold(stage.runs(1..<3, 1)))
        #expect((leader.told + standby.told).sorted() == stage.runs(0..<3, 1))
        await standby.stop()
    }
}
