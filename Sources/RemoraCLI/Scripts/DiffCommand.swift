internal import ArgumentParser
internal import JSON
internal import ScriptFolder
internal import ScriptStore
internal import Settings

/// `remora scripts diff`.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a sync of the folders would change, or how scripts differ from a revision.",
        discussion: """
            Lines with - are the cluster's, those with + the files'. With --revision, - is the revision and + the cluster.

            Exit status: 0 if nothing differs, 1 if something does or could not be read, 2 if the command is wrong.
            """)

    @Argument(help: ArgumentHelp("Folders and files, in place of the settings'.", valueName: "path"))
    var paths: [String] = []

    @Option(help: ArgumentHelp("Compare with this revision of the history.", valueName: "n"))
    var revision: Int?

    @OptionGroup var options: StoreOptions

    /// A script in two versions; nil where there is none.
    private struct Pair {
        let name: String
        let old: String?
        let new: String?
    }

    func run() async throws {
        try await options.run { terminal, settings, store in
            let pairs: [Pair]
            if let revision {
                pairs = try await Self.pairs(revision: revision, store)
            } else {
                pairs = try await filePairs(settings, store, terminal)
            }
            let differing = pairs.filter { pair in
                pair.old.map { Array($0.utf8) } != pair.new.map { Array($0.utf8) }
            }
            switch options.output {
            case .text: for pair in differing { Self.print(pair, terminal) }
            case .json: terminal.print(.array(differing.map(Self.json)))
            }
            if !differing.isEmpty { throw ExitCode.failure }
        }
    }

    private func filePairs(
        _ settings: EffectiveSettings, _ store: ScriptStore, _ terminal: Terminal
    ) async throws -> [Pair] {
        var paths = self.paths
        if paths.isEmpty { paths = [settings.text("scripting.source")] + settings.texts("scripting.sources") }
        paths.removeAll(where: \.isEmpty)
        guard !paths.isEmpty else { throw ScriptsUsageError(description: "no folder to compare: name one") }
        let folders = SyncFolders.folders(
            paths, isRecursive: settings.flag("scripting.recursive"), name: settings.text("scripting.sourceName"))
        let scan = FolderScanner(folders.map(\.source)).scan()
        for problem in scan.problems { terminal.warn("\(problem)") }
        let files = scan.files.compactMap { file in
            folders.first { $0.source.path == file.identity.source }.map {
                SyncFile(file, folder: $0, problem: nil)
            }
        }
        let before = try await store.read().scripts
        var after = before
        let sync = FolderSync(folders: folders.map(\.key), isForced: true)
        let present = Set(files.map(\.key))
        let steps = sync.merge(files, into: &after) { !present.contains($0) && scan.problems.isEmpty }
        return steps.compactMap { step in
            guard let index = step.index else { return nil }
            return Pair(
                name: "\(index) \(step.title) (\(step.location))", old: before[index]?.code, new: after[index]?.code)
        }
    }

    private static func pairs(revision number: Int, _ store: ScriptStore) async throws -> [Pair] {
        let (revisions, _) = try await RevisionLookup.revisions(store)
        guard let revision = revisions.first(where: { $0.number == number }) else {
            throw ScriptsUsageError(description: "there is no revision \(number); see: remora scripts history")
        }
        let now = try await store.read().scripts
        let indexes = Set(now.scripts.map(\.index)).union(revision.scripts.scripts.map(\.index)).sorted()
        return indexes.map { index in
            let title = now[index]?.trimmedTitle ?? revision.scripts[index]?.trimmedTitle ?? ""
            return Pair(name: "\(index) \(title)", old: revision.scripts[index]?.code, new: now[index]?.code)
        }
    }

    private static func print(_ pair: Pair, _ terminal: Terminal) {
        terminal.print(terminal.styled("--- \(pair.old == nil ? "/dev/null" : pair.name)", .strong))
        terminal.print(terminal.styled("+++ \(pair.new == nil ? "/dev/null" : pair.name)", .strong))
        for line in LineDifference.unified(from: pair.old ?? "", to: pair.new ?? "") {
            switch line.first {
            case "-": terminal.print(terminal.styled(line, .bad))
            case "+": terminal.print(terminal.styled(line, .good))
            case "@": terminal.print(terminal.styled(line, .faint))
            default: terminal.print(line)
            }
        }
    }

    private static func json(_ pair: Pair) -> JSONValue {
        [
            "script": .string(pair.name), "change": pair.old == nil ? "added" : pair.new == nil ? "removed" : "changed",
            "diff": .array(
                LineDifference.unified(from: pair.old ?? "", to: pair.new ?? "").map(JSONValue.string)),
        ]
    }
}
