import HTTPProbe
import JSON
import KubernetesSimulator
import Testing

/// The proof that the simulator is near enough to a real server: its usual client takes it for one. Skipped on machines
/// without kubectl; `KUBECTL` names another than the one on the path.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Kubectl.path != nil, "there is no kubectl: install one, or set KUBECTL"))
struct KubectlTests {
    private func withKubectl(_ body: (KubernetesSimulator, Kubectl) async throws -> Void) async throws {
        try await withSimulator {
            $0.podTermination = .after(.milliseconds(10))
            $0.now = { .now() }
        } _: { simulator, _ in
            try await body(simulator, Kubectl(server: try #require(simulator.url)))
        }
    }

    private func words(_ line: some StringProtocol) -> [Substring] { Substring(line).split(separator: " ") }

    private func data(_ simulator: KubernetesSimulator, _ name: String) throws -> JSONValue? {
        try simulator.get("configmaps", namespace: "default", name: name)["data"]
    }

    private static let podManifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          containers:
          - {name: app, image: "app:1", env: [{name: LEVEL, value: info}], ports: [{containerPort: 80}]}
        """

    private static func configMapManifest(_ data: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {\(data)}\n"
    }

    @Test("kubectl creates, reads, edits, labels and deletes a config map")
    func configMapLife() async throws {
        try await withKubectl { simulator, kubectl in
            let created = try await kubectl.run("create", "configmap", "one", "--from-literal=key=first")
            #expect(created == .init(output: "configmap/one created\n", error: "", isSuccess: true))
            #expect(try data(simulator, "one") == ["key": "first"])

            let table = try await kubectl.run("get", "configmaps").output.split(separator: "\n")
            #expect(table.map { words($0).prefix(2) } == [["NAME", "DATA"], ["one", "1"]])
            #expect(try await kubectl.run("get", "cm", "one", "-o", "yaml").output.contains("key: first\n"))
            let json = try await kubectl.run("get", "cm", "one", "-o", "json").output
            #expect(try JSONValue(parsing: json)["data"] == ["key": "first"])

            let edited = try await kubectl.run("edit", "cm", "one", editor: "sed -i s/first/second/")
            #expect(edited.output == "configmap/one edited\n", "\(edited.error)")
            #expect(try data(simulator, "one") == ["key": "second"])
            #expect(try await kubectl.run("label", "cm", "one", "tier=front").isSuccess)
            #expect(try await kubectl.run("get", "cm", "-l", "tier=front", "-o", "name").output == "configmap/one\n")

            #expect(try await kubectl.run("delete", "cm", "one").isSuccess)
            let gone = try await kubectl.run("get", "cm", "one")
            #expect(gone.error == "Error from server (NotFound): configmaps \"one\" not found\n")
        }
    }

    @Test("kubectl patches with each of its types")
    func patches() async throws {
        try await withKubectl { simulator, kubectl in
            try simulator.create(configMap("one", ["a": "1"]))
            for (type, patch) in [
                ("strategic", #"{"data":{"b":"2"}}"#), ("merge", #"{"data":{"a":null}}"#),
                ("json", #"[{"op":"add","path":"/data/c","value":"3"}]"#),
            ] {
                let outcome = try await kubectl.run("patch", "cm", "one", "--type", type, "-p", patch)
                #expect(outcome.output == "configmap/one patched\n", "\(type): \(outcome.error)")
            }
            #expect(try data(simulator, "one") == ["b": "2", "c": "3"])
        }
    }

    @Test("kubectl applies a pod, finds it unchanged, and applies a change of it")
    func apply() async throws {
        try await withKubectl { simulator, kubectl in
            var outcomes: [String] = []
            let changed = Self.podManifest.replacing("app:1", with: "app:2")
            for manifest in [Self.podManifest, Self.podManifest, changed, changed] {
                let outcome = try await kubectl.run("apply", "-f", "-", input: manifest)
                outcomes.append(outcome.output + outcome.error)
            }
            #expect(
                outcomes == [
                    "pod/web created\n", "pod/web unchanged\n", "pod/web configured\n", "pod/web unchanged\n",
                ])
            let container = try simulator.get("pods", namespace: "default", name: "web")["spec"]?["containers"]?[0]
            #expect(container?["image"] == "app:2")
            #expect(container?["env"] == [["name": "LEVEL", "value": "info"]])
        }
    }

    @Test("kubectl applies on the server's side: what is left out goes, what another changed is a conflict")
    func serverSideApply() async throws {
        try await withKubectl { simulator, kubectl in
            func apply(_ data: String, _ flag: String = "--force-conflicts=false") async throws -> Kubectl.Outcome {
                try await kubectl.run(
                    "apply", "--server-side", flag, "-f", "-", input: Self.configMapManifest(data))
            }
            #expect(try await apply("a: '1', b: '2'").output == "configmap/applied serverside-applied\n")
            _ = try await apply("a: '1'")
            #expect(try data(simulator, "applied") == ["a": "1"])
            _ = try await kubectl.run("patch", "cm", "applied", "--type=merge", "-p", #"{"data":{"a":"9"}}"#)
            let conflict = try await apply("a: '1'")
            #expect(!conflict.isSuccess)
            #expect(conflict.error.contains("conflict with \"kubectl-patch\" using v1: .data.a"))
            #expect(try await apply("a: '1'", "--force-conflicts").isSuccess)
            #expect(try data(simulator, "applied") == ["a": "1"])
        }
    }

    @Test("kubectl shows a pod's troubles, its log and its node, and deletes it and waits")
    func pods() async throws {
        try await withKubectl { simulator, kubectl in
            let web = SimulatedPod(name: "web-1", node: "node-1")
            try simulator.create(
                web,
                after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready, .oomKilled, .restarted])
            try simulator.advance(web, by: .oomKilled)
            try simulator.advance(web, by: .crashLoopBackOff(seconds: 10))
            let rows = try await kubectl.run("get", "pods", "-o", "wide").output.split(separator: "\n")
            let row = words(try #require(rows.last))
            #expect(row.prefix(4) == ["web-1", "1/2", "CrashLoopBackOff", "1"])
            #expect(row.contains("node-1"))
            let description = try await kubectl.run("describe", "pod", "web-1")
            #expect(description.output.contains("OOMKilled"), "\(description.error)")
            simulator.setLog("started\n", pod: "web-1")
            #expect(try await kubectl.run("logs", "web-1", "-c", SimulatedPod.mainContainer).output == "started\n")
            #expect(try await kubectl.run("delete", "pod", "web-1").isSuccess)
            #expect(try simulator.list("pods").isEmpty)
        }
    }

    @Test("kubectl get -w prints each change as a row until the watch ends")
    func watch() async throws {
        try await withKubectl { simulator, kubectl in
            let web = SimulatedPod(name: "web-1")
            try simulator.create(web)
            async let outcome = kubectl.run("get", "pods", "-w")
            try await eventually("kubectl watches") { simulator.watchCount("pods") == 1 }
            try simulator.advance(web, by: .scheduled(node: "node-1"))
            try simulator.advance(web, by: .containerCreating)
            try simulator.advance(web, by: .started)
            simulator.disturbWatches(.end)
            let rows = try await outcome.output.split(separator: "\n").dropFirst().map {
                words($0)[1...2].joined(separator: " ")
            }
            #expect(rows == ["0/2 Pending", "0/2 Pending", "0/2 ContainerCreating", "1/2 Running"])
        }
    }

    @Test("kubectl asks for permissions, namespaces and a dry run, and reads in pages")
    func otherCommands() async throws {
        try await withKubectl { simulator, kubectl in
            #expect(try await kubectl.run("auth", "can-i", "list", "pods").output == "yes\n")
            #expect(try await kubectl.run("create", "namespace", "team").isSuccess)
            let dry = try await kubectl.run(
                "create", "--dry-run=server", "-f", "-", input: Self.configMapManifest("a: '1'"))
            #expect(dry.output == "configmap/applied created (server dry run)\n", "\(dry.error)")
            #expect(try simulator.list("configmaps").isEmpty)
            for name in ["a", "b", "c"] { try simulator.create(configMap(name, namespace: "team")) }
            simulator.resetRequests()
            let names = try await kubectl.run("get", "cm", "-A", "--chunk-size=1", "-o", "name")
            #expect(names.output == "configmap/a\nconfigmap/b\nconfigmap/c\n")
            #expect(simulator.requestCount(verb: "list", resource: "configmaps") == 3)
            #expect(try await kubectl.run("delete", "namespace", "team").isSuccess)
            #expect(try simulator.list("configmaps").isEmpty)
        }
    }
}
