import Glibc
import Hub
import InformerOracle
import JSON
import RealCluster
import RemoraProgram
import Subprocess
import Testing
import Threading
import Timestamps

@testable import KubernetesClient

/// `remora hub` as users run it: processes that are killed, frozen, ended, and asked from outside.
@Suite("remora hub, against a real API server", .realCluster, .serialized)
struct HubProcessTests {
    /// Two hubs of one installation: one that leads, and one that stands by.
    private struct Pair {
        let stage: HubOnServer
        let leader: HubProcess
        let standby: HubProcess

        init(_ plane: ControlPlane) async throws {
            let stage = try await HubOnServer(plane, configuration: plane.configuration())
            try await stage.createPods(6)
            let leader = HubProcess(stage.options(plane, "hub-a"))
            let isLeading = await eventually { leader.hasLogged("Leads") }
            try #require(isLeading, "\(leader.log)")
            let standby = HubProcess(stage.options(plane, "hub-b"))
            let isReady = await eventually { await standby.isReady() }
            try #require(isReady, "\(standby.log)")
            self.stage = stage
            self.leader = leader
            self.standby = standby
        }

        var output: [String] { leader.output + standby.output }

        func haveTold(_ runs: [String]) async -> Bool {
            await eventually { HubOnServer.told(output).isSuperset(of: runs) }
        }

        func end() async throws {
            leader.send(SIGKILL)
            standby.send(SIGKILL)
            _ = try await (leader.ended(), standby.ended())
        }

        /// From the last sign of life of the one to the beginning of the other, by the lease.
        func gap(after lease: Lease) async throws -> Duration? {
            let now = try await stage.admin.lease(ObjectKey(namespace: stage.namespace, name: "remora-hub"))
            guard let began = now?.acquired, let renewed = lease.renewed else { return nil }
            return began - renewed
        }

        func lease() async throws -> Lease {
            try #require(try await stage.admin.lease(ObjectKey(namespace: stage.namespace, name: "remora-hub")))
        }
    }

    @Test("a leader that is killed is followed by the stand-by: nothing is lost, and nothing is news twice")
    func killed() async throws {
        let plane = try await ControlPlane.shared()
        let pair = try await Pair(plane)
        let stage = pair.stage
        for pod in 0..<2 { try await stage.crash(pod, 1) }
        #expect(await pair.haveTold(stage.runs(0..<2, 1)))
        pair.leader.send(SIGKILL)
        let last = try await pair.lease()
        for pod in 2..<4 { try await stage.crash(pod, 1) }
        #expect(await eventually { pair.standby.hasLogged("Leads") })
        // 15 s of the lease, and 2 s until it is looked at; more only on a machine that is busy.
        let gap = try #require(try await pair.gap(after: last))
        #expect(gap > .seconds(14) && gap < .seconds(40), "\(gap)")
        for pod in 4..<6 { try await stage.crash(pod, 1) }
        #expect(await pair.haveTold(stage.runs(0..<6, 1)))
        let news = HubOnServer.news(pair.output)
        #expect(news.count == Set(news).count, "\(news)")
        // What was told before and after is news; in between the dead one might have told it.
        #expect(Set(news).isSuperset(of: stage.runs(0..<2, 1) + stage.runs(4..<6, 1)))
        try await pair.end()
    }

    @Test("a leader that ends lets its scripts finish, gives the lease up, exits 0, and is followed at once")
    func ended() async throws {
        let plane = try await ControlPlane.shared()
        let pair = try await Pair(plane)
        let stage = pair.stage
        for pod in 0..<3 { try await stage.crash(pod, 1) }
        #expect(await pair.haveTold(stage.runs(0..<3, 1)))
        let last = try await pair.lease()
        pair.leader.send(SIGTERM)
        #expect(try await pair.leader.ended() == .exited(0))
        #expect(pair.leader.hasLogged("Ended"))
        for pod in 3..<6 { try await stage.crash(pod, 1) }
        #expect(await eventually { pair.standby.hasLogged("Leads") })
        // Much less than the lease's 15 s: it was given up.
        let gap = try #require(try await pair.gap(after: last))
        #expect(gap < .seconds(14), "\(gap)")
        #expect(await pair.haveTold(stage.runs(0..<6, 1)))
        #expect(HubOnServer.news(pair.output).sorted() == stage.runs(0..<6, 1))
        try await pair.end()
    }

