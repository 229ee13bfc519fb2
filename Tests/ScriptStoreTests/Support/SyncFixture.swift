import Digests
import ScriptFolder

@testable import ScriptStore

/// Files and scripts of a merge, in short.
struct SyncFixture {
    static let folder = SyncFolder(source: ScriptSource(path: "/scripts"), key: "host:/scripts")
    static let otherFolder = "other:/scripts"

    static func hash(_ text: String) -> String { SHA256Digest(of: text).hex }

    var sync: FolderSync
    var set = ScriptSet()
    /// The files by path; those that are only away for a moment included.
    var files: [String: String] = [:]
    var broken: [String: String] = [:]
    /// Paths that do not exist at this moment; by default those that are not in `files`.
    var away: Set<String> = []

    init(active: [String] = [], forced: Bool = false) {
        sync = FolderSync(folders: [Self.folder.key], activeTitles: ActiveTitles(active), isForced: forced)
    }

    private var syncFiles: [SyncFile] {
        files.sorted { $0.key < $1.key }.map { path, text in
            let identity = ScriptFileIdentity(source: "/scripts", path: path, location: "/scripts/" + path)
            return SyncFile(
                ScriptFile(identity: identity, text: text), folder: Self.folder, problem: broken[path])
        }
    }

    /// Merges and remembers; returns path and kind of each step.
    @discardableResult
    mutating func run() -> [String: SyncStep.Kind] {
        let steps = sync.merge(syncFiles, into: &set) { away.contains($0.path) || files[$0.path] == nil }
        sync.remember(steps, files: syncFiles)
        return Dictionary(uniqueKeysWithValues: steps.map { ($0.key.path, $0.kind) })
    }

    /// Forgets what the tool remembers: it was restarted.
    mutating func restart() { sync = FolderSync(folders: [Self.folder.key]) }

    /// Index and code of each script.
    var codes: [Int: String] { self.set.scripts.reduce(into: [:]) { $0[$1.index] = $1.code } }

    /// A script as another folder's tool has synced it.
    mutating func addFromOtherFolder(_ title: String, _ code: String, path: String) {
        set.add(
            title: title, code: code, isActive: false,
            origin: ScriptOrigin(folder: Self.otherFolder, path: path, sha256: Self.hash(code)))
    }
}
