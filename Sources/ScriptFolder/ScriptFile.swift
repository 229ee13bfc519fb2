/// Where scripts come from: a folder or a single file.
public struct ScriptSource: Sendable, Hashable, CustomStringConvertible {
    /// The path as the user wrote it, which is the source's key.
    public let path: String
    /// Whether folders inside the folder are read too.
    public let isRecursive: Bool

    /// Names a folder or a file.
    public init(path: String, isRecursive: Bool = false) {
        self.path = path
        self.isRecursive = isRecursive
    }

    /// The path.
    public var description: String { path }
}

/// Which file something is about: the source it belongs to and its path in there.
///
/// This, and not the title, is what a synchronized script is recognized by: titles may repeat, change or be empty.
public struct ScriptFileIdentity: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The path of the ``ScriptSource``.
    public let source: String
    /// The path below the source's folder, or the name of the file if the source is one.
    public let path: String
    /// The path by which the file can be opened, and by which messages name it.
    public let location: String

    /// Names a file.
    public init(source: String, path: String, location: String) {
        self.source = source
        self.path = path
        self.location = location
    }

    /// Files of one source in the order of their paths, byte by byte.
    public static func < (a: ScriptFileIdentity, b: ScriptFileIdentity) -> Bool {
        (a.source, a.path) < (b.source, b.path)
    }

    /// The path by which the file can be opened.
    public var description: String { location }
}

/// A file with a script.
public struct ScriptFile: Sendable, Hashable {
    /// Which file.
    public let identity: ScriptFileIdentity
    /// Its text.
    public let text: String

    /// Takes a file's identity and text.
    public init(identity: ScriptFileIdentity, text: String) {
        self.identity = identity
        self.text = text
    }

    /// The title that the text gives itself, else the file's name; see ``ScriptTitle``.
    public var title: String { ScriptTitle.derive(from: text, fileName: identity.path) }
}

/// Something about files that the user should know, and what to do about it.
public struct ScriptFolderProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What is wrong.
    public let text: String

    /// Takes the path and what is wrong with it.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    /// The path and what is wrong, as one line.
    public var description: String { "\(path): \(text)" }
}
