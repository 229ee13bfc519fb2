/// What was found in all sources at one moment.
public struct ScriptFolderScan: Sendable, Equatable {
    /// A file that could be read.
    public struct Entry: Sendable, Hashable {
        /// The file.
        public let file: ScriptFile
        /// How long ago it was written, by the file system's clock.
        public let age: Duration

        /// Takes a file and its age.
        public init(file: ScriptFile, age: Duration) {
            self.file = file
            self.age = age
        }
    }

    /// The files that could be read, in the order of the sources and, within one, of their paths.
    public var entries: [Entry] = []
    /// Files that are there and could not be read: what was known of them stays.
    public var unreadable: Set<ScriptFileIdentity> = []
    /// What the user should know.
    public var problems: [ScriptFolderProblem] = []

    /// Makes an empty scan.
    public init() {}

    /// The files alone.
    public var files: [ScriptFile] { entries.map(\.file) }
}
