internal import KubernetesClient
internal import KubernetesSimulator

/// What happens in the demo, one step after the other, and the words to it.
struct DemoStory: Sendable {
    static let namespace = "shop"

    let simulator: KubernetesSimulator
    let informer: Informer<Pod>
    let url: String
    let terminal: Terminal
    let pause: Duration

    private var cart: SimulatedPod { SimulatedPod(name: "cart-5c9f7", namespace: Self.namespace, node: "node-1") }
    private var orders: SimulatedPod { SimulatedPod(name: "orders-8d6b4", namespace: Self.namespace, node: "node-2") }

    func tell() async throws {
        try simulator.create(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Self.namespace)]])
        say("An API server in memory listens on \(url). A watch of its pods begins.")
        command("remora watch pods --namespace \(Self.namespace) --output wide")
        try await informer.waitUntilSynced()

        say("A pod is created, put on a node, and becomes ready.")
        command("kubectl create namespace \(Self.namespace)")
        command("kubectl --namespace \(Self.namespace) create deployment cart --image=busybox:1 -- tail /dev/zero")
        try simulator.create(cart)
        try await steps(cart, [.scheduled(node: "node-1"), .containerCreating, .started, .ready])

        say("Its container uses too much memory: it is killed, restarted, killed again, and has to wait.")
        command("kubectl --namespace \(Self.namespace) set resources deployment cart --limits=memory=16Mi")
        try await steps(cart, [.oomKilled, .restarted, .oomKilled, .crashLoopBackOff(seconds: 10), .restarted, .ready])

        say("Now the connection breaks. Meanwhile one pod goes, another comes, and the server forgets its history.")
        command("kubectl --namespace \(Self.namespace) delete pod \(cart.name)     # while this machine has no network")
        simulator.inject(
            .status(
                APIStatus(code: 503, reason: "ServiceUnavailable", message: "the demo makes the server unavailable")),
            for: RequestMatch(verb: "watch"), times: 1)
        simulator.disturbWatches(.disconnect)
        try simulator.delete("pods", namespace: Self.namespace, name: cart.name, gracePeriodSeconds: 0)
        try simulator.create(orders, after: [.scheduled(node: "node-2"), .containerCreating, .started, .ready])
        simulator.compact()
        try await settle { informer[ObjectKey(namespace: Self.namespace, name: orders.name)] != nil }
        await rest()

        say("The pod is deleted: first it is asked to end, then it is gone.")
        command("kubectl --namespace \(Self.namespace) delete pod \(orders.name)")
        try simulator.delete("pods", namespace: Self.namespace, name: orders.name, gracePeriodSeconds: 1)
        try await settle { informer.health.objectCount == 0 }
        try summarize()
    }

    private func summarize() throws {
        let health = informer.health
        let isEqual = try simulator.snapshot("pods").count == informer.objects.count
        let restarts = health.statistics.restarts.values.reduce(0, +)
        say(
            "That was \(health.changes) changes over \(health.statistics.watches) watches and "
                + "\(health.statistics.lists) lists, with \(restarts) interruptions. "
                + (isEqual ? "The copy equals the server's list." : "The copy does NOT equal the server's list!"))
        say("On your own cluster (it only reads):")
        command("remora watch pods --all-namespaces")
    }

    /// For those who want to stay.
    func invite() {
        say("The simulated cluster stays until you press Ctrl-C. In another terminal:")
        command("kubectl --server \(url) get pods --all-namespaces --watch")
        command("kubectl --server \(url) create configmap hello --from-literal=greeting=hi")
        command("remora watch configmaps --server \(url) --all-namespaces")
    }

    private func steps(_ pod: SimulatedPod, _ steps: [PodStep]) async throws {
        for step in steps {
            await rest()
            try simulator.advance(pod, by: step)
        }
        await rest()
    }

    private func rest() async { try? await Task.sleep(for: pause) }

    /// Waits until the watch has caught up.
    private func settle(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(50)) }
    }

    private func say(_ text: String) { terminal.print("\n" + terminal.styled(text, .strong)) }

    private func command(_ text: String) { terminal.print(terminal.styled("  $ \(text)", .faint)) }
}