    @Test("a leader that was frozen tells nothing when it thaws: another leads by then")
    func frozen() async throws {
        let plane = try await ControlPlane.shared()
        let pair = try await Pair(plane)
        let stage = pair.stage
        try await stage.crash(0, 1)
        #expect(await pair.haveTold(stage.runs(0..<1, 1)))
        pair.leader.send(SIGSTOP)
        try await stage.crash(1, 1)
        #expect(await eventually { pair.standby.hasLogged("Leads") })
        try await stage.crash(2, 1)
        #expect(await pair.haveTold(stage.runs(0..<3, 1)))
        let before = pair.leader.output
        pair.leader.send(SIGCONT)
        #expect(await eventually { pair.leader.hasLogged("Leads no more") })
        try await stage.crash(3, 1)
        #expect(await pair.haveTold(stage.runs(0..<4, 1)))
        #expect(pair.leader.output == before)
        let news = HubOnServer.news(pair.output)
        #expect(news.count == Set(news).count, "\(news)")
        try await pair.end()
    }

    @Test("an account that is made anew voids the token: /readyz says so, and a new token in the file mends it")
    func token() async throws {
        let plane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            let stage = try await HubOnServer(plane, configuration: plane.configuration())
            try await stage.createPods(2)
            try await stage.grant(plane, to: "remora-hub")
            let token = try folder.write(try await stage.newToken(plane, "remora-hub"), to: "token")
            let kubeconfig = try folder.write(stage.kubeconfig(plane, tokenFile: token), to: "kubeconfig")
            let hub = HubProcess(
                stage.options(plane, "hub-a", kubeconfig: kubeconfig)
                    + ["--token-file", plane.directory + "/tokens/admin"])
            #expect(await eventually { await hub.isReady() }, "\(hub.log)")
            try await stage.crash(0, 1)
            #expect(await eventually { HubOnServer.told(hub.output) == ["run-0-1"] })

            let new = try await stage.newToken(plane, "remora-hub")
            #expect(await eventually { await hub.readiness().contains("[-]lease failed") })
            try folder.write(new, to: "token")
            #expect(await eventually { await hub.isReady() })
            try await stage.crash(1, 1)
            #expect(await eventually { HubOnServer.news(hub.output) == ["run-0-1", "run-1-1"] }, "\(hub.output)")
            hub.send(SIGTERM)
            #expect(try await hub.ended() == .exited(0))
        }
    }

    @Test("the API server's own users: strangers are refused, readers read, editors change")
    func access() async throws {
        let plane = try await ControlPlane.shared()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        let namespace = stage.namespace
        for (account, verbs) in [("reader", "get"), ("editor", "get,update")] {
            let subject = "--serviceaccount=\(namespace):\(account)"
            _ = try await plane.kubectl("-n", namespace, "create", "serviceaccount", account)
            // There need not be such a resource: kubectl would ask for it.
            let role = """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: \(account), namespace: \(namespace)}
                rules: [{apiGroups: [remora.dev], resources: [hubs], verbs: [\(verbs)]}]
                """
            _ = try await plane.kubectl("apply", "--filename", "-", input: role)
            _ = try await plane.kubectl("-n", namespace, "create", "rolebinding", account, "--role=\(account)", subject)
        }
        let hub = HubProcess(stage.options(plane, "hub-a"))
        #expect(await eventually { await hub.isReady() }, "\(hub.log)")
        func answer(_ method: String, _ path: String, _ token: String?) async throws -> Int {
            try await hub.ask(method, path, token: token).status
        }
        let reader = try await plane.token(namespace: namespace, serviceAccount: "reader")
        let editor = try await plane.token(namespace: namespace, serviceAccount: "editor")
        #expect(try await answer("GET", "/status", nil) == 401)
        #expect(try await answer("GET", "/status", "made-up") == 401)
        #expect(try await answer("GET", "/status", plane.nobodyToken) == 403)
        #expect(try await answer("GET", "/status", reader) == 200)
        #expect(try await answer("POST", "/jobs/run", reader) == 403)
        #expect(try await answer("POST", "/jobs/run", editor) == 200)
        // As a user asks: the command sends the token that it has.
        let url = try #require(hub.url)
        let good = try await RemoraProgram.run(["status", "--hub", url, "--token", reader])
        #expect(good.status == .exited(0))
        #expect(good.output.contains("running       recorder"), "\(good.output)")
        let bad = try await RemoraProgram.run(["status", "--hub", url, "--token", plane.nobodyToken])
        #expect(bad.status == .exited(1))
        #expect(bad.errors.contains("nobody may not get hubs.remora.dev in namespace \(namespace)"), "\(bad.errors)")
        hub.send(SIGTERM)
        #expect(try await hub.ended() == .exited(0))
    }

    @Test("status --wait returns when an edit is live, and says which line of a broken one is wrong")
    func statusWait() async throws {
        let plane = try await ControlPlane.shared()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        let hub = HubProcess(stage.options(plane, "hub-a"))
        #expect(await eventually { await hub.isReady() }, "\(hub.log)")
        let url = try #require(hub.url)
        func wait() async throws -> RemoraProgram.Result {
            try await RemoraProgram.run([
                "status", "--wait", "--hub", url, "--token", plane.adminToken, "--kubeconfig", plane.adminKubeconfig,
                "--namespace", stage.namespace,
            ])
        }
        for number in 1...3 {
            try await stage.edit("console.log('edit \(number)');")
            let result = try await wait()
            #expect(result.status == .exited(0), "\(result)")
            #expect(hub.output.contains("[hub-0] edit \(number)"))
        }
        try await stage.edit("var a = 1;\nvar = 2;")
        let broken = try await wait()
        #expect(broken.status == .exited(1))
        #expect(broken.output.contains("outdated      recorder"), "\(broken.output)")
        #expect(broken.output.contains("recorder:2:"), "\(broken.output)")
        hub.send(SIGTERM)
        #expect(try await hub.ended() == .exited(0))
    }

    @Test("scripts of more than 1 MiB in all run, read from further config maps with the account's own permissions")
    func furtherConfigMaps() async throws {
        let plane = try await ControlPlane.shared()
        try await ScratchFolder.run { folder in
            let stage = try await HubOnServer(plane, configuration: plane.configuration())
            try await stage.grant(plane, to: "remora-hub")
            let token = try folder.write(try await stage.newToken(plane, "remora-hub"), to: "token")
            let kubeconfig = try folder.write(stage.kubeconfig(plane, tokenFile: token), to: "kubeconfig")
            let files = try ["one", "two", "three"].map { name in
                try folder.write(
                    "// \(name)\nconsole.log('\(name) runs');\n// " + String(repeating: "x", count: 450_000),
                    to: "\(name).js")
            }
            let hub = HubProcess(stage.options(plane, "hub-a", kubeconfig: kubeconfig))
            #expect(await eventually { await hub.isReady() }, "\(hub.log)")
            let push = try await RemoraProgram.run(
                [
                    "scripts", "push", "--activate", "--kubeconfig", plane.adminKubeconfig, "--namespace",
                    stage.namespace,
                ]
                    + files)
            #expect(push.status == .exited(0), "\(push)")
            let maps = try await plane.kubectl("-n", stage.namespace, "get", "configmaps", "--output", "name")
            #expect(maps.contains("configmap/kubeshark-config-map-scripts-"), "\(maps)")
            #expect(
                await eventually {
                    ["one", "two", "three"].allSatisfy { name in hub.output.contains { $0.hasSuffix("] \(name) runs") }
                    }
                }, "\(hub.output) \(hub.log)")
            hub.send(SIGTERM)
            #expect(try await hub.ended() == .exited(0))
        }
    }

    @Test("doctor names what an account lacks, as YAML that kubectl takes; then nothing is missing")
    func doctor() async throws {
        let plane = try await ControlPlane.shared()
        let stage = try await HubOnServer(plane, configuration: plane.configuration())
        _ = try await plane.kubectl("-n", stage.namespace, "create", "serviceaccount", "remora-hub")
        func ask(_ more: String...) async throws -> RemoraProgram.Result {
            try await RemoraProgram.run(
                [
                    "doctor", "--kubeconfig", plane.adminKubeconfig, "--namespace", stage.namespace,
                    "--service-account", "remora-hub",
                ] + more)
        }
        let before = try await ask()
        #expect(before.status == .exited(1))
        #expect(before.errors.contains("missing watch pods"), "\(before.errors)")
        #expect(before.errors.contains("missing config map \(stage.namespace)/kubeshark-config-map-status"))
        _ = try await plane.kubectl("apply", "--filename", "-", input: before.output)
        // The authorizer learns of roles by a watch of its own.
        #expect(try await eventually { try await ask().status == .exited(0) })
        let after = try await ask()
        #expect(after.output == "")
        #expect(after.errors.hasSuffix("Nothing is missing.\n"), "\(after.errors)")
        #expect(after.errors.contains("note    may not get pods/log in all namespaces"), "\(after.errors)")
        // What is granted later leaves in place what was granted before.
        let logs = try await ask("--pod-logs")
        #expect(logs.status == .exited(1))
        #expect(logs.output.contains("resources: [pods/log]") && !logs.output.contains("[pods]"), "\(logs.output)")
        _ = try await plane.kubectl("apply", "--filename", "-", input: logs.output)
        #expect(try await eventually { try await ask("--pod-logs").status == .exited(0) })
        #expect(try await ask().errors.contains("ok      get pods/log in all namespaces"))
        _ = try await plane.kubectl("delete", "--filename", "-", input: logs.output)
        // What is wrong in the config map is no matter of permissions.
        try await stage.edit("var a = 1;\nvar = 2;")
        let wrong = try await ask()
        #expect(wrong.status == .exited(1))
        #expect(wrong.output == "")
        #expect(wrong.errors.contains("problem script 0 (recorder) at line 2, column 5: "), "\(wrong.errors)")
        _ = try await plane.kubectl("delete", "--filename", "-", input: before.output)
    }
}
