internal import ArgumentParser
internal import CurlTransport
internal import Fleet
internal import FoundationEssentials
internal import Glibc
internal import Hub
internal import JSON
internal import LocalRun
internal import PacketCapture
internal import ScriptFolder
internal import ScriptRuntime
internal import Worker

/// `remora worker`: capture, and run scripts on what was captured.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Capture packets, keep the latest ones, and run scripts on what they say.",
        discussion: """
            Stand-alone, with scripts from a folder:

              remora worker --interface eth0 --scripts scripts
              remora worker --interface any --scripts scripts --ring-size 256 --filter 'not port 22'
              remora worker --pcap traffic.pcap --scripts scripts --set ENABLED_DISSECTORS=http,dns

            With the scripts of a hub, which go on while the hub is away:

              remora worker --interface any --hub https://remora-hub.remora.svc --hub-token-file token --hub-ca ca.crt

            Packets go into a ring: a file of fixed size that is a capture at any moment (tcpdump -r reads it), and that \
            a worker which was killed leaves behind. `remora snapshots take` copies from it.

            Needs root, or CAP_NET_RAW alone. What scripts print goes to standard output, the worker's own log to \
            standard error.
            """)

    @Option(help: ArgumentHelp("Capture packets of a network interface; any for all.", valueName: "name"))
    var interface: [String] = []

    @Option(help: ArgumentHelp("Read a capture file (pcap, pcapng) instead.", valueName: "file"))
    var pcap: [String] = []

    @Option(help: ArgumentHelp("A script, or a folder with scripts.", valueName: "path"))
    var scripts: [String] = []

    @Option(help: ArgumentHelp("Run the scripts of the hub at this URL.", valueName: "url"))
    var hub: String?

    @Option(help: ArgumentHelp("The file with the token for the hub, read anew each time.", valueName: "file"))
    var hubTokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The certificates by which the hub is trusted, PEM; read anew each time.", valueName: "file"))
    var hubCa: String?

    @Option(
        help: ArgumentHelp(
            "Hear of this pod alone, beside which the worker runs, and not of all of the node.",
            valueName: "namespace/name"))
    var besidePod: String?

    @Flag(help: "Read folders inside the folders too.")
    var recursive = false

    @Option(help: ArgumentHelp("Where ring, snapshots and what scripts write are kept.", valueName: "folder"))
    var data = "remora-data"

    @Option(help: ArgumentHelp("The ring's file, if not in the folder.", valueName: "file"))
    var ring: String?

    @Option(help: ArgumentHelp("The ring's size, in MB.", valueName: "MB"))
    var ringSize = 64

    @Option(help: ArgumentHelp("Forget packets that are older, in seconds.", valueName: "seconds"))
    var ringAge: Int?

    @Option(help: ArgumentHelp("How much snapshots may hold, in MB.", valueName: "MB"))
    var snapshotQuota = 4096

    @Option(help: ArgumentHelp("How much scripts' files may hold, in MB.", valueName: "MB"))
    var fileQuota = 1024

    @Option(help: ArgumentHelp("The kernel's buffer for each interface, in MB.", valueName: "MB"))
    var kernelBuffer = 8

    @Option(help: ArgumentHelp("What to capture, in the language of tcpdump.", valueName: "filter"))
    var filter: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A key of the config map that concerns capture: \(TrafficSettings.keys.joined(separator: ", ")).",
            valueName: "KEY=value"))
    var keys: [String] = []

    @Option(name: .customLong("env"), help: ArgumentHelp("A value that scripts find in env.", valueName: "name=value"))
    var assignments: [String] = []

    @Option(help: ArgumentHelp("What utils.nodeName() says; by default NODE_NAME, or local.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Where the local API listens: HOST:PORT, :PORT, or none.", valueName: "address"))
    var listen = "127.0.0.1:49100"

    @Option(help: ArgumentHelp("Ask for the token in this file.", valueName: "file"))
    var tokenFile: String?

    func validate() throws {
        _ = try address
        _ = try ringSettings
        if interface.isEmpty, pcap.isEmpty {
            throw ValidationError("Say what to capture: --interface eth0, --interface any, or --pcap FILE.")
        }
        if !interface.isEmpty, !pcap.isEmpty { throw ValidationError("--interface and --pcap exclude each other.") }
        if scripts.isEmpty, hub == nil {
            throw ValidationError("Name a script or a folder of scripts: --scripts scripts, or a hub: --hub URL")
        }
        if !scripts.isEmpty, hub != nil { throw ValidationError("--scripts and --hub exclude each other.") }
        if let besidePod, besidePod.split(separator: "/").count != 2 {
            throw ValidationError("--beside-pod takes NAMESPACE/NAME, not \(besidePod).")
        }
        guard (1...1024).contains(kernelBuffer) else {
            throw ValidationError("--kernel-buffer takes between 1 and 1024 MB.")
        }
        for (option, quota) in [("--snapshot-quota", snapshotQuota), ("--file-quota", fileQuota)] {
            guard (1...1_048_576).contains(quota) else {
                throw ValidationError("\(option) takes between 1 and 1048576 MB, not \(quota).")
            }
        }
        for key in keys {
            guard let name = key.split(separator: "=", maxSplits: 1).first, key.contains("="),
                TrafficSettings.keys.contains(String(name))
            else {
                throw ValidationError(
                    "--set takes KEY=value, with KEY one of \(TrafficSettings.keys.joined(separator: ", ")), not \(key)."
                )
            }
        }
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

    private var ringSettings: RingSettings {
        get throws {
            guard (1...65_536).contains(ringSize) else {
                throw ValidationError("--ring-size takes between 1 and 65536 MB.")
            }
            if let ringAge, ringAge < 1 { throw ValidationError("--ring-age takes seconds, at least 1.") }
            var settings = RingSettings(bytes: ringSize << 20)
            settings.maximumAge = ringAge.map { .seconds($0) }
            return settings
        }
    }

    func run() async throws {
        ScriptEngine.prepareProcess()
        let terminal = Terminal()
        do {
            let node = node ?? getenv("NODE_NAME").map { String(cString: $0) } ?? "local"
            for path in scripts where access(path, R_OK) != 0 {
                throw WorkerRefusal(
                    errno == ENOENT
                        ? "there is no \(path): make it, or name another by --scripts"
                        : "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            for path in pcap { try PacketRecording.probe(path) }
            let log = HubLog(format: isatty(2) == 1 ? .text : .json, caller: "worker")
            let link = try hub.map { try hubFeed($0, node, log) }
            let events = WorkerEvents(
                console: {
                    terminal.print($0.rendered(node: node))
                    link?.print($0)
                },
                log: { level, message, fields in
                    switch level {
                    case .info: log.info(message, fields)
                    case .warning: log.warning(message, fields)
                    case .error: log.error(message, fields)
                    }
                })
            let worker = try Worker(try configuration(node), link: link, events: events)
            link?.attach(worker)
            let folders = FolderFeed(scripts.map { ScriptFolder.ScriptSource(path: $0, isRecursive: recursive) }) {
                log.warning("Scripts", [("problem", $0)])
            }
            let feed: any WorkerScriptFeed = link ?? folders
            try await Signals.run { try await worker.run(feed) }
            for violation in worker.status.violations { log.warning("Counters", [("violation", violation)]) }
        } catch let error as ValidationError {
            throw error
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw error is WorkerRefusal || error is RunRefusal ? ExitCode(Remora.usageStatus) : ExitCode.failure
        }
    }

    /// The name by which the hub knows the worker: its pod, or else its node.
    private func hubName(_ node: String) -> String {
        if let besidePod { return besidePod }
        let environment = ProcessInfo.processInfo.environment
        guard let namespace = environment["POD_NAMESPACE"], let pod = environment["POD_NAME"], !pod.isEmpty else {
            return node
        }
        return "\(namespace)/\(pod)"
    }

    private func hubFeed(_ url: String, _ node: String, _ log: HubLog) throws -> HubFeed {
        var scope = FleetHello.Scope.node(node)
        if let parts = besidePod?.split(separator: "/").map(String.init), parts.count == 2 {
            scope = .pod(namespace: parts[0], name: parts[1])
        }
        var configuration = FleetWorkerConfiguration(hub: url, worker: hubName(node), node: node, scope: scope)
        configuration.tokenFile = hubTokenFile
        configuration.folder = data
        configuration.version = Remora.version
        configuration.authoritiesFile = hubCa
        return try HubFeed(configuration) { log.info($0, $1) }
    }

    /// The addresses behind a URL, as far as they are known now.
    private static func peers(_ text: String) -> [(address: String, port: Int)] {
        guard let url = URL(string: text), let host = url.host() else { return [] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = socklen_t(name.count)
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &name, size, nil, 0, NI_NUMERICHOST) == 0
            {
                addresses.append(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        let port = url.port ?? (url.scheme == "http" ? 80 : 443)
        // A scope, as in fe80::1%eth0, is none of a filter's.
        return Set(addresses.filter { !$0.contains("%") }).sorted().map { ($0, port) }
    }

    private func configuration(_ node: String) throws -> WorkerConfiguration {
        var configuration = WorkerConfiguration(
            folder: data, node: node, name: hub == nil ? "local/\(node)" : hubName(node))
        configuration.interfaces = interface
        configuration.ownPeers = hub.map(Self.peers) ?? []
        configuration.files = pcap
        configuration.ringPath = ring
        configuration.ring = try ringSettings
        configuration.snapshotQuota = snapshotQuota << 20
        configuration.dataQuota = fileQuota << 20
        configuration.capture.kernelBufferBytes = kernelBuffer << 20
        configuration.listen = try address
        configuration.tokenFile = tokenFile
        if let filter { configuration.keys["BPF_OVERRIDE"] = filter }
        for key in keys {
            let parts = key.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            configuration.keys[parts[0]] = parts.last
        }
        for assignment in assignments {
            let (name, value) = try EnvironmentAssignments.parse(assignment)
            configuration.environment[name] = .string(value)
        }
        return configuration
    }
}

/// Something that was asked for is not there: a sentence.
private struct WorkerRefusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
