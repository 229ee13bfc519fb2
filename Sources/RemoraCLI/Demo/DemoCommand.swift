internal import ArgumentParser
internal import KubernetesClient
internal import KubernetesConfiguration
internal import KubernetesSimulator
internal import ScriptRuntime

/// `remora demo`: see it work without a cluster.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See pods live and crash, and scripts that are told of it. Needs no cluster.",
        discussion: """
            Starts an API server in memory, lets a pod go through its life, breaks the connection, and shows what the \
            watch makes of it; then a hub runs a script of a config map, which is edited while it runs. Everything runs in \
            this process and ends with it.

            With --kubeconfig, --context or --server the second part runs on your cluster, in a namespace of its own \
            (remora-demo), which is deleted at the end.
            """)

    @Option(help: ArgumentHelp("The time between two steps.", valueName: "seconds"))
    var pause = 1.0

    @Flag(help: "Keep the simulated cluster at the end, to try kubectl and remora on it.")
    var hold = false

    @Option(help: ArgumentHelp("On your cluster: an image with a shell for a pod that crashes.", valueName: "image"))
    var image = "busybox:1"

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        guard pause.isFinite, pause >= 0 else {
            throw ValidationError("--pause takes a number of seconds from 0 on, not \(pause).")
        }
    }

    func run() async throws {
        let terminal = Terminal()
        ScriptEngine.prepareProcess()
        if cluster.kubeconfig != nil || cluster.context != nil || cluster.server != nil {
            return try await runOnCluster(terminal)
        }
        let simulator = KubernetesSimulator()
        let url = try await simulator.start()
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(
                server: ClusterURL(parsing: url), proxy: .none, origin: "the simulated cluster"))
        // Breaks are part of the show: they are to be over within a step or two.
        var settings = ReflectorSettings()
        settings.relistSpread = .milliseconds(100)
        let informer = Informer<Pod>(
            client: client, selection: Selection(namespace: DemoStory.namespace), settings: settings)
        let subscription = informer.subscribe()

        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { await ConnectionReporter(informer: informer, terminal: terminal).run() }
            group.addTask {
                var printer = EventPrinter<Pod>(terminal: terminal, output: .wide, showsNamespace: false)
                for await batch in subscription {
                    for event in batch.events { printer.print(event) }
                }
            }
            let story = DemoStory(
                simulator: simulator, informer: informer, url: url, terminal: terminal, pause: .seconds(pause))
            try? await story.tell()
            let hub = HubStory(
                client: client, simulator: simulator, image: image, terminal: terminal, pause: .seconds(pause))
            try? await hub.tell()
            if hold {
                story.invite()
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            }
            group.cancelAll()
        }
        await simulator.stop()
    }

    private func runOnCluster(_ terminal: Terminal) async throws {
        do {
            let story = HubStory(
                client: try cluster.client(), simulator: nil, image: image, terminal: terminal, pause: .seconds(pause))
            try await story.tell()
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
    }
}
