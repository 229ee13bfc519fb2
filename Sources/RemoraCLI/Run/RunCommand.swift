internal import ArgumentParser
internal import JSON
internal import LocalRun
internal import ScriptFolder
internal import ScriptRuntime

/// `remora run`: scripts from files, in one process, without a cluster.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run scripts on this machine, without a cluster.",
        discussion: """
            The same engine as in a cluster, in one process. Scripts are loaded again when their files are saved; a save \
            that does not load leaves the version before it running. Recorded pod events and items can be replayed:

              remora run scripts
              remora run alert.js --items items.jsonl --once
              remora run count.js --pcap traffic.pcap --once --run-jobs
              remora run scripts --pod-events pods.jsonl --node hub --env SLACK_WEBHOOK=https://…

            A recording has one JSON object a line; 'remora watch pods -A -o json' makes one of pod events.

            Exit status: 0; with --once 1 if a script did not load or a hook, job or timer failed; 2 if something that \
            was asked for is not there or makes no sense.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: ArgumentHelp("Scripts and folders with scripts.", valueName: "path"))
    var paths: [String] = []

    @Flag(help: "Read folders inside the folders too.")
    var recursive = false

    @Option(
        help: ArgumentHelp(
            "Replay a capture file (pcap, pcapng; - for standard input) into onPacketCaptured and onItemCaptured.",
            valueName: "file"))
    var pcap: [String] = []

    @Option(help: ArgumentHelp("Capture packets of a network interface; any for all.", valueName: "name"))
    var interface: [String] = []

    @Option(
        help: ArgumentHelp("Replay a recorded watch of pods into onPodEvent; - for standard input.", valueName: "file"))
    var podEvents: [String] = []

    @Option(help: ArgumentHelp("Replay recorded items into onItemCaptured; - for standard input.", valueName: "file"))
    var items: [String] = []

    @Option(name: .customLong("env"), help: ArgumentHelp("A value that scripts find in env.", valueName: "name=value"))
    var assignments: [String] = []

    @Option(help: ArgumentHelp("A file with such values, one a line.", valueName: "file"))
    var envFile: [String] = []

    @Option(
        help: ArgumentHelp(
            "A configuration with scripting.env, scripting.source(s), scripting.active.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("What utils.nodeName() says: hub to play the hub, else a worker.", valueName: "name"))
    var node = "local"

    @Option(help: ArgumentHelp("A folder for what scripts write; else a temporary one.", valueName: "folder"))
    var data: String?

    @Flag(help: "End when the recordings are read, and what they caused is done.")
    var once = false

    @Flag(help: "With --once: run each job at the end, whatever its time.")
    var runJobs = false

    @Flag(name: .customLong("es5"), help: "Refuse scripts with syntax newer than ES5.")
    var isES5Required = false

    @Option(name: [.short, .long], help: "text: as a console shows it; json: one object a line.")
    var output = Output.text

    func validate() throws {
        if once, !interface.isEmpty { throw ValidationError("--once needs an end, and an interface has none.") }
        if runJobs, !once { throw ValidationError("--run-jobs goes with --once.") }
        if paths.isEmpty, config == nil {
            throw ValidationError("Name a script or a folder of scripts: remora run scripts")
        }
        if node.isEmpty { throw ValidationError("--node takes a name.") }
    }

    func run() async throws {
        let terminal = Terminal()
        do {
            let outcome = try await run(terminal)
            if once, !outcome.isGood { throw ExitCode.failure }
        } catch let refusal as RunRefusal {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(refusal)")
            throw ExitCode(Remora.usageStatus)
        }
    }

    private func run(_ terminal: Terminal) async throws -> RunOutcome {
        var settings = try settings()
        ScriptEngine.prepareProcess()
        let reporter: any RunReporter =
            output == .json
            ? JSONRunReporter(terminal: terminal, node: node) : TextRunReporter(terminal: terminal, node: node)
        let folder = try data.map { RunDataFolder(path: $0) } ?? RunDataFolder.temporary()
        defer { folder.removeIfTemporary() }
        settings.dataFolder = folder.path
        let session = try RunSession(settings, inputs: try inputs(), reporter: reporter)
        let task = Task { () async throws -> RunOutcome in try await session.run() }
        let interruption = Interruption { task.cancel() }
        defer { withExtendedLifetime(interruption) {} }
        return try await task.value
    }

    private func inputs() throws(RunRefusal) -> [any RunInput] {
        // What is not there is told before anything runs.
        for path in podEvents + items { _ = try LineReader(path: path) }
        for path in pcap { try PacketRecording.probe(path) }
        var inputs: [any RunInput] = podEvents.map { PodEventRecording(path: $0) }
        inputs += items.map { ItemRecording(path: $0) }
        if !pcap.isEmpty { inputs.append(PacketRecording(paths: pcap)) }
        if !interface.isEmpty { inputs.append(try LivePackets(interfaces: interface)) }
        return inputs
    }

    private func settings() throws(RunRefusal) -> RunSettings {
        var settings = RunSettings()
        settings.node = node
        settings.endsWithInputs = once
        settings.runsJobsAtEnd = runJobs
        settings.isES5Required = isES5Required
        var folders = paths
        var isRecursive = recursive
        if let config {
            let file = try RunConfigurationFile(try FileReading.bytes(of: config), path: config)
            settings.environment = file.environment
            settings.activeTitles = file.activeTitles
            isRecursive = isRecursive || file.isRecursive
            if folders.isEmpty { folders = file.sources }
            guard !folders.isEmpty else {
                throw RunRefusal("\(config): has no scripting.source; name a script or a folder on the command line")
            }
        }
        settings.sources = folders.map { ScriptSource(path: $0, isRecursive: isRecursive) }
        for path in envFile {
            let text = String(decoding: try FileReading.bytes(of: path), as: UTF8.self)
            for (name, value) in try EnvironmentAssignments.parse(file: text, path: path) {
                settings.environment[name] = .string(value)
            }
        }
        for assignment in assignments {
            let (name, value) = try EnvironmentAssignments.parse(assignment)
            settings.environment[name] = .string(value)
        }
        return settings
    }
}
