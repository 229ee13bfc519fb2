internal import ArgumentParser
internal import Glibc
internal import KubernetesClient

/// `remora watch`: every change of a kind of object, as it comes.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print every change of pods, config maps, events or other objects as it comes.",
        discussion: """
            Goes on through lost connections, restarts of the API server and forgotten versions, and says so on \
            standard error. Changes that happened meanwhile are printed once they are known, marked "missed".

            Exit status: 0 after --limit events, 1 if the watch could not start.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case brief, wide, json, none
    }

    @Argument(help: "What to watch. kubectl's singular and short names work too.")
    var kind = WatchedKind.pods

    @Flag(name: [.customShort("A"), .long], help: "Objects of all namespaces.")
    var allNamespaces = false

    @Option(
        name: [.short, .long],
        help: "brief; wide: with node and addresses; json: one object a line, as the server sent it; none.")
    var output = Output.brief

    @Option(help: ArgumentHelp("End after this many events.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Leave out the objects that exist at the start.")
    var changesOnly = false

    @Option(
        name: [.customShort("l"), .long], help: ArgumentHelp("Only objects with these labels.", valueName: "labels"))
    var selector: String?

    @Option(help: ArgumentHelp("Only objects with these fields, such as spec.nodeName=n1.", valueName: "fields"))
    var fieldSelector: String?

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1 on, not \(limit).") }
        if allNamespaces, cluster.namespace != nil {
            throw ValidationError("--all-namespaces and --namespace exclude each other.")
        }
    }

    func run() async throws {
        let terminal = Terminal()
        let client: KubernetesClient
        do {
            client = try cluster.client()
            try await kind.checkAccess(client, selection(client))
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
        switch kind {
        case .pods: await watch(Informer<Pod>(client: client, selection: selection(client)), terminal)
        case .events: await watch(Informer<ClusterEvent>(client: client, selection: selection(client)), terminal)
        case .nodes: await watch(Informer<Node>(client: client, selection: selection(client)), terminal)
        default:
            await watch(
                Informer<ObjectSummary>(client: client, resource: kind.resource, selection: selection(client)), terminal
            )
        }
    }

    private func selection(_ client: KubernetesClient) -> Selection {
        Selection(
            namespace: allNamespaces || !kind.resource.isNamespaced
                ? nil : cluster.namespace ?? client.configuration.namespace,
            labelSelector: selector, fieldSelector: fieldSelector)
    }

    private func watch<Object: DescribedObject>(_ informer: Informer<Object>, _ terminal: Terminal) async {
        var printer = EventPrinter<Object>(terminal: terminal, output: output, showsNamespace: allNamespaces)
        let subscription = informer.subscribe(rawByteLimit: output == .json ? 64 << 20 : 0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { await ConnectionReporter(informer: informer, terminal: terminal).run() }
            var count = 0
            for await batch in subscription {
                for event in batch.events where !(changesOnly && event.source == .initial) {
                    printer.print(event)
                    count += 1
                    if count == limit { return group.cancelAll() }
                }
            }
        }
    }
}

/// What can be watched from the command line.
enum WatchedKind: String, ExpressibleByArgument, CaseIterable {
    case pods, configmaps, events, nodes, namespaces, services, secrets, leases

    var resource: APIResource {
        switch self {
        case .pods: .pods
        case .configmaps: .configMaps
        case .events: .events
        case .nodes: .nodes
        case .namespaces: .namespaces
        case .services: .services
        case .secrets: .secrets
        case .leases: .leases
        }
    }

    /// Also in the forms that kubectl knows: singular and short.
    init?(argument: String) {
        let aliases: [String: WatchedKind] = [
            "pod": .pods, "po": .pods, "configmap": .configmaps, "cm": .configmaps, "event": .events, "ev": .events,
            "node": .nodes, "no": .nodes, "namespace": .namespaces, "ns": .namespaces, "service": .services,
            "svc": .services, "secret": .secrets, "lease": .leases,
        ]
        guard let kind = WatchedKind(rawValue: argument.lowercased()) ?? aliases[argument.lowercased()] else {
            return nil
        }
        self = kind
    }

    /// Reads one object, so that a watch that cannot work fails at the start and with its reason.
    func checkAccess(_ client: KubernetesClient, _ selection: Selection) async throws {
        _ = try await client.firstPage(ObjectSummary.self, resource: resource, selection, limit: 1)
    }
}
