/// Finds the script of each file; no script is that of two files.
struct ScriptMatching {
    /// How a script was found.
    enum Match {
        /// It carries the file's folder and path.
        case own(Int)
        /// It carries the folder and a path at which no file is any more.
        case renamed(from: String, Int)
        /// It has the file's title and carries no file.
        case unowned(Int)
        /// It has the file's title, and carries the file's path in another folder.
        case otherFolder(Int)

        var index: Int {
            switch self {
            case .own(let index), .renamed(from: _, let index), .unowned(let index), .otherFolder(let index): index
            }
        }
    }

    private var matches: [SyncFileKey: Match] = [:]
    private var claimed: Set<Int> = []

    init(_ files: [SyncFile], in set: ScriptSet, folders: Set<String>, isGone: (SyncFileKey) -> Bool) {
        var own: [SyncFileKey: StoredScript] = [:]
        for script in set.scripts {
            guard let origin = script.origin, folders.contains(origin.folder) else { continue }
            let key = SyncFileKey(folder: origin.folder, path: origin.path)
            if own[key] == nil { own[key] = script }
        }
        var homeless: [SyncFile] = []
        for file in files {
            if let script = own[file.key] {
                claim(file, .own(script.index))
            } else {
                homeless.append(file)
            }
        }
        guard !homeless.isEmpty else { return }

        // A file that is about to be renamed away still stands in `files`: what the disk says counts.
        let left = own.filter { isGone($0.key) }.sorted { $0.value.index < $1.value.index }
        for isSame in [Self.hasCode, Self.hasTitle] as [(StoredScript, SyncFile) -> Bool] {
            for file in homeless where matches[file.key] == nil {
                let candidate = left.first { key, script in
                    key.folder == file.key.folder && isSame(script, file) && isFree(script, except: key)
                }
                guard let (key, script) = candidate else { continue }
                matches[key] = nil
                claim(file, .renamed(from: key.path, script.index))
            }
        }
        let unowned = set.scripts.filter { $0.origin == nil }
        let others = set.scripts.filter { script in script.origin.map { !folders.contains($0.folder) } ?? false }
        for isSame in [Self.hasCodeAndTitle, Self.hasTitle] as [(StoredScript, SyncFile) -> Bool] {
            for file in homeless where matches[file.key] == nil {
                if let script = unowned.first(where: { isSame($0, file) && !claimed.contains($0.index) }) {
                    claim(file, .unowned(script.index))
                } else if let script = others.first(where: {
                    isSame($0, file) && $0.origin?.path == file.key.path && !claimed.contains($0.index)
                }) {
                    claim(file, .otherFolder(script.index))
                }
            }
        }
    }

    /// The script of a file.
    func match(_ file: SyncFile) -> Match? { matches[file.key] }

    /// The scripts that are no file's.
    func unclaimed(in set: ScriptSet) -> [StoredScript] { set.scripts.filter { !claimed.contains($0.index) } }

    private mutating func claim(_ file: SyncFile, _ match: Match) {
        matches[file.key] = match
        claimed.insert(match.index)
    }

    /// Whether nobody has the script, or only the file that has gone.
    private func isFree(_ script: StoredScript, except key: SyncFileKey) -> Bool {
        guard claimed.contains(script.index) else { return true }
        if case .own(let index) = matches[key] { return index == script.index }
        return false
    }

    private static func hasCode(_ script: StoredScript, _ file: SyncFile) -> Bool { script.codeHash == file.hash }

    private static func hasTitle(_ script: StoredScript, _ file: SyncFile) -> Bool {
        !script.trimmedTitle.isEmpty && script.trimmedTitle == file.title
    }

    private static func hasCodeAndTitle(_ script: StoredScript, _ file: SyncFile) -> Bool {
        hasTitle(script, file) && hasCode(script, file)
    }
}
