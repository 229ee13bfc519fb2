/// How large files may be, how many, and how fast changes count.
public struct ScriptFolderLimits: Sendable, Hashable {
    /// The largest file. A config map holds 1 MiB in all, so a larger script could never be rolled out.
    public var fileBytes = 1 << 20
    /// The most files; more are a wrong folder.
    public var files = 1000
    /// How deep a recursive source is read.
    public var depth = 16
    /// A file that is being saved causes several notices within some 10 ms; after this long without one it is read.
    public var quietTime: Duration = .milliseconds(200)
    /// A folder where something changes all the time is read after this long all the same.
    public var longestUnrest: Duration = .seconds(2)
    /// A file that is gone may be one that an editor replaces; after this long it counts as deleted.
    public var deletionGrace: Duration = .seconds(2)
    /// An empty file younger than this is one that is being written.
    public var emptyGrace: Duration = .milliseconds(300)
    /// File systems of other machines send no notices, so everything is read anew this often.
    public var rescanInterval: Duration = .seconds(60)
    /// How often everything is read where the system has no notices to give.
    public var pollInterval: Duration = .seconds(2)

    /// Takes the defaults.
    public init() {}
}
