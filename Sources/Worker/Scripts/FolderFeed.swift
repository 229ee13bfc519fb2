package import ScriptFolder

/// Scripts from folders, loaded again when their files are saved.
package struct FolderFeed: WorkerScriptFeed {
    private let sources: [ScriptSource]
    private let limits: ScriptFolderLimits
    private let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - report: told what cannot be read.
    package init(
        _ sources: [ScriptSource], limits: ScriptFolderLimits = ScriptFolderLimits(),
        report: @escaping @Sendable (String) -> Void
    ) {
        self.sources = sources
        self.limits = limits
        self.report = report
    }

    package func run(_ scripts: WorkerScripts) async {
        // A file keeps its number while the worker runs, so that a console prefix means one file.
        var numbers: [ScriptFileIdentity: Int] = [:]
        var titles: [ScriptFileIdentity: String] = [:]
        for await update in ScriptFolderWatch(sources, limits: limits) {
            for problem in update.problems { report("\(problem)") }
            for change in update.changes {
                switch change {
                case .added(let file), .changed(let file):
                    let number = numbers[file.identity] ?? numbers.count
                    numbers[file.identity] = number
                    let title = unique(file, titles)
                    if let former = titles[file.identity], former != title { await scripts.remove(title: former) }
                    titles[file.identity] = title
                    _ = await scripts.replace(WorkerScript(index: number, title: title, source: file.text))
                case .removed(let identity):
                    if let title = titles.removeValue(forKey: identity) { await scripts.remove(title: title) }
                }
            }
            scripts.markReady()
        }
    }

    /// Two files of one title are two scripts; the second is called by its path.
    private func unique(_ file: ScriptFile, _ titles: [ScriptFileIdentity: String]) -> String {
        let isTaken = titles.contains { $0.key != file.identity && $0.value == file.title }
        return isTaken ? file.identity.location : file.title
    }
}
