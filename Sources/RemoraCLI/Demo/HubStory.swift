internal import Hub
internal import JSON
internal import KubernetesClient
internal import KubernetesSimulator
internal import Threading

/// The demo's second part: scripts that are told of pods, and an edit of the config map that is live at once.
///
/// On the simulated cluster the story makes pods crash itself; on a real one it creates a pod that does.
struct HubStory: Sendable {
    static let namespace = "remora-demo"
    static let configMap = "kubeshark-config-map"

    let client: KubernetesClient
    /// Nil on a real cluster.
    let simulator: KubernetesSimulator?
    /// The image for a pod on a real cluster; it needs a shell.
    let image: String
    let terminal: Terminal
    let pause: Duration

    private static let first = """
        // Crash watcher
        function onPodEvent(event, pod, change) {
          if (change) console.log(pod.metadata.name + ": " + change.kind + (change.reason ? " (" + change.reason + ")" : ""));
        }
        """
    private static let second = """
        // Crash watcher
        var crashes = 0;
        function onPodEvent(event, pod, change) {
          if (!change) return;
          if (change.severity === "crash") crashes++;
          console.log("[v2] " + pod.metadata.name + ": " + change.kind + ", restart " + change.restartCount
            + ", crashes so far: " + crashes);
        }
        """
    private static let broken = "// Crash watcher\nfunction onPodEvent(event, pod, change { }"

    func tell() async throws {
        try await prepare()
        defer { terminal.print("") }
        say("A hub starts. It runs the scripts in the config map \(Self.configMap) and tells them of every pod.")
        command("kubectl create namespace \(Self.namespace)")
        command("remora scripts push crash-watcher.js --activate --namespace \(Self.namespace)")
        command("remora hub --namespace \(Self.namespace)")
        show(Self.first)
        let printed = Locked<[String]>([])
        let console = HubConsole { [terminal] message in
            printed.withLock { $0.append(message.text) }
            terminal.print("    " + terminal.styled(message.text, message.line.level == .error ? .bad : .good))
        }
        var configuration = HubConfiguration(namespace: Self.namespace, identity: "demo")
        configuration.lease = nil
        configuration.watchedNamespace = Self.namespace
        configuration.configMap = Self.configMap
        configuration.version = Remora.version
        let hub = Hub(configuration, client: client, console: console, log: HubLog(least: .error))
        let running = Task { try await hub.run() }
        func printedLine(_ text: String) async {
            await settle { printed.withLock { $0.contains { $0.contains(text) } } }
        }
        await settle { await hub.status.isReady }

        say("A pod is created and crashes: its container is killed for its memory. The hook is told what that means.")
        command("kubectl --namespace \(Self.namespace) create deployment cart --image=\(image) -- tail /dev/zero")
        command("kubectl --namespace \(Self.namespace) set resources deployment cart --limits=memory=16Mi")
        try await crash(.oomKilled)
        await printedLine(simulator == nil ? "crashed" : "oom-killed")
        await rest()

        say("Now the script is edited in the config map. The hub takes the new version over without a restart.")
        command("kubectl --namespace \(Self.namespace) edit configmap \(Self.configMap)")
        show(Self.second)
        let former = Self.revision(await hub.status)
        try await edit(Self.second)
        // The second version has another revision than the first.
        await settle {
            let now = Self.revision(await hub.status)
            return now != nil && now != former
        }
        await rest()
        say(
            simulator == nil
                ? "Another pod of the same kind ends with exit code 3."
                : "The pod's container has started again, and ends with exit code 3.")
        try await crash(.exited(code: 3))
        await printedLine("[v2]")
        await rest()

        say("The next edit has a syntax error. The version before goes on, and the error is told with its line.")
        command("kubectl --namespace \(Self.namespace) edit configmap \(Self.configMap)")
        show(Self.broken)
        try await edit(Self.broken)
        await settle { await hub.status.count(.outdated) == 1 }
        let outcome = await hub.status.scripts.first
        command("remora status --namespace \(Self.namespace)")
        let place = outcome.map { "line \($0.line ?? 0), column \($0.column ?? 0): \($0.error ?? "")" } ?? ""
        terminal.print("    script 0 is \(outcome?.state.rawValue ?? ""): \(place)")
        try await crash(.exited(code: 4))
        await settle { printed.withLock { $0.filter { $0.contains("[v2]") }.count > 1 } }
        await rest()
        say("That was \(printed.withLock { $0.count }) messages of a script. On your own cluster:")
        command("kubectl apply --filename manifests/base/hub.yaml     # or, outside: remora hub")
        command(
            "remora scripts sync FOLDER --namespace remora      # and, beside it: remora console --namespace remora")
        running.cancel()
        _ = try? await running.value
        await cleanUp()
    }

