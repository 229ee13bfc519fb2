internal import ArgumentParser
internal import JSON
internal import ScriptCheck
internal import ScriptFolder
internal import ScriptStore

/// `remora scripts push`.
struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Put files into the cluster, each as a script of its title.",
        discussion: """
            A script of the same title, or with --index of that index, is replaced; otherwise a new one is created. Files \
            with syntax errors are refused.

            Exit status: 0; 1 if the cluster did not take them or a file is broken; 2 if a file cannot be read.
            """)

    @Argument(help: ArgumentHelp("Files.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("Replace the script of this index; for one file.", valueName: "n"))
    var index: Int?

    @Flag(help: "Make them active.")
    var activate = false

    @OptionGroup var options: StoreOptions

    func validate() throws {
        if index != nil, files.count != 1 { throw ValidationError("--index is for one file.") }
    }

    func run() async throws {
        try await options.run { terminal, settings, store in
            let scan = FolderScanner(files.map { ScriptSource(path: $0) }).scan()
            if let problem = scan.problems.first { throw ScriptsUsageError(description: "\(problem)") }
            guard !scan.files.isEmpty else { throw ScriptsUsageError(description: "there is no script to push") }
            if let check = ScriptCheck() {
                let checker = FileChecker(check)
                var isGood = true
                for file in scan.files {
                    for finding in await checker.findings(file)
                    where finding.kind == .syntax && finding.severity == .error {
                        terminal.complain("\(file.identity.location):\(finding)")
                        isGood = false
                    }
                }
                if !isGood { throw ExitCode.failure }
            }
            let active = ActiveTitles(settings.texts("scripting.active"))
            let files = scan.files
            let index = index
            let activate = activate
            let outcome = try await store.change(note: "pushed \(self.files.joined(separator: ", "))") { set in
                for file in files {
                    if let script = try Self.script(for: file, index, in: set) {
                        set.change(script.index) { script in
                            script.code = file.text
                            if script.trimmedTitle != file.title { script.title = file.title }
                            script.isActive = script.isActive || activate
                        }
                    } else {
                        let isActive =
                            activate || active.contains(file.title) || set.isInitiallyActive(title: file.title)
                        set.add(title: file.title, code: file.text, isActive: isActive)
                    }
                }
            }
            terminal.report(
                outcome, "pushed \(files.count == 1 ? files[0].title : "\(files.count) scripts")",
                output: options.output)
        }
    }

    private static func script(for file: ScriptFile, _ index: Int?, in set: ScriptSet) throws -> StoredScript? {
        if let index {
            guard let script = set[index] else { throw ScriptsUsageError(description: "there is no script \(index)") }
            return script
        }
        let titled = set.scripts(titled: file.title)
        guard titled.count < 2 else {
            throw ScriptsUsageError(
                description: "\(titled.count) scripts have the title \(file.title): name one with --index")
        }
        return titled.first
    }
}

/// `remora scripts rm`.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove scripts from the cluster.",
        discussion: "Exit status: 0; 1 if the cluster did not do it; 2 if there is no such script.")

    @Argument(help: ArgumentHelp("Indexes or titles.", valueName: "script"))
    var names: [String]

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            // Looked up once: after a conflict the same scripts are meant, gone or not.
            let scripts = try await store.read().scripts
            let indexes = try names.map { try scripts.script(meant: $0).index }
            let outcome = try await store.change(note: "removed \(names.joined(separator: ", "))") { set in
                for index in indexes { set.remove(index) }
            }
            terminal.report(outcome, "removed \(names.joined(separator: ", "))", output: options.output)
        }
    }
}

/// `remora scripts activate`.
struct ActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Make scripts run.",
        discussion: "Exit status: 0; 1 if the cluster did not do it; 2 if there is no such script.")

    @Argument(help: ArgumentHelp("Indexes or titles.", valueName: "script"))
    var names: [String]

    @OptionGroup var options: StoreOptions

    func run() async throws { try await Activity.set(true, names, options) }
}

/// `remora scripts deactivate`.
struct DeactivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate", abstract: "Make scripts not run.",
        discussion: "Exit status: 0; 1 if the cluster did not do it; 2 if there is no such script.")

    @Argument(help: ArgumentHelp("Indexes or titles.", valueName: "script"))
    var names: [String]

    @OptionGroup var options: StoreOptions

    func run() async throws { try await Activity.set(false, names, options) }
}

private enum Activity {
    static func set(_ isActive: Bool, _ names: [String], _ options: StoreOptions) async throws {
        try await options.run { terminal, _, store in
            let word = isActive ? "activated" : "deactivated"
            let text = "\(word) \(names.joined(separator: ", "))"
            let outcome = try await store.change(note: text) { set in
                for name in names {
                    let index = try set.script(meant: name).index
                    set.change(index) { $0.isActive = isActive }
                }
            }
            terminal.report(outcome, text, output: options.output)
        }
    }
}
