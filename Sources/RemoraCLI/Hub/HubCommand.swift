internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Hub
internal import KubernetesClient
internal import ScriptRuntime
internal import ServerTLS

/// `remora hub`: run the config map's scripts and tell them of pods.
struct HubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub",
        abstract: "Run the scripts of the config map, and tell them of every pod.",
        discussion: """
            Runs until SIGINT or SIGTERM; then scripts finish what they have, and the lease is given up. What scripts \
            print goes to standard output, the hub's own log to standard error.

            Outside a cluster it works as well: it needs the permissions of manifests/base/hub.yaml, which `remora doctor` \
            checks.
            """)

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case auto, json, text
    }

    @Option(help: ArgumentHelp("The config map with the scripts.", valueName: "name"))
    var configMap = "kubeshark-config-map"

    @Option(help: ArgumentHelp("The secret with their env.", valueName: "name"))
    var secret = "kubeshark-secret"

    @Option(help: ArgumentHelp("Watch the pods of this namespace alone.", valueName: "namespace"))
    var watchNamespace: String?

    @Option(help: ArgumentHelp("Where the HTTP API listens: HOST:PORT, :PORT, or none.", valueName: "address"))
    var listen = "127.0.0.1:8898"

    @Option(
        help: ArgumentHelp(
            "Ask for the token in this file, in place of tokens of the cluster.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Ask workers for the token in this file, in place of tokens of the cluster.", valueName: "file"))
    var workerTokenFile: String?

    enum TLS: String, ExpressibleByArgument, CaseIterable {
        case auto, on, off
    }

    @Option(
        help: ArgumentHelp(
            "Whether the API speaks TLS: auto is on, except on a loopback address.", valueName: "auto|on|off"))
    var tls = TLS.auto

    @Option(
        help: ArgumentHelp(
            "The API's certificate and its chain, PEM. Without it the hub makes one, which stands in the status config "
                + "map.", valueName: "file"))
    var tlsCertFile: String?

    @Option(help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
    var tlsPrivateKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "Copy what the hub is trusted by to the config map remora-hub-ca of this namespace, for workers there.",
            valueName: "namespace"))
    var certificateNamespace: [String] = []

    @Option(
        help: ArgumentHelp(
            "Be the webhook that puts a worker of this image beside pods with the label remora.dev/inject=true.",
            valueName: "image"))
    var injectImage: String?

    @Option(
        help: ArgumentHelp(
            "The host by which other hubs reach this one; by default POD_IP, or that of --listen.", valueName: "host"))
    var advertise: String?

    @Flag(help: "Lead without an election: there must be no other hub.")
    var noLeaderElection = false

    @Option(
        help: ArgumentHelp("The name in the election; by default POD_NAME, or host and process.", valueName: "name"))
    var identity: String?

    @Option(
        help: ArgumentHelp(
            "Keep a journal of what scripts were told here, so that nothing is told twice after a crash.",
            valueName: "folder"))
    var stateDir: String?

    @Flag(help: "Let scripts cut pods off from the network by hub.blockPod. Needs permissions of its own: see doctor.")
    var allowBlockPod = false

    @Option(help: "How the log looks: json, text, or auto (text on a terminal).")
    var logFormat = LogFormat.auto

    @Option(help: ArgumentHelp("The least level that is logged.", valueName: "level"))
    var logLevel = "info"

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        _ = try address
        guard HubLog.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level is one of debug, info, warning, error, not \(logLevel).")
        }
        guard (tlsCertFile == nil) == (tlsPrivateKeyFile == nil) else {
            throw ValidationError("--tls-cert-file and --tls-private-key-file belong together: give both or neither.")
        }
        if injectImage != nil {
            guard case .selfMade = try certificate("default") else {
                throw ValidationError(
                    "--inject-image needs the API with TLS by the hub's own certificate, as --listen :8898 has it: API servers "
                        + "ask webhooks over TLS alone, and the hub tells them whom to trust.")
            }
        }
        if tls == .off, tlsCertFile != nil { throw ValidationError("--tls off has no use for a certificate.") }
    }

    /// The API's certificate: given, made here, or none.
    private func certificate(_ namespace: String) throws -> TLSAcceptor.Source? {
        if let tlsCertFile, let tlsPrivateKeyFile {
            return .files(certificate: tlsCertFile, privateKey: tlsPrivateKeyFile)
        }
        guard let host = try address?.host, tls != .off else { return nil }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        if tls == .auto, isLoopback { return nil }
        let service = "remora-hub.\(namespace)"
        let own = [advertisedHost, host, Self.hostName, "localhost", "127.0.0.1"].compactMap { $0 }
        return .selfMade(names: ["\(service).svc", "\(service).svc.cluster.local", service, "remora-hub"] + own)
    }

    private var advertisedHost: String? {
        advertise ?? ProcessInfo.processInfo.environment["POD_IP"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private var address: (host: String, port: Int)? {
        get throws {
            if listen == "none" { return nil }
            guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
                throw ValidationError("--listen takes HOST:PORT, :PORT or none, not \(listen).")
            }
            let host = String(listen[..<colon])
            return (host.isEmpty ? "0.0.0.0" : host, Int(port))
        }
    }

    func run() async throws {
        ScriptEngine.prepareProcess()
        Self.allowDescriptors()
        let terminal = Terminal()
        let isTerminal = isatty(2) == 1
        let format: HubLog.Format =
            switch logFormat {
            case .auto: isTerminal ? .text : .json
            case .json: .json
            case .text: .text
            }
        let log = HubLog(format: format, least: HubLog.Level(rawValue: logLevel) ?? .info)
        let client: KubernetesClient
        do {
            client = try cluster.client()
        } catch {
            log.error("Configuration", [("err", "\(error)")])
            throw ExitCode.failure
        }
        var configuration = HubConfiguration(
            namespace: cluster.namespace ?? client.configuration.namespace, identity: identity ?? Self.defaultIdentity)
        configuration.configMap = configMap
        configuration.secret = secret
        configuration.watchedNamespace = watchNamespace
        configuration.listen = try address
        configuration.certificate = try certificate(configuration.namespace)
        configuration.certificateNamespaces = certificateNamespace
        configuration.injectedImage = injectImage
        configuration.advertisedHost = advertisedHost
        configuration.tokenFile = tokenFile
        configuration.workerTokenFile = workerTokenFile
        configuration.stateFolder = stateDir
        configuration.allowsBlockingPods = allowBlockPod
        configuration.version = Remora.version
        if noLeaderElection { configuration.lease = nil }
        let console = HubConsole { message in terminal.print(message.text) }
        let hub = Hub(configuration, client: client, console: console, log: log)
        do {
            try await Signals.run { try await hub.run() }
        } catch {
            log.error("Hub", [("err", "\(error)")])
            throw ExitCode.failure
        }
    }

    /// Each worker has two connections: as many files as the system lets us have.
    private static func allowDescriptors() {
        var limit = rlimit()
        // RLIMIT_NOFILE (getrlimit(2)), which Swift sees as an enumeration of another type.
        let resource = __rlimit_resource_t(7)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    /// In a cluster the pod's name: a container that is restarted goes on with its own lease.
    private static var defaultIdentity: String {
        let environment = ProcessInfo.processInfo.environment
        if let pod = environment["POD_NAME"], !pod.isEmpty { return pod }
        return "\(hostName)_\(getpid())_\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
