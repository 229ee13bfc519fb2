internal import FoundationEssentials
internal import LocalRun

/// The folder for what scripts write during a run.
struct RunDataFolder {
    let path: String
    private let isTemporary: Bool

    /// A folder of the user's, which stays.
    init(path: String) {
        self.path = path
        isTemporary = false
    }

    /// A new folder that goes with the run.
    static func temporary() throws(RunRefusal) -> RunDataFolder {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-run-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw RunRefusal("\(folder.path) cannot be made: give a folder by --data")
        }
        return RunDataFolder(temporary: folder.path)
    }

    private init(temporary path: String) {
        self.path = path
        isTemporary = true
    }

    /// Removes the folder, unless it is the user's.
    func removeIfTemporary() { if isTemporary { try? FileManager.default.removeItem(atPath: path) } }
}
