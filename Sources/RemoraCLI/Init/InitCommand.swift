internal import ArgumentParser
internal import FoundationEssentials

/// `remora init`: a folder in which scripts can be written.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a folder for scripts, with what editors need to complete hooks and helpers.",
        discussion: """
            Writes remora.d.ts (declarations of every hook, helper and object), jsconfig.json (tells editors about it), \
            README.md and, where there is no script yet, a first one. Files that are there stay as they are, unless \
            --force; scripts stay in any case.
            """)

    @Argument(help: ArgumentHelp("The folder; made if it is not there.", valueName: "folder"))
    var folder: String

    @Flag(help: "Write remora.d.ts, jsconfig.json and README.md anew, as after an update.")
    var force = false

    func run() throws {
        let terminal = Terminal()
        do {
            try write(terminal)
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(folder): \(Self.reason(error))")
            throw ExitCode(Remora.usageStatus)
        }
    }

    private func write(_ terminal: Terminal) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let hasScript = try files.contentsOfDirectory(atPath: folder).contains { $0.hasSuffix(".js") }
        for (name, content) in Self.files {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            let isScript = name.hasSuffix(".js")
            if isScript, hasScript { continue }
            if files.fileExists(atPath: path), !force {
                let isSame = files.contents(atPath: path) == Data(content.utf8)
                terminal.say(isSame ? "\(path): is up to date" : "\(path): is there and stays (--force writes it anew)")
                continue
            }
            try Data(content.utf8).write(to: URL(filePath: path), options: .atomic)
            terminal.say("\(path): written")
        }
        terminal.say("Now try:  remora run \(folder)")
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        return switch error.code {
        case .fileWriteNoPermission, .fileReadNoPermission: "permission denied"
        case .fileWriteFileExists: "is a file and no folder"
        case .fileWriteOutOfSpace: "no space left"
        case .fileReadNoSuchFile, .fileNoSuchFile: "no such file or directory"
        default: "cannot be written (\(error.code))"
        }
    }

    /// What a new folder has.
    static let files: [(name: String, content: String)] = [
        ("first.js", firstScript), ("remora.d.ts", ScriptDeclarations.text),
        ("jsconfig.json", ScriptDeclarations.configuration), ("README.md", readme),
    ]

    private static let firstScript = """
        // First script
        //
        // Counts what it sees and reports it every ten seconds. Try it, and save it with a change while it runs:
        //
        //     remora run .
        //     remora run . --pcap traffic.pcap --once --run-jobs

        var packets = 0;
        var kilobytes = 0;

        /** @type {Remora.onPacketCaptured} */
        function onPacketCaptured(info) {
            packets++;
            kilobytes += info.length / 1000;
        }

        /** @type {Remora.onPodEvent} */
        function onPodEvent(event, pod, change) {
            console.log(event, pod.metadata.namespace + "/" + pod.metadata.name, change ? change.kind : "");
        }

        function report() {
            console.log(packets, "packets,", kilobytes.toFixed(1), "KB");
        }

        jobs.schedule("report", "*/10 * * * * *", report);

        """

    private static let readme = """
        # Scripts for Remora

            remora run .        # run them here; a script is loaded again when its file is saved
            remora check .      # syntax, names of hooks and helpers, times of jobs

        Scripts are JavaScript, ES5. `remora.d.ts` describes every hook, helper and object; editors that know TypeScript
        read it by way of `jsconfig.json` and complete names. The first comment of a script is its title.

        Try a script with something recorded:

            remora run first.js --pcap traffic.pcap --once --run-jobs
            remora watch pods -A -o json > pods.jsonl
            remora run first.js --pod-events pods.jsonl --once

        """
}
