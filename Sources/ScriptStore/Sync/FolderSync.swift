internal import ScriptFolder

/// Brings files and scripts together: a merge of three versions, without I/O.
///
/// For each file there are its text, the script's code, and the code that both had last: what this tool remembers of it,
/// else the hash that the script carries. Only if the script still has what both had last is it replaced.
///
/// ```
///   script == file               in step; the script learns of the file if it does not know it
///   script == last, file differs the file's text is written
///   script differs from both     conflict: nothing is written, unless forced
///   file gone, script == last    the script is removed
///   script gone, file == last    removed by somebody: nothing is written, unless forced
/// ```
///
/// A script is found by its file (folder and path); a file without one by the file of the same code or title that has
/// gone from the folder (a rename), or by a script of the same title that belongs to no file or to the same path of
/// another folder. Otherwise it is a new script.
package struct FolderSync: Sendable {
    /// What a file and its script had in common last.
    private struct Common: Sendable, Equatable {
        var index: Int
        var hash: String
    }

    private let folders: Set<String>
    private let activeTitles: ActiveTitles
    private let isForced: Bool
    private var common: [SyncFileKey: Common] = [:]

    /// - Parameters:
    ///   - folders: the keys of the folders; scripts of others are never removed.
    ///   - activeTitles: new scripts of these titles are active, beside those that the config map lists.
    ///   - isForced: whether files replace what was edited in the cluster.
    package init(folders: some Sequence<String>, activeTitles: ActiveTitles = ActiveTitles(), isForced: Bool = false) {
        self.folders = Set(folders)
        self.activeTitles = activeTitles
        self.isForced = isForced
    }

    /// Changes the set so that it holds what the files say, and tells what that meant for each.
    ///
    /// - Parameters:
    ///   - files: all files of all folders. Files that are for a while not there count as long as they stand here.
    ///   - isGone: whether a file does not exist at this moment, while its folder does.
    package func merge(
        _ files: [SyncFile], into set: inout ScriptSet, isGone: (SyncFileKey) -> Bool
    ) -> [SyncStep] {
        let matching = ScriptMatching(files, in: set, folders: folders, isGone: isGone)
        var steps: [SyncStep] = []
        for file in files {
            let match = matching.match(file)
            // Renamed away: its script is that of the new name already.
            if match == nil, isGone(file.key) { continue }
            steps.append(step(for: file, match: match, in: &set))
        }
        let named = Set(files.map(\.key))
        for script in matching.unclaimed(in: set) {
            guard let origin = script.origin, folders.contains(origin.folder) else { continue }
            let key = SyncFileKey(folder: origin.folder, path: origin.path)
            guard !named.contains(key), isGone(key) else { continue }
            steps.append(removal(of: script, key, origin, from: &set))
        }
        return steps
    }

    /// Remembers what a merge came to, once it was written.
    package mutating func remember(_ steps: [SyncStep], files: [SyncFile]) {
        let hashes = Dictionary(files.map { ($0.key, $0.hash) }, uniquingKeysWith: { $1 })
        for step in steps {
            switch step.kind {
            case .created, .updated, .recognized, .unchanged:
                if let path = step.previousPath { common[SyncFileKey(folder: step.key.folder, path: path)] = nil }
                guard let index = step.index, let hash = hashes[step.key] else { continue }
                common[step.key] = Common(index: index, hash: hash)
            case .removed: common[step.key] = nil
            case .editedInCluster, .goneButEdited, .removedInCluster, .broken, .tooLarge: break
            }
        }
    }

    // MARK: One file

    private func step(for file: SyncFile, match: ScriptMatching.Match?, in set: inout ScriptSet) -> SyncStep {
        func step(_ kind: SyncStep.Kind, _ index: Int?, from previousPath: String? = nil) -> SyncStep {
            SyncStep(
                key: file.key, location: file.location, title: file.title, index: index, kind: kind,
                previousPath: previousPath)
        }
        if let problem = file.problem { return step(.broken(problem), match?.index) }
        guard let match, let script = set[match.index] else {
            if match == nil, !isForced, let common = common[file.key], common.hash == file.hash,
                set[common.index] == nil
            {
                return step(.removedInCluster, nil)
            }
            let isActive = activeTitles.contains(file.title) || set.isInitiallyActive(title: file.title)
            let index = set.add(title: file.title, code: file.code, isActive: isActive, origin: file.origin)
            return index.map { step(.created, $0) } ?? step(.tooLarge("all script indexes are used up"), nil)
        }

        var previousPath: String?
        if case .renamed(let path, _) = match { previousPath = path }
        if script.codeHash == file.hash {
            // What is in step with another folder's file stays that folder's.
            if case .otherFolder = match { return step(.unchanged, script.index) }
            guard script.origin != file.origin else { return step(.unchanged, script.index) }
            set.change(script.index) { $0.recognize(file, renamedFrom: previousPath) }
            return step(.recognized, script.index, from: previousPath)
        }
        let remembered = common[file.key].flatMap { $0.index == script.index ? $0.hash : nil }
        let renamedMemory = previousPath.flatMap { path -> String? in
            let before = common[SyncFileKey(folder: file.key.folder, path: path)]
            return before.flatMap { $0.index == script.index ? $0.hash : nil }
        }
        var last = remembered ?? renamedMemory
        var owner: String?
        switch match {
        case .own, .renamed: last = last ?? script.origin?.sha256
        case .otherFolder: owner = script.origin?.folder
        case .unowned: break
        }
        guard isForced || last == script.codeHash else {
            return step(
                .editedInCluster(cluster: script.codeHash, file: file.hash, owner: owner), script.index)
        }
        set.change(script.index) { script in
            script.code = file.code
            if script.trimmedTitle != file.title { script.title = file.title }
            script.origin = file.origin
        }
        return step(.updated, script.index, from: previousPath)
    }

    private func removal(
        of script: StoredScript, _ key: SyncFileKey, _ origin: ScriptOrigin, from set: inout ScriptSet
    ) -> SyncStep {
        let remembered = common[key].flatMap { $0.index == script.index ? $0.hash : nil }
        let isAsSynced = (remembered ?? origin.sha256) == script.codeHash
        if isForced || isAsSynced { set.remove(script.index) }
        return SyncStep(
            key: key, location: origin.path, title: script.trimmedTitle, index: script.index,
            kind: isForced || isAsSynced ? .removed : .goneButEdited(cluster: script.codeHash))
    }
}

extension StoredScript {
    /// Notes that the script comes from a file of the same text. A title that came from the name of the file changes with
    /// that; one that somebody gave it in the cluster stays.
    fileprivate mutating func recognize(_ file: SyncFile, renamedFrom previousPath: String?) {
        origin = file.origin
        if let previousPath, trimmedTitle == ScriptTitle.derive(from: code, fileName: previousPath) {
            title = file.title
        }
    }
}
