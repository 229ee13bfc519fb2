internal import ScriptFolder
internal import ScriptRuntime

/// Which file is which script: gives files their numbers and says what is to be loaded and unloaded.
///
/// A file keeps its number as long as the run lasts, also when it goes and comes back, so that a console prefix means
/// one file.
struct ScriptBook: Sendable {
    /// What is to be done with the engine.
    enum Step: Sendable, Equatable {
        case load(ScriptDefinition)
        case unload(Int)
        /// The script's title is not among those that run.
        case passOver(title: String, path: String)
    }

    private let activeTitles: Set<String>?
    private var numbers: [ScriptFileIdentity: Int] = [:]
    private var paths: [Int: String] = [:]
    private var isRunning: Set<Int> = []

    init(activeTitles: Set<String>?) { self.activeTitles = activeTitles }

    /// The path of a script's file.
    func path(of index: Int) -> String { paths[index] ?? "script \(index)" }

    /// What an update of the folders asks for, in its order.
    mutating func steps(for update: ScriptFolderUpdate) -> [Step] {
        update.changes.compactMap { change in
            switch change {
            case .added(let file), .changed(let file): step(for: file)
            case .removed(let identity): numbers[identity].flatMap { unload($0) }
            }
        }
    }

    private mutating func step(for file: ScriptFile) -> Step? {
        let index = number(of: file.identity)
        let title = file.title
        if let activeTitles, !activeTitles.contains(title) {
            return unload(index) ?? .passOver(title: title, path: file.identity.location)
        }
        isRunning.insert(index)
        return .load(ScriptDefinition(index: index, title: title, source: file.text))
    }

    private mutating func unload(_ index: Int) -> Step? {
        isRunning.remove(index).map { .unload($0) }
    }

    private mutating func number(of identity: ScriptFileIdentity) -> Int {
        if let number = numbers[identity] { return number }
        let number = numbers.count
        numbers[identity] = number
        paths[number] = identity.location
        return number
    }
}
