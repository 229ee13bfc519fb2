internal import ArgumentParser
internal import FoundationEssentials
internal import JSON
internal import ScriptStore

/// `remora scripts list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the scripts in the cluster.",
        discussion: "Exit status: 0; 1 if they could not be read; 2 if the command or the settings are wrong.",
        aliases: ["ls"])

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            let snapshot = try await store.read()
            let scripts = snapshot.scripts
            for problem in scripts.problems { terminal.warn("\(problem)") }
            if let leaked = snapshot.data[ConfigMapKey.environment], !leaked.isEmpty {
                terminal.warn(
                    "\(ConfigMapKey.environment) stands in the config map \(snapshot.configMapName) in clear text: move it to the "
                        + "secret")
            }
            switch options.output {
            case .text:
                if snapshot.configMap == nil {
                    terminal.say("# there is no config map \(snapshot.configMapName) yet")
                }
                terminal.printTable([ScriptRow.heading] + scripts.scripts.map { ScriptRow(script: $0).cells })
            case .json:
                terminal.print([
                    "configMap": .string(snapshot.configMapName), "namespace": .string(store.location.namespace),
                    "resourceVersion": .string(snapshot.resourceVersion), "revision": .string(scripts.revision),
                    "bytes": .integer(Int64(snapshot.configMapBytes)),
                    "scripts": .array(scripts.scripts.map { ScriptRow(script: $0).json() }),
                    "problems": .array(scripts.problems.map { .string($0.description) }),
                ])
            }
        }
    }
}

/// `remora scripts get`.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print a script's code as it is in the cluster.",
        discussion: "Exit status: 0; 1 if it could not be read; 2 if there is no such script.")

    @Argument(help: ArgumentHelp("Its index or its title.", valueName: "script"))
    var name: String

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            let script = try await store.read().scripts.script(meant: name)
            switch options.output {
            case .text: terminal.print(Array(script.code.utf8))
            case .json: terminal.print(ScriptRow(script: script).json(withCode: true))
            }
        }
    }
}

/// `remora scripts export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all scripts of the cluster as files into a folder.",
        discussion: """
            Scripts that were synced get their file's name, others one made of index and title. Files that are there already \
            are kept unless --force is given.

            Exit status: 0; 1 if something could not be read or written.
            """)

    @Argument(help: ArgumentHelp("The folder; it is created.", valueName: "folder"))
    var folder: String

    @Flag(help: "Overwrite files.")
    var force = false

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            let scripts = try await store.read().scripts.scripts
            let manager = FileManager.default
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var taken: Set<String> = []
            var results: [JSONValue] = []
            var isComplete = true
            for script in scripts {
                var name = ExportName.name(of: script)
                if !taken.insert(name.lowercased()).inserted {
                    name = "\(script.index)-\(name)"
                    taken.insert(name.lowercased())
                }
                let path = "\(folder)/\(name)"
                let exists = manager.fileExists(atPath: path)
                let isSame = exists && (try? Data(contentsOf: URL(filePath: path))) == Data(script.code.utf8)
                let isKept = exists && !force && !isSame
                if isKept {
                    isComplete = false
                    terminal.warn("\(path) is there with other text; kept: overwrite it with --force")
                } else if !isSame {
                    try Data(script.code.utf8).write(to: URL(filePath: path), options: .atomic)
                }
                results.append([
                    "index": .integer(Int64(script.index)), "file": .string(path),
                    "written": .boolean(!isKept && !isSame),
                ])
                if options.output == .text, !isKept { terminal.print("\(script.index)  \(path)") }
            }
            if options.output == .json { terminal.print(.array(results)) }
            if !isComplete { throw ExitCode.failure }
        }
    }
}

/// The file name of a script.
enum ExportName {
    /// Its own file's name, else one of index and title with nothing in it that a file system could mind.
    static func name(of script: StoredScript) -> String {
        if let path = script.origin?.path, let name = path.split(separator: "/").last, name.hasSuffix(".js"),
            !name.hasPrefix(".")
        {
            return String(name)
        }
        let letters = script.trimmedTitle.lowercased().map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
        }
        let words = String(letters).split(separator: "-").joined(separator: "-").prefix(60)
        return words.isEmpty ? "\(script.index).js" : "\(script.index)-\(words).js"
    }
}
