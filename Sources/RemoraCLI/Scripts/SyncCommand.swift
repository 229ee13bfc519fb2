internal import ArgumentParser
internal import JSON
internal import KubernetesConfiguration
internal import ScriptCheck
internal import ScriptFolder
internal import ScriptStore
internal import Settings

/// `remora scripts`: keeps folders in step with the cluster.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Put a folder's scripts into the cluster, and follow its changes. The default.",
        discussion: """
            Reads scripting.source and scripting.sources of the settings. Writes scripting.env, if there is any, to the \
            secret. A script that somebody edited in the cluster is not overwritten without --force.

            Exit status: 0 at SIGINT or SIGTERM, or with --once if everything is in step; 1 if with --once a file was not \
            synced, or the cluster could not be reached; 2 if the command or the settings are wrong.
            """)

    @Argument(help: ArgumentHelp("Folders and files, in place of the settings'.", valueName: "path"))
    var paths: [String] = []

    @Flag(help: "Sync once and end. Like --no-watch.")
    var once = false

    @Flag(inversion: .prefixedNo, help: "Follow changes; by default as scripting.watchScripts says.")
    var watch: Bool?

    @Flag(help: "Overwrite what was edited in the cluster.")
    var force = false

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, settings, store in
            let sync = try syncOptions(settings, terminal)
            let reporter = SyncReporter(terminal: terminal, output: options.output)
            let service = ScriptSync(store: store, options: sync) { reporter.report($0) }
            guard watch ?? (settings.flag("scripting.watchScripts") && !once), !once else {
                let isGood = try await service.once()
                if !isGood { throw ExitCode.failure }
                return
            }
            let task = Task { await service.watch() }
            let interruption = Interruption { task.cancel() }
            await task.value
            withExtendedLifetime(interruption) {}
        }
    }

    private func syncOptions(_ settings: EffectiveSettings, _ terminal: Terminal) throws -> SyncOptions {
        var paths = self.paths
        if paths.isEmpty {
            paths = [settings.text("scripting.source")] + settings.texts("scripting.sources")
            paths.removeAll(where: \.isEmpty)
        }
        guard !paths.isEmpty else {
            throw ScriptsUsageError(
                description:
                    "no folder to sync: name one, as in `remora scripts DIR`, or with --set scripting.source=DIR, "
                    + "or in the configuration file")
        }
        var sync = SyncOptions(
            folders: SyncFolders.folders(
                paths, isRecursive: settings.flag("scripting.recursive"), name: settings.text("scripting.sourceName")))
        sync.activeTitles = ActiveTitles(settings.texts("scripting.active"))
        sync.isForced = force
        if let values = settings["scripting.env"]?.object, !values.isEmpty {
            sync.environment = ScriptEnvironment(values)
        }
        sync.environmentSources = try environmentSources(settings)
        guard let check = ScriptCheck() else {
            terminal.warn("files are not checked: the parser acorn is not installed: apt-get install node-acorn")
            return sync
        }
        let checker = FileChecker(check)
        sync.check = { file in
            await checker.findings(file).first { $0.kind == .syntax && $0.severity == .error }.map {
                "\(file.identity.location):\($0.line):\($0.column): \($0.message)"
            }
        }
        return sync
    }

    private func environmentSources(_ settings: EffectiveSettings) throws -> [EnvironmentSource]? {
        guard let entries = settings["scripting.envFrom"]?.array, !entries.isEmpty else { return nil }
        let sources = entries.compactMap(EnvironmentSource.init)
        guard sources.count == entries.count else {
            throw ScriptsUsageError(
                description: "scripting.envFrom is a list of secrets: their names, or as in a container's envFrom")
        }
        return sources
    }
}

/// The names by which the cluster knows the folders of this machine.
enum SyncFolders {
    /// With a name given, that; else host and absolute path.
    static func folders(_ paths: [String], isRecursive: Bool, name: String) -> [SyncFolder] {
        let host = HostEnvironment.current
        return paths.map { path in
            let expanded = path.hasPrefix("~/") ? (host.homeFolder ?? "~") + path.dropFirst() : path
            let absolute = normalized(expanded.hasPrefix("/") ? expanded : host.workingFolder + "/" + expanded)
            let key: String
            if name.isEmpty {
                key = "\(StoreOptions.hostName):\(absolute)"
            } else {
                key = paths.count == 1 ? name : "\(name):\(path)"
            }
            return SyncFolder(source: ScriptSource(path: absolute, isRecursive: isRecursive), key: key)
        }
    }

    /// Without `.`, `..` and double slashes, so that a folder has one name. Links stay: they may lead elsewhere tomorrow.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