    private static func revision(_ status: HubStatus) -> String? { status.scripts.first?.revision }

    // MARK: The cluster

    private func prepare() async throws {
        try? await ignoringConflicts {
            try await client.create(
                .namespaces,
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Self.namespace)]])
        }
        try await ignoringConflicts {
            try await client.create(
                .configMaps,
                [
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(Self.configMap)],
                    "data": ["SCRIPTING_SCRIPTS": .string(Self.text(Self.first))],
                ], namespace: Self.namespace)
        }
        try await edit(Self.first)
    }

    private func ignoringConflicts(_ body: () async throws -> JSONValue) async throws {
        do { _ = try await body() } catch let error as APIError where error.status?.code == 409 {}
    }

    private static func text(_ code: String) -> String {
        let scripts: JSONValue = ["0": ["title": "Crash watcher", "code": .string(code), "active": true]]
        return scripts.description
    }

    private func edit(_ code: String) async throws {
        try await client.patch(
            .configMaps, .merge(["data": ["SCRIPTING_SCRIPTS": .string(Self.text(code))]]), namespace: Self.namespace,
            name: Self.configMap)
    }

    private var pod: SimulatedPod { SimulatedPod(name: "cart-5c9f7", namespace: Self.namespace, node: "node-1") }

    /// Makes a container of the pod end, as `step` says on the simulator; a real pod ends by itself.
    private func crash(_ step: PodStep) async throws {
        guard let simulator else {
            let name = "cart-\(String(UInt32.random(in: .min ... .max), radix: 36))"
            try await client.create(
                .pods,
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
                    "spec": [
                        "terminationGracePeriodSeconds": 1,
                        "containers": [
                            [
                                "name": "app", "image": .string(image), "imagePullPolicy": "IfNotPresent",
                                "command": ["sh", "-c", "sleep 1; exit 3"],
                            ]
                        ],
                    ],
                ], namespace: Self.namespace)
            return
        }
        if (try? simulator.get("pods", namespace: Self.namespace, name: pod.name)) == nil {
            try simulator.create(pod, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        } else {
            try simulator.advance(pod, by: .restarted)
            try simulator.advance(pod, by: .ready)
        }
        await rest()
        try simulator.advance(pod, by: step)
    }

    private func cleanUp() async {
        guard simulator == nil else { return }
        _ = try? await client.delete(.namespaces, name: Self.namespace)
    }

    // MARK: Words

    private func settle(_ condition: () async -> Bool) async {
        for _ in 0..<1200 {
            if await condition() { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
        terminal.say("# this took longer than a minute; going on")
    }

    private func rest() async { try? await Task.sleep(for: pause) }
    private func say(_ text: String) { terminal.print("\n" + terminal.styled(text, .strong)) }
    private func command(_ text: String) { terminal.print(terminal.styled("  $ \(text)", .faint)) }

    private func show(_ code: String) {
        for line in code.split(separator: "\n", omittingEmptySubsequences: false) {
            terminal.print(terminal.styled("  | \(line)", .faint))
        }
    }
}
